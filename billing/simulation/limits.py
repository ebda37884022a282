"""How large a scenario may be where someone waits for its answer."""

from collections.abc import Iterable, Sequence
from datetime import date

from billing.periods import DAYS, MONTHS, add_months
from billing.simulation.reading import Case
from billing.simulation.scenario import BadScenario, Scenario

SCENARIOS_AT_MOST = 100
YEARS_AT_MOST = 20
ROWS_AT_MOST = 500
RECORDS_AT_MOST = 10_000
# Charges of prices and billing periods that are looked at: what comes late looks at all again.
CHARGES_AT_MOST = 100_000
_DAYS_OF_MONTH = 30


def check_sizes(cases: Sequence[Case], paths: Sequence[str]) -> None:
    """
    Do nothing if scenarios, together, can be run at once.

    :raises BadScenario: naming the path of what is too large.
    """
    rows = records = work = 0
    for case, path in zip(cases, paths, strict=True):
        if case.scenario is None:
            continue
        _check_days(case.scenario, path)
        periods = _periods(case.scenario)
        rows += len(case.scenario.timeline)
        records += len(case.scenario.usage)
        work += sum(periods) * _most_prices(case.scenario) * (1 + _late_days(case.scenario))
        _check(rows, ROWS_AT_MOST, "rows of timelines", _below(path, "timeline"))
        _check(records, RECORDS_AT_MOST, "usage records", _below(path, "usage"))
        if work > CHARGES_AT_MOST:
            raise BadScenario(
                f"the subscriptions have {sum(periods):,} billing periods of "
                f"{_most_prices(case.scenario)} prices, and {_late_days(case.scenario)} days on "
                "which something became known late: more than can be computed at once. Choose an "
                "earlier until, or send fewer.",
                where=_below(path, "until"),
            )


def _check(count: int, most: int, what: str, where: str) -> None:
    if count > most:
        problem = f"there are {count:,} {what}: send at most {most:,} at a time."
        raise BadScenario(problem, where=where)


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


def _periods(scenario: Scenario) -> list[int]:
    """Return about how many billing periods each subscription has, by its shortest plan."""
    shortest: dict[str, tuple[date, int]] = {}
    for row in scenario.timeline:
        if row.plan:
            days = DAYS.get(row.plan.interval) or MONTHS[row.plan.interval] * _DAYS_OF_MONTH
            length = days * row.plan.interval_count
            since, least = shortest.get(row.subscription, (row.on, length))
            shortest[row.subscription] = min(since, row.on), min(least, length)
    return [max(0, (scenario.until - since).days) // length for since, length in shortest.values()]


def _late_days(scenario: Scenario) -> int:
    """Return on how many days something became known that concerns earlier days."""
    late = {row.recorded_on for row in scenario.timeline if row.recorded_on > row.on}
    used = {
        used.record.recorded_on
        for used in scenario.usage
        if used.record.recorded_on > used.record.at.date()
    }
    return len(late | used)


def _most_prices(scenario: Scenario) -> int:
    return max((len(plan.prices) for plan in scenario.plans.values()), default=1)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
