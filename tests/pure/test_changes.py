"""Changes of plan and quantity: on the day, announced, and backdated."""

# Names in comments are those of the scenarios.

from tests.pure.story import Story, plan, price


class TestChangesOfPlan:
    def test_three_plans_in_one_period(self):
        a, b, c = plan("a", "599.95"), plan("b", "9.95"), plan("c", "29.95")
        story = Story().do("2012-05-01", "start", a)

        story.do("2012-05-07", "change_plan", b).do("2012-05-08", "change_plan", c)

        assert story.bill("2012-06-01").lines == [  # KB-BX-014
            ("base", "2012-05-01", "2012-06-01", "599.95"),
            ("base", "2012-05-07", "2012-06-01", "-483.83"),  # 599.95 x 6/31 = 116.12 used
            ("base", "2012-05-07", "2012-06-01", "8.02"),  # 9.95 x 25/31
            ("base", "2012-05-08", "2012-06-01", "-7.70"),  # 9.95 x 1/31 = 0.32 used
            ("base", "2012-05-08", "2012-06-01", "23.19"),  # 29.95 x 24/31
            ("base", "2012-06-01", "2012-07-01", "29.95"),
        ]

    def test_changes_at_the_end_of_the_period_credit_nothing(self):
        a, b, c = plan("a", "5.00"), plan("b", "10.00"), plan("c", "30.00")
        story = Story().do("2011-09-01", "start", a)
        story.do("2011-09-12", "change_plan", b, when="period_end")

        story.do("2011-10-20", "change_plan", c, when="period_end").bill("2011-12-03")

        assert story.sums == [  # KB-IN-003
            ("2011-09-01", "5.00"),
            ("2011-10-01", "10.00"),
            ("2011-11-01", "30.00"),
            ("2011-12-01", "30.00"),
        ]

    def test_two_upgrades_on_one_day_leave_no_trace_of_the_first(self):
        a, b, c = (
            plan(code, amount, alignment="calendar")
            for code, amount in (("a", "10.00"), ("b", "15.00"), ("c", "19.00"))
        )
        story = Story(per_day=True).do("2024-03-05", "start", a)

        story.do("2024-03-12", "change_plan", b).do("2024-03-12", "change_plan", c)

        assert story.bill("2024-03-31").sums == [  # lago-sc-multi-upg-cal
            ("2024-03-05", "8.71"),  # 10 x 27/31
            ("2024-03-12", "5.81"),  # 19 x 20/31 - (8.71 - 10 x 7/31) = 12.26 - 6.45
        ]

    def test_an_upgrade_on_the_anchor_day_credits_nothing(self):
        basic, pro = plan("basic", "30.00"), plan("pro", "60.00")
        story = Story().do("2026-01-01", "start", basic)

        story.do("2026-02-01", "change_plan", pro).bill("2026-02-28")

        assert story.lines == [  # own-upgrade-on-anchor-day
            ("base", "2026-01-01", "2026-02-01", "30.00"),
            ("base", "2026-02-01", "2026-03-01", "60.00"),
        ]

    def test_a_yearly_plan_begins_its_year_on_the_day_of_the_change(self):
        monthly, yearly = plan("m", "10.00"), plan("y", "100.00", interval="year")
        story = Story().do("2011-05-20", "start", monthly)

        story.do("2011-07-31", "change_plan", yearly).bill("2012-07-30")

        assert story.sums[-1] == ("2011-07-31", "93.55")  # KB-IN-006: 100 - (10 - 10 x 11/31)
        assert story.lines[-1] == ("base", "2011-07-31", "2012-07-31", "100.00")

    def test_a_calendar_plan_takes_over_with_a_stub(self):
        monthly = plan("m", "31.00")
        by_calendar = plan("c", "62.00", alignment="calendar")
        story = Story().do("2026-01-10", "start", monthly)

        story.do("2026-01-20", "change_plan", by_calendar).bill("2026-02-01")

        assert story.lines[1:] == [
            ("base", "2026-01-20", "2026-02-10", "-21.00"),  # 31 - 31 x 10/31
            ("base", "2026-01-20", "2026-02-01", "24.00"),  # 62 x 12/31
            ("base", "2026-02-01", "2026-03-01", "62.00"),
        ]

    def test_a_flat_price_does_not_see_a_change_of_seats(self):
        team = plan("team", "31.00", price("seats", unit_price="3.10"))
        story = Story().do("2026-01-01", "start", team, quantity="2")

        story.do("2026-01-11", "change_quantity", "5").bill("2026-01-31")

        assert story.lines[2:] == [
            ("seats", "2026-01-11", "2026-02-01", "-4.20"),  # 6.20 x 21/31
            ("seats", "2026-01-11", "2026-02-01", "10.50"),  # 15.50 x 21/31
        ]

    def test_there_and_back_on_one_day_leaves_no_trace(self):
        a = plan("a", "31.00", price("setup", "99.00", kind="once"))
        story = Story(per_day=True).do("2026-01-01", "start", a)

        story.do("2026-01-11", "change_plan", plan("b", "62.00", interval="year"))
        story.do("2026-01-11", "change_plan", a).bill("2026-01-31")

        assert story.sums == [("2026-01-01", "130.00")]


