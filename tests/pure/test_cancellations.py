"""Cancellations and what they give back."""

# Names in comments are those of the scenarios.

from tests.pure.story import Story, plan, price


class TestCancellations:
    def test_half_of_february_is_given_back(self):
        story = Story().do("2011-02-10", "start", plan("p", "100.00"))

        story.do("2011-02-24", "cancel").bill("2011-03-10")

        assert story.lines == [  # KB-PR-012: 14 of 28 days used
            ("base", "2011-02-10", "2011-03-10", "100.00"),
            ("base", "2011-02-24", "2011-03-10", "-50.00"),
        ]

    def test_an_announced_end_shortens_the_charge(self):
        story = Story().do("2026-01-01", "start", plan("p", "28.00"))

        story.do("2026-02-16", "cancel", recorded="2026-01-20").bill("2026-03-31")

        assert story.lines == [  # own-announced-cancel: 28 x 15/28
            ("base", "2026-01-01", "2026-02-01", "28.00"),
            ("base", "2026-02-01", "2026-02-16", "15.00"),
        ]

    def test_the_last_day_of_a_period_is_given_back(self):
        story = Story().do("2026-01-01", "start", plan("p", "31.00"))

        story.do("2026-01-31", "cancel").bill("2026-03-31")

        assert story.lines[1:] == [  # own-cancel-last-day
            ("base", "2026-01-31", "2026-02-01", "-1.00")
        ]

    def test_full_credit_gives_back_both_parts_of_the_period(self):
        basic, pro = plan("basic", "31.00"), plan("pro", "62.00")
        story = Story().do("2026-01-01", "start", basic).do("2026-01-11", "change_plan", pro)

        story.do("2026-01-21", "cancel", credit="full").bill("2026-03-01")

        assert story.sums == [  # own-credit-full-after-upgrade
            ("2026-01-01", "31.00"),
            ("2026-01-11", "21.00"),  # -31 x 21/31 + 62 x 21/31
            ("2026-01-21", "-52.00"),  # 10.00 + 42.00 were charged
        ]

    def test_full_credit_leaves_earlier_periods_and_one_off_prices_alone(self):
        p = plan("p", "31.00", price("setup", "99.00", kind="once"))
        story = Story().do("2026-01-01", "start", p)

        story.do("2026-02-10", "cancel", credit="full").bill("2026-03-01")

        assert story.sums[1:] == [("2026-02-01", "31.00"), ("2026-02-10", "-31.00")]

    def test_no_credit_keeps_the_whole_charge(self):
        story = Story().do("2026-01-01", "start", plan("p", "31.00"))

        story.do("2026-01-11", "cancel", credit="none").bill("2026-04-01")

        assert story.sums == [("2026-01-01", "31.00")]

    def test_no_credit_also_keeps_what_was_charged_before_a_late_notice(self):
        story = Story().do("2026-01-01", "start", plan("p", "31.00"))

        story.do("2026-01-11", "cancel", credit="none", recorded="2026-02-05").bill("2026-04-01")

        assert story.sums == [("2026-01-01", "31.00"), ("2026-02-01", "31.00")]

    def test_no_credit_still_shortens_a_charge_if_announced_before_it(self):
        story = Story().do("2026-01-01", "start", plan("p", "28.00"))

        story.do("2026-02-16", "cancel", credit="none", recorded="2026-01-20").bill("2026-04-01")

        assert story.sums[1:] == [("2026-02-01", "15.00")]  # 28 x 15/28

    def test_full_credit_announced_before_the_period_charges_nothing_of_it(self):
        story = Story().do("2026-01-01", "start", plan("p", "28.00"))

        story.do("2026-02-16", "cancel", credit="full", recorded="2026-01-20").bill("2026-04-01")

        assert story.sums == [("2026-01-01", "28.00")]

    def test_start_and_cancel_on_one_day_owe_nothing(self):
        p = plan("p", "31.00", price("setup", "99.00", kind="once"))

        story = Story(per_day=True).do("2026-01-01", "start", p).do("2026-01-01", "cancel")

        assert story.bill("2026-03-01").sums == []

    def test_cancelled_in_a_pause_nothing_more_is_owed(self):
        story = Story().do("2012-03-02", "start", plan("p", "249.95")).do("2012-03-05", "pause")
        story.do("2012-03-15", "resume", recorded="2012-03-05")

        story.do("2012-03-12", "cancel").bill("2012-06-01")

        assert story.lines[1:] == [  # KB-BX-012: 249.95 x 3/31 = 24.19 used
            ("base", "2012-03-05", "2012-04-02", "-225.76")
        ]

    def test_full_credit_stops_where_another_interval_began(self):
        monthly = plan("m", "31.00")
        by_year = plan("y", "365.00", interval="year", alignment="calendar")
        story = Story().do("2026-01-01", "start", monthly)

        story.do("2026-01-11", "change_plan", by_year).do("2026-01-21", "cancel", credit="full")

        assert story.bill("2026-02-01").sums == [
            ("2026-01-01", "31.00"),
            ("2026-01-11", "334.00"),  # -21 + 365 x 355/365
            ("2026-01-21", "-355.00"),  # the ten days of the monthly plan stay paid
        ]
