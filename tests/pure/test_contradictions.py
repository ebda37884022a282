"""Changes that contradict the timeline are refused, with the remedy."""

import pytest

from billing.pricing.prices import ContradictoryPlan
from billing.pricing.timeline import ContradictoryTimeline
from tests.pure.story import Story, plan, price

A, B = plan("a", "31.00"), plan("b", "62.00")


def started(on: str = "2026-01-01") -> Story:
    return Story().do(on, "start", A, recorded="2026-01-01")


class TestCheckChange:
    @pytest.mark.parametrize(
        ("on", "kind", "subject", "says"),
        [
            ("2026-01-05", "start", B, "has started on 2026-01-01 already: change its plan"),
            ("2025-12-31", "change_plan", B, "has not started by 2025-12-31: start it first"),
            ("2026-01-05", "resume", None, "is not paused on 2026-01-05: pause it first"),
            ("2026-01-05", "undo", None, "No change is pending on 2026-01-05"),
            ("2026-01-05", "change_plan", None, "needs a plan: name it"),
            ("2026-01-05", "change_quantity", None, "needs the new quantity: name it"),
            ("2026-01-05", "change_quantity", "-1", "negative: use 0 or more"),
        ],
    )
    def test_a_running_subscription_refuses(self, on, kind, subject, says):
        with pytest.raises(ContradictoryTimeline, match=says):
            started().do(on, kind, subject, recorded="2026-01-05")

    def test_a_pause_in_a_pause(self):
        story = started().do("2026-02-05", "pause")

        with pytest.raises(ContradictoryTimeline, match="already paused since 2026-02-05: resume"):
            story.do("2026-02-10", "pause")

    def test_a_backdated_pause_before_a_known_one(self):
        story = started().do("2026-02-05", "pause")

        with pytest.raises(ContradictoryTimeline, match=r"contradicts the pause on 2026-02-05"):
            story.do("2026-01-20", "pause", recorded="2026-02-10")

    def test_a_backdated_pause_that_a_backdated_resume_cannot_end_either(self):
        story = started().do("2026-02-05", "pause").do("2026-02-10", "resume")

        with pytest.raises(ContradictoryTimeline, match="not paused on 2026-02-01"):
            story.do("2026-02-01", "resume", recorded="2026-02-11")

    def test_a_change_after_the_known_end(self):
        story = started().do("2026-02-01", "cancel", recorded="2026-01-10")

        with pytest.raises(ContradictoryTimeline, match="ends on 2026-02-01"):
            story.do("2026-02-01", "change_plan", B, recorded="2026-01-11")

    def test_a_later_end_than_the_known_one(self):
        story = started().do("2026-02-01", "cancel", recorded="2026-01-10")

        with pytest.raises(ContradictoryTimeline, match="undo the cancellation"):
            story.do("2026-03-01", "cancel", recorded="2026-01-11")

    def test_an_earlier_end_than_the_known_one_is_taken(self):
        story = started().do("2026-02-01", "cancel", recorded="2026-01-10")

        assert story.do("2026-01-20", "cancel").bill("2026-03-01").total_minor == 1900

    def test_an_undo_after_the_end(self):
        story = started().do("2026-02-01", "change_plan", B, recorded="2026-01-02")
        story.do("2026-01-10", "cancel")

        with pytest.raises(ContradictoryTimeline, match="ends on 2026-01-10"):
            story.do("2026-01-11", "undo")

    def test_a_plan_in_another_currency(self):
        dollars = plan("usd", price(amount="10.00", currency="USD"))

        with pytest.raises(ContradictoryTimeline, match="in EUR, the plan is priced in USD"):
            started().do("2026-01-05", "change_plan", dollars)

    def test_a_pending_start_can_be_taken_back_and_given_anew(self):
        story = started("2026-02-01").do("2026-01-05", "undo")

        story.do("2026-03-01", "start", B, recorded="2026-01-06").bill("2026-03-31")

        assert story.sums == [("2026-03-01", "62.00")]

    def test_the_end_of_a_period_needs_one_that_runs(self):
        story = started().do("2026-01-05", "cancel")

        with pytest.raises(ContradictoryTimeline, match="No billing period is running"):
            story.do("2026-01-10", "change_plan", B, when="period_end")


class TestTerms:
    @pytest.mark.parametrize(
        ("terms", "says"),
        [
            ({"interval_count": 0}, "interval_count"),
            ({"anchor_day": 32}, "anchor_day must be 1 to 31"),
            ({"alignment": "calendar", "interval_count": 2}, "calendar periods are single"),
            ({"alignment": "calendar", "interval": "day"}, "calendar periods are single"),
            ({"alignment": "calendar", "anchor_day": 3}, "without an anchor_day"),
        ],
    )
    def test_a_plan_that_contradicts_itself_is_refused(self, terms, says):
        with pytest.raises(ContradictoryPlan, match=says):
            plan("p", "1.00", **terms)

    def test_thirty_days_in_a_week_are_refused(self):
        with pytest.raises(ContradictoryPlan, match="thirty_days needs months"):
            plan("p", price(proration="thirty_days"), interval="week")

    def test_two_currencies_in_one_plan_are_refused(self):
        with pytest.raises(ContradictoryPlan, match="one currency"):
            plan("p", price("a"), price("b", currency="USD"))

    @pytest.mark.parametrize(("amount", "says"), [(None, "needs amount"), ("-1", "negative")])
    def test_a_price_without_a_proper_amount_is_refused(self, amount, says):
        with pytest.raises(ContradictoryPlan, match=says):
            price(amount=amount)
