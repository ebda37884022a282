"""When something is owed next, and when a change takes effect."""

import pytest

from billing.pricing.due import effective_date, next_due
from billing.pricing.terms import When
from tests.pure.story import Story, day, plan, price


def due_after(story: Story, on: str) -> str | None:
    due = next_due(story.timeline.known(day(on)), after=day(on))
    return str(due) if due else None


MONTHLY = plan("m", "31.00")
ARREARS = plan("r", price(amount="31.00", timing="arrears"))


class TestNextDue:
    def test_a_pending_start(self):
        story = Story().do("2026-03-01", "start", MONTHLY, recorded="2026-01-01")

        assert due_after(story, "2026-01-01") == "2026-03-01"

    @pytest.mark.parametrize("terms", [MONTHLY, ARREARS])
    def test_the_turn_of_the_period(self, terms):
        story = Story().do("2026-01-31", "start", terms)

        assert due_after(story, "2026-01-31") == "2026-02-28"
        assert due_after(story, "2026-02-28") == "2026-03-31"

    def test_the_day_a_later_announced_change_takes_effect(self):
        story = Story().do("2026-01-01", "start", MONTHLY)
        story.do("2026-01-16", "cancel", recorded="2026-01-10")

        assert due_after(story, "2026-01-10") == "2026-01-16"

    def test_none_at_an_end_that_shortened_the_charge(self):
        story = Story().do("2026-01-01", "start", MONTHLY)
        story.do("2026-02-16", "cancel", recorded="2026-01-10")

        assert due_after(story, "2026-01-10") == "2026-02-01"
        assert due_after(story, "2026-02-01") is None

    def test_none_in_a_pause_without_an_end(self):
        story = Story().do("2026-01-01", "start", MONTHLY).do("2026-01-10", "pause")

        assert due_after(story, "2026-01-10") is None

    def test_the_resumption_that_is_known(self):
        story = Story().do("2026-01-01", "start", MONTHLY).do("2026-01-10", "pause")
        story.do("2026-05-05", "resume", recorded="2026-01-10")

        assert due_after(story, "2026-01-10") == "2026-05-05"

    def test_the_arrears_of_the_period_in_which_a_pause_began(self):
        story = Story().do("2026-01-01", "start", ARREARS).do("2026-01-10", "pause")

        assert due_after(story, "2026-01-10") == "2026-02-01"
        assert due_after(story, "2026-02-01") is None

    def test_the_arrears_of_seats_that_were_given_up(self):
        seats = plan("s", price(unit_price="31.00", timing="arrears"))
        story = Story().do("2026-01-01", "start", seats).do("2026-01-10", "change_quantity", "0")

        assert due_after(story, "2026-01-10") == "2026-02-01"
        assert due_after(story, "2026-02-01") is None

    @pytest.mark.parametrize(
        "terms", [plan("free", "0.00"), plan("once", price("setup", kind="once"))]
    )
    def test_none_where_nothing_is_paid_periodically(self, terms):
        story = Story().do("2026-01-01", "start", terms)

        assert due_after(story, "2026-01-01") is None

    def test_none_before_anything_is_known(self):
        assert due_after(Story(), "2026-01-01") is None

    def test_a_stub_that_owes_nothing_says_nothing_of_the_whole_periods(self):
        story = Story()
        story.do("2026-01-31", "start", plan("a", "0.01", alignment="calendar"))
        cent = plan("b", price("base", "0.01", timing="arrears"), anchor_day=1)
        story.do("2026-01-31", "change_plan", cent)

        assert next_due(story.timeline, after=day("2026-02-01")) == day("2026-03-01")
        assert next_due(story.timeline, after=day("2026-01-31")) == day("2026-03-01")


class TestEffectiveDate:
    @pytest.mark.parametrize(
        ("on", "when", "takes_effect"),
        [
            ("2026-01-20", "now", "2026-01-20"),
            ("2026-01-20", "period_end", "2026-02-10"),
            ("2026-02-10", "period_end", "2026-03-10"),
        ],
    )
    def test_it_is_the_day_or_the_end_of_the_period(self, on, when, takes_effect):
        story = Story().do("2026-01-10", "start", MONTHLY)

        assert effective_date(story.timeline, on=day(on), when=When(when)) == day(takes_effect)
