"""Stories with their arithmetic; the names in the comments are those of the scenarios."""

from tests.pure.story import Story, plan, price


class TestAnchors:
    def test_a_first_stub_is_measured_on_the_period_it_lies_in(self):
        p = plan("p", "29.00", anchor_day=15)

        story = Story().do("2020-02-16", "start", p).bill("2020-03-15")

        assert story.lines == [  # IN-001-15: 29 x 28/29, Feb 15 to Mar 15 has 29 days
            ("base", "2020-02-16", "2020-03-15", "28.00"),
            ("base", "2020-03-15", "2020-04-15", "29.00"),
        ]

    def test_anchor_31_begins_on_a_leap_day_without_a_stub(self):
        p = plan("p", "10.00", anchor_day=31)

        story = Story().do("2020-02-29", "start", p).bill("2020-04-29")

        assert story.lines == [  # IN-001-leap
            ("base", "2020-02-29", "2020-03-31", "10.00"),
            ("base", "2020-03-31", "2020-04-30", "10.00"),
        ]

    def test_the_next_anchor_day_of_a_short_month_is_its_last(self):
        p = plan("p", "100.00", anchor_day=30)

        story = Story().do("2012-01-31", "start", p).bill("2012-03-29")

        assert story.lines == [  # KB-DT-013: 100 x 29/30, Jan 30 to Feb 29 has 30 days
            ("base", "2012-01-31", "2012-02-29", "96.67"),
            ("base", "2012-02-29", "2012-03-30", "100.00"),
        ]

    def test_a_clamped_anchor_is_true_again_in_the_next_long_month(self):
        story = Story().do("2012-01-30", "start", plan("p", "100.00")).bill("2012-03-01")

        assert story.lines == [  # KB-PR-018
            ("base", "2012-01-30", "2012-02-29", "100.00"),
            ("base", "2012-02-29", "2012-03-30", "100.00"),
        ]

    def test_thirty_days_count_every_month_alike(self):
        p = plan("p", price(amount="30.00", proration="thirty_days"), anchor_day=23)

        story = Story().do("2023-05-15", "start", p).bill("2023-05-23")

        assert story.sums == [  # KB-PR-044-may: 30 x 8/30
            ("2023-05-15", "8.00"),
            ("2023-05-23", "30.00"),
        ]

    def test_seconds_of_one_day_in_a_calendar_month(self):
        p = plan("p", price(amount="20.00", proration="second"), alignment="calendar")

        story = Story().do("2026-04-30", "start", p).bill("2026-04-30")

        assert story.lines == [  # flexprice-sec-apr30: 20 x 86400/2592000 = 0.667
            ("base", "2026-04-30", "2026-05-01", "0.67")
        ]


class TestArrears:
    def test_nothing_is_charged_before_the_first_anchor(self):
        p = plan("p", price(amount="100.00", timing="arrears"), anchor_day=25)

        story = Story().do("2012-01-16", "start", p).bill("2012-01-25")

        assert story.documents[0].on.isoformat() == "2012-01-25"
        assert story.lines == [("base", "2012-01-16", "2012-01-25", "29.03")]  # KB-AR-001: 9/31

    def test_a_cancellation_charges_the_part_that_day(self):
        p = plan("p", price(amount="100.00", timing="arrears"), anchor_day=25)

        story = Story().do("2012-01-16", "start", p).do("2012-01-19", "cancel").bill("2012-01-25")

        assert story.sums == [("2012-01-19", "9.68")]  # KB-AR-002: 100 x 3/31 = 9.677

    def test_a_calendar_month_is_charged_up_to_the_end_in_it(self):
        p = plan("p", price(amount="1.00", timing="arrears"), alignment="calendar")

        story = Story().do("2022-03-01", "start", p).do("2022-03-21", "cancel").bill("2022-04-01")

        assert story.sums == [("2022-03-21", "0.65")]  # lago-sub-term-month: 20/31 = 0.645

    def test_cancelled_on_a_clamped_anchor_day_the_period_is_whole(self):
        p = plan("p", price(amount="30.00", timing="arrears"))

        story = Story().do("2026-01-31", "start", p).do("2026-02-28", "cancel").bill("2026-04-30")

        assert story.lines == [  # own-cancel-on-anchor-day-arrears
            ("base", "2026-01-31", "2026-02-28", "30.00")
        ]

    def test_a_change_of_quantity_waits_for_the_end_of_the_period(self):
        p = plan("team", price("seats", unit_price="31.00", timing="arrears"))
        story = Story().do("2026-01-01", "start", p, quantity="2")

        story.do("2026-01-11", "change_quantity", "5").bill("2026-02-01")

        assert story.sums == [("2026-02-01", "125.00")]  # own-quantity-arrears: 2 x 10 + 5 x 21

    def test_paused_days_are_unused_and_their_parts_wait_for_the_period(self):
        story = Story().do("2020-01-01", "start", plan("p", price(amount="100", timing="arrears")))

        story.do("2020-01-15", "pause").do("2020-01-20", "resume").bill("2020-02-01")

        # Figures of KB-BX-015 (14/31 and 12/31), which charges the first part at the pause.
        assert story.sums == [("2020-02-01", "83.87")]
        assert [line[-1] for line in story.lines] == ["45.16", "38.71"]


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
