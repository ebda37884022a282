"""Prices that rise by percent, and later versions of them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from billing.pricing.owed import owed
from billing.pricing.prices import AppliesTo
from billing.pricing.terms import Change, ChangeKind
from billing.pricing.timeline import Timeline
from tests.pure.story import day, plan, price


def indexed(*percents: tuple[str, str], version_from: str = "2026-04-01") -> Timeline:
    first = price("base", "30.00", id="v1", valid_until=day(version_from))
    second = replace(
        price("base", "60.00", id="v2", valid_from=day(version_from)), applies_to=AppliesTo.AT_ONCE
    )
    start = Change(
        id="c1", position=1, recorded_on=day("2026-01-01"), effective_on=day("2026-01-01"),
        kind=ChangeKind.START, plan=plan("p", first, second),
    )  # fmt: skip
    rises = [
        Change(
            id=f"i{n}", position=n, recorded_on=day("2026-01-01"), effective_on=day(on),
            kind=ChangeKind.INDEX_PRICES, percent=Decimal(percent),
        )
        for n, (on, percent) in enumerate(percents, start=2)
    ]  # fmt: skip
    return Timeline("s", (start, *rises))


def months(timeline: Timeline, until: str) -> list[tuple[date, int]]:
    return [(item.starts_on, item.amount_minor) for item in owed(timeline, until=day(until))]


class TestIndexation:
    def test_the_second_rises_on_top_of_the_first(self):
        timeline = indexed(("2026-02-01", "10"), ("2026-03-01", "-50"))

        # 30.00, 30 x 1.1 = 33.00, 33 x 0.5 = 16.50
        assert [amount for _, amount in months(timeline, "2026-03-01")] == [30_00, 33_00, 16_50]

    def test_a_later_version_that_reaches_everyone_comes_instead(self):
        timeline = indexed(("2026-02-01", "10"))

        assert months(timeline, "2026-04-01")[-1] == (day("2026-04-01"), 60_00)
