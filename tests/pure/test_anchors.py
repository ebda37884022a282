"""First stubs, clamped anchors and what is charged in arrears."""

# Names in comments are those of the scenarios.

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