class TestBackdatedChanges:
    def test_an_upgrade_known_after_the_next_invoice_corrects_both_periods(self):
        basic, pro = plan("basic", "30.00"), plan("pro", "60.00")
        story = Story().do("2026-01-01", "start", basic)

        story.do("2026-01-16", "change_plan", pro, recorded="2026-02-10").bill("2026-03-01")

        assert story.sums[2:] == [("2026-02-10", "45.49"), ("2026-03-01", "60.00")]
        assert story.lines[2:-1] == [  # own-backdated-upgrade
            ("base", "2026-01-16", "2026-02-01", "-15.48"),  # 30 - 30 x 15/31 (14.52)
            ("base", "2026-01-16", "2026-02-01", "30.97"),  # 60 x 16/31
            ("base", "2026-02-01", "2026-03-01", "-30.00"),
            ("base", "2026-02-01", "2026-03-01", "60.00"),
        ]

    def test_a_second_one_that_lies_before_the_first_leaves_alone_what_is_right(self):
        a, b, c = plan("a", "31.00"), plan("b", "62.00"), plan("c", "93.00")
        story = Story().do("2026-01-01", "start", a)
        story.do("2026-01-21", "change_plan", b, recorded="2026-01-25")

        story.do("2026-01-11", "change_plan", c, recorded="2026-01-28").bill("2026-02-01")

        assert story.sums == [  # own-backdated-upgrade-twice: 1, 2 and 3 a day
            ("2026-01-01", "31.00"),
            ("2026-01-25", "11.00"),  # 11 days: -11 + 22
            ("2026-01-28", "20.00"),  # 10 days: -10 + 30
            ("2026-02-01", "62.00"),
        ]
        assert story.lines[3:5] == [
            ("base", "2026-01-11", "2026-01-21", "-10.00"),
            ("base", "2026-01-11", "2026-01-21", "30.00"),
        ]

    def test_another_plan_on_the_same_day_takes_back_the_first_wholly(self):
        a, b, c = plan("a", "31.00"), plan("b", "62.00"), plan("c", "93.00")
        story = Story().do("2026-01-01", "start", a).do("2026-01-11", "change_plan", b)

        story.do("2026-01-11", "change_plan", c, recorded="2026-01-15").bill("2026-01-31")

        assert story.lines[3:] == [
            ("base", "2026-01-11", "2026-02-01", "-42.00"),
            ("base", "2026-01-11", "2026-02-01", "63.00"),
        ]

    def test_another_quantity_on_the_same_day_is_another_stretch(self):
        p = plan("p", price("seats", unit_price="31.00"))
        story = Story().do("2026-01-01", "start", p, quantity="2")

        story.do("2026-01-01", "change_quantity", "3", recorded="2026-01-05").bill("2026-01-31")

        assert sorted(story.lines[1:]) == [
            ("seats", "2026-01-01", "2026-02-01", "-62.00"),
            ("seats", "2026-01-01", "2026-02-01", "93.00"),
        ]


class TestAnnouncedChanges:
    def test_a_planned_change_of_plan_bills_its_own_part_on_its_own_day(self):
        a, b = plan("a", "28.00"), plan("b", "56.00")
        story = Story().do("2026-01-01", "start", a)

        story.do("2026-02-15", "change_plan", b, recorded="2026-01-20").bill("2026-02-28")

        assert story.lines[1:] == [
            ("base", "2026-02-01", "2026-02-15", "14.00"),  # 28 x 14/28
            ("base", "2026-02-15", "2026-03-01", "28.00"),  # 56 x 14/28
        ]

    def test_one_announced_after_the_charge_is_credited_on_its_day(self):
        a, b = plan("a", "28.00"), plan("b", "56.00")
        story = Story().do("2026-02-01", "start", a)

        story.do("2026-02-15", "change_plan", b, recorded="2026-02-03").bill("2026-02-28")

        assert story.sums == [("2026-02-01", "28.00"), ("2026-02-15", "14.00")]

    def test_a_backdated_stretch_is_charged_up_to_the_end_known_by_then(self):
        a, b = plan("a", "31.00"), plan("b", "62.00")
        story = Story().do("2026-01-01", "start", a)
        story.do("2026-01-30", "cancel", recorded="2026-01-20")

        story.do("2026-01-11", "change_plan", b, recorded="2026-01-25").bill("2026-02-28")

        assert story.lines[1:] == [
            ("base", "2026-01-11", "2026-02-01", "-21.00"),
            ("base", "2026-01-11", "2026-01-30", "38.00"),  # 62 x 19/31
        ]

    def test_a_change_of_quantity_announced_beforehand_does_not_cut_a_flat_price(self):
        story = Story().do("2026-01-01", "start", plan("p", "28.00"))

        story.do("2026-02-15", "change_quantity", "5", recorded="2026-01-20").bill("2026-02-28")

        assert story.lines[1:] == [("base", "2026-02-01", "2026-03-01", "28.00")]
