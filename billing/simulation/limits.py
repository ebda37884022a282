"""How large a scenario may be where someone waits for its answer."""

from collections.abc import Iterable, Sequence
from datetime import date

from billing.periods import DAYS, MONTHS, add_months
from billing.simulation.reading import Case
from billing.simulation.scenario import BadScenario, Scenario

SCENARIOS_AT_MOST = 100
YEARS_AT_MOST = 20
ROWS_AT_MOST = 5_000
RECORDS_AT_MOST = 10_000
PERIODS_AT_MOST = 2_000
_DAYS_OF_MONTH = 30


def check_sizes(cases: Sequence[Case], paths: Sequence[str]) -> None:
    """
    Do nothing if scenarios, together, can be run at once.

    :raises BadScenario: naming the path of what is too large.
    """
    told = [(case.scenario, path) for case, path in zip(cases, paths, strict=True)]
    counts = {"timeline": 0, "usage": 0, "plans": 0}
    for scenario, path in told:
        if scenario is None:
            continue
        _check_days(scenario, path)
        counts["timeline"] += len(scenario.timeline)
        counts["usage"] += len(scenario.usage)
        counts["plans"] += _periods(scenario)
        for name, most, what in (
            ("timeline", ROWS_AT_MOST, "rows of timelines"),
            ("usage", RECORDS_AT_MOST, "usage records"),
            ("plans", PERIODS_AT_MOST, "billing periods up to until"),
        ):
            if counts[name] > most:
                raise BadScenario(
                    f"there are {counts[name]:,} {what}: send at most {most:,} at a time.",
                    where=_below(path, name),
                )


def _check_days(scenario: Scenario, path: str) -> None:
    first = min(_days(scenario), default=scenario.until)
    if scenario.until > add_months(first, YEARS_AT_MOST * 12):
        raise BadScenario(
            f"until lies more than {YEARS_AT_MOST} years after the first day, {first}: choose an "
            "earlier day.",
            where=_below(path, "until"),
        )


def _days(scenario: Scenario) -> Iterable[date]:
    for row in scenario.timeline:
        yield min(row.on, row.recorded_on)
    for order in scenario.orders:
        yield order.on
    for used in scenario.usage:
        yield min(used.record.at.date(), used.record.recorded_on)


def _periods(scenario: Scenario) -> int:
    """Return about how many billing periods the plans of all subscriptions have."""
    count = 0
    shortest: dict[str, tuple[date, int]] = {}
    for row in scenario.timeline:
        if row.plan:
            days = DAYS.get(row.plan.interval) or MONTHS[row.plan.interval] * _DAYS_OF_MONTH
            since, least = shortest.get(row.subscription, (row.on, days))
            length = min(least, days * row.plan.interval_count)
            shortest[row.subscription] = min(since, row.on), length
    for since, days in shortest.values():
        count += max(0, (scenario.until - since).days) // days
    return count


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
