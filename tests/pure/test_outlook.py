"""What a period to come will cost, by what is known today."""

from datetime import date

import pytest

from billing.pricing.outlook import lines_of_period, next_full_period
from billing.pricing.timeline import Timeline
from tests.pure.story import Story, day, plan, price

BASIC = plan("basic", "31.00")
STORIES = {
    # name: told, since, first day and end of the period, net
    "now": (Story().do("2026-01-01", "start", BASIC), "2026-01-01", "2026-01-01 2026-02-01", 3100),
    "later": (
        Story().do("2026-01-01", "start", BASIC), "2026-01-02", "2026-02-01 2026-03-01", 3100
    ),
    "after a stub": (
        Story().do("2026-01-20", "start", plan("c", "31.00", alignment="calendar")),
        "2026-01-20", "2026-02-01 2026-03-01", 3100,
    ),
    "after a trial": (
        Story().do("2026-01-01", "start", plan("t", "31.00", trial_days=40)),
        "2026-01-01", "2026-02-10 2026-03-10", 3100,
    ),
    "after a pause": (
        Story().do("2026-01-01", "start", BASIC).do("2026-01-10", "pause")
        .do("2026-03-10", "resume", recorded="2026-01-10"),
        "2026-01-10", "2026-04-01 2026-05-01", 3100,
    ),
    "a change to come": (
        Story().do("2026-01-01", "start", BASIC)
        .do("2026-01-10", "change_plan", plan("pro", "62.00"), when="period_end"),
        "2026-01-10", "2026-02-01 2026-03-01", 6200,
    ),
    "in arrears, and what is charged once": (
        Story().do(
            "2026-01-01", "start",
            plan("a", price(timing="arrears"), price("setup", "99.00", kind="once")),
        ),
        "2026-01-01", "2026-01-01 2026-02-01", 3100,
    ),
}  # fmt: skip


def known(story: Story, on: str) -> Timeline:
    return story.timeline.known(day(on))


def bounds(told: str) -> tuple[date, date]:
    first, end = told.split()
    return day(first), day(end)


class TestOutlook:
    @pytest.mark.parametrize(
        ("story", "since", "period", "net_minor"), STORIES.values(), ids=STORIES
    )
    def test_the_first_whole_period(
        self, story: Story, since: str, period: str, net_minor: int
    ) -> None:
        timeline = known(story, since)

        found = next_full_period(timeline, since=day(since))

        assert found is not None
        assert (found.starts_on, found.ends_on) == bounds(period)
        assert sum(line.amount_minor for line in lines_of_period(timeline, found)) == net_minor

    @pytest.mark.parametrize("kind", ["cancel", "pause"])
    def test_there_is_none_after_the_end_or_in_a_pause_for_ever(self, kind: str) -> None:
        story = Story().do("2026-01-01", "start", BASIC).do("2026-01-10", kind)

        assert next_full_period(known(story, "2026-01-10"), since=day("2026-01-10")) is None

    def test_there_is_none_before_a_start(self) -> None:
        assert next_full_period(Timeline("s", ()), since=day("2026-01-10")) is None
