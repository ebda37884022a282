"""Pauses, changes taken back, and prices that are not divided."""

# Names in comments are those of the scenarios.

from tests.pure.story import Story, plan, price


class TestPauses:
    def test_used_and_unused_are_the_charged_amount_to_the_cent(self):
        story = Story().do("2026-02-01", "start", plan("p", "10.00"))
        story.do("2026-02-05", "pause").do("2026-02-08", "resume")

        story.do("2026-02-15", "pause").do("2026-02-22", "resume").bill("2026-03-01")

        assert story.lines == [  # own-credit-keeps-cents
            ("base", "2026-02-01", "2026-03-01", "10.00"),
            ("base", "2026-02-05", "2026-03-01", "-8.57"),  # 10 - 10 x 4/28 (1.43)
            ("base", "2026-02-08", "2026-03-01", "7.50"),  # 10 x 21/28
            ("base", "2026-02-15", "2026-03-01", "-5.00"),  # 7.50 - 10 x 7/28
            ("base", "2026-02-22", "2026-03-01", "2.50"),  # 10 x 7/28
            ("base", "2026-03-01", "2026-04-01", "10.00"),
        ]

    def test_a_pause_over_several_periods_keeps_the_anchor(self):
        story = Story().do("2026-01-10", "start", plan("p", "31.00"))

        story.do("2026-01-20", "pause").do("2026-04-05", "resume").bill("2026-04-10")

        assert story.lines[1:] == [
            ("base", "2026-01-20", "2026-02-10", "-21.00"),  # 10 of 31 days used
            ("base", "2026-04-05", "2026-04-10", "5.00"),  # 31 x 5/31
            ("base", "2026-04-10", "2026-05-10", "31.00"),
        ]

    def test_pause_and_resume_on_one_day_change_nothing(self):
        story = Story(per_day=True).do("2026-01-01", "start", plan("p", "31.00"))

        story.do("2026-01-10", "pause").do("2026-01-10", "resume").bill("2026-01-31")

        assert story.sums == [("2026-01-01", "31.00")]


class TestUndo:
    def test_the_rest_after_an_undo_is_charged_that_day(self):
        story = Story().do("2026-01-01", "start", plan("p", "28.00"))
        story.do("2026-02-16", "cancel", recorded="2026-01-20")

        story.do("2026-02-05", "undo").bill("2026-03-01")

        assert story.sums[1:] == [
            ("2026-02-01", "15.00"),  # 28 x 15/28
            ("2026-02-05", "13.00"),  # 28.00 - 15.00
            ("2026-03-01", "28.00"),
        ]
        assert story.lines[2] == ("base", "2026-02-16", "2026-03-01", "13.00")

    def test_it_takes_back_the_change_recorded_latest(self):
        a, b = plan("a", "31.00"), plan("b", "62.00")
        story = Story().do("2026-01-01", "start", a)
        story.do("2026-03-01", "cancel", recorded="2026-01-05")
        story.do("2026-02-01", "change_plan", b, recorded="2026-01-06")

        story.do("2026-01-07", "undo").bill("2026-04-01")

        assert story.sums == [("2026-01-01", "31.00"), ("2026-02-01", "31.00")]

    def test_a_cancellation_taken_back_revives_what_lay_behind_it(self):
        a, b = plan("a", "31.00"), plan("b", "62.00")
        story = Story().do("2026-01-01", "start", a)
        story.do("2026-02-01", "change_plan", b, recorded="2026-01-05")
        story.do("2026-01-20", "cancel", recorded="2026-01-06")

        story.do("2026-01-07", "undo").bill("2026-02-01")

        assert story.sums == [("2026-01-01", "31.00"), ("2026-02-01", "62.00")]


class TestUndividedPrices:
    def test_a_begun_period_is_owed_whole(self):
        p = plan("p", price(amount="30.00", proration="none"), anchor_day=15)

        story = Story().do("2026-01-10", "start", p).do("2026-01-20", "cancel").bill("2026-03-01")

        assert story.sums == [("2026-01-10", "30.00"), ("2026-01-15", "30.00")]

    def test_a_pause_within_it_neither_credits_nor_charges_it_again(self):
        p = plan("p", price(amount="30.00", proration="none"))
        story = Story().do("2026-01-01", "start", p)

        story.do("2026-01-10", "pause").do("2026-01-20", "resume").bill("2026-01-31")

        assert story.sums == [("2026-01-01", "30.00")]

    def test_more_seats_owe_what_they_add_and_fewer_give_nothing_back(self):
        p = plan("p", price("seats", unit_price="10.00", proration="none"))
        story = Story().do("2026-01-01", "start", p, quantity="2")

        story.do("2026-01-10", "change_quantity", "5").do("2026-01-20", "change_quantity", "1")

        assert story.bill("2026-02-01").sums == [
            ("2026-01-01", "20.00"),
            ("2026-01-10", "30.00"),  # 5 x 10 - 20
            ("2026-02-01", "10.00"),
        ]

    def test_fewer_and_more_seats_again_owe_only_what_exceeds_the_most_so_far(self):
        p = plan("p", price("seats", unit_price="10.00", proration="none"))
        story = Story().do("2026-01-01", "start", p, quantity="5")

        story.do("2026-01-10", "change_quantity", "1").do("2026-01-20", "change_quantity", "6")

        assert story.bill("2026-01-31").sums == [("2026-01-01", "50.00"), ("2026-01-20", "10.00")]


class TestOneOffPrices:
    def test_they_are_charged_at_the_start_and_at_a_change_to_a_plan_that_has_one(self):
        a = plan("a", price("setup", "99.00", kind="once"))
        b = plan("b", price("move", "10.00", kind="once"))
        story = Story().do("2026-01-01", "start", a)

        story.do("2026-01-16", "change_plan", b).do("2026-02-20", "cancel").bill("2026-04-01")

        assert story.lines == [
            ("setup", "2026-01-01", "2026-01-02", "99.00"),
            ("move", "2026-01-16", "2026-01-17", "10.00"),
        ]
