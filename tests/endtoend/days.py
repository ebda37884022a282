"""In which order the facts of a scenario are told, day by day."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from billing.pricing.terms import ChangeKind
from billing.simulation.scenario import Ordered, Row, Scenario, Used


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at a moment of a seller's test clock: the facts of a day, or its end."""

    on: date
    facts: tuple[Row | Ordered | Used, ...]


def steps(scenario: Scenario) -> Iterator[Step]:
    """Yield the days on which facts are recorded, in order: usage before what it may meet."""
    days: dict[date, list[Row | Ordered | Used]] = defaultdict(list)
    for used in scenario.usage:
        days[used.record.recorded_on].append(used)
    for row in scenario.timeline:
        days[row.recorded_on].append(row)
    for order in scenario.orders:
        days[order.on].append(order)
    started: set[str] = set()
    for on in sorted(days):
        if on <= scenario.until:
            yield Step(on, tuple(_of_day(days[on], started)))


def _of_day(
    facts: Iterable[Row | Ordered | Used], started: set[str]
) -> Iterator[Row | Ordered | Used]:
    """Yield a day's facts as told, but usage as early as its subscription is there."""
    waiting = [fact for fact in facts if isinstance(fact, Used)]
    for fact in facts:
        if isinstance(fact, Used):
            continue
        yield from [used for used in waiting if used.subscription in started]
        waiting = [used for used in waiting if used.subscription not in started]
        yield fact
        if isinstance(fact, Row) and fact.kind is ChangeKind.START:
            started.add(fact.subscription)
    yield from waiting
