"""Billing periods: anchors, clamping, calendars, and time without a gap."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.periods import Alignment, Interval, Period, cycle_from
from tests.pure.story import day

DATES = st.dates(date(1990, 1, 1), date(2060, 12, 31))
ANCHORS = st.none() | st.integers(1, 31)
COUNTS = st.integers(1, 24)


def bounds(cycle, on: str, count: int) -> list[str]:
    periods = cycle.periods(day(on))
    return [str(next(periods).starts_on) for _ in range(count)]


class TestPeriod:
    def test_it_is_half_open(self):
        january = Period(date(2026, 1, 1), date(2026, 2, 1))

        assert january.days == 31
        assert date(2026, 1, 1) in january
        assert date(2026, 2, 1) not in january

    def test_one_without_a_day_is_refused(self):
        with pytest.raises(ValueError, match="end after"):
            Period(date(2026, 1, 1), date(2026, 1, 1))


class TestAnniversary:
    def test_the_31st_is_clamped_and_true_again(self):
        cycle = cycle_from(day("2024-01-31"), interval=Interval.MONTH)

        assert bounds(cycle, "2024-01-31", 5) == [
            "2024-01-31",
            "2024-02-29",
            "2024-03-31",
            "2024-04-30",
            "2024-05-31",
        ]

    def test_a_leap_day_is_true_again_after_four_years(self):
        cycle = cycle_from(day("2024-02-29"), interval=Interval.YEAR)

        assert bounds(cycle, "2024-02-29", 5)[1:] == [
            "2025-02-28",
            "2026-02-28",
            "2027-02-28",
            "2028-02-29",
        ]

    def test_thirty_days_step_over_months(self):
        cycle = cycle_from(day("2016-04-08"), interval=Interval.DAY, interval_count=30)

        assert bounds(cycle, "2016-04-08", 8) == [  # KB-DT-002
            "2016-04-08",
            "2016-05-08",
            "2016-06-07",
            "2016-07-07",
            "2016-08-06",
            "2016-09-05",
            "2016-10-05",
            "2016-11-04",
        ]

    @pytest.mark.parametrize(
        ("starts_on", "anchor_day", "first_anchor"),
        [
            ("2012-03-02", 3, "2012-03-03"),  # KB-DT-017
            ("2012-03-03", 3, "2012-03-03"),  # KB-DT-018
            ("2012-03-04", 3, "2012-04-03"),  # KB-DT-019
            ("2012-12-20", 15, "2013-01-15"),
            ("2011-02-10", 31, "2011-02-28"),
        ],
    )
    def test_the_anchor_is_the_next_such_day(self, starts_on, anchor_day, first_anchor):
        cycle = cycle_from(day(starts_on), interval=Interval.MONTH, anchor_day=anchor_day)

        assert cycle.boundary(0) == day(first_anchor)

    def test_in_a_long_interval_it_is_the_next_such_day_too(self):
        cycle = cycle_from(day("2011-01-10"), interval=Interval.YEAR, anchor_day=17)

        stub = cycle.containing(day("2011-01-10"))

        assert stub == Period(day("2010-01-17"), day("2011-01-17"))  # KB-PR-032

    @given(DATES, st.sampled_from(Interval), COUNTS, ANCHORS, st.integers(-4000, 4000))
    def test_periods_tile_time_without_a_gap(self, start, interval, count, anchor, days):
        cycle = cycle_from(start, interval=interval, interval_count=count, anchor_day=anchor)
        on = start + timedelta(days=days)

        index = cycle.index_of(on)

        assert on in cycle.period(index)
        assert cycle.period(index).ends_on == cycle.period(index + 1).starts_on

    @given(DATES, st.sampled_from(Interval), COUNTS)
    def test_the_first_period_starts_on_the_first_day(self, start, interval, count):
        cycle = cycle_from(start, interval=interval, interval_count=count)

        assert cycle.period(0).starts_on == start
        assert cycle.index_of(start) == 0

    @given(DATES, st.sampled_from(Interval), COUNTS, ANCHORS, st.integers(-4000, 4000))
    def test_following_periods_are_those_of_their_index(self, start, interval, count, anchor, days):
        cycle = cycle_from(start, interval=interval, interval_count=count, anchor_day=anchor)
        on = start + timedelta(days=days)

        following = cycle.periods(on)

        index = cycle.index_of(on)
        assert [next(following) for _ in range(3)] == [cycle.period(index + n) for n in range(3)]


class TestCalendar:
    @pytest.mark.parametrize(
        ("interval", "starts_on", "ends_on"),
        [
            ("week", "2026-02-09", "2026-02-16"),
            ("month", "2026-02-01", "2026-03-01"),
            ("quarter", "2026-01-01", "2026-04-01"),
            ("half_year", "2026-01-01", "2026-07-01"),
            ("year", "2026-01-01", "2027-01-01"),
        ],
    )
    def test_a_day_lies_in_the_period_of_the_calendar(self, interval, starts_on, ends_on):
        cycle = cycle_from(
            day("2025-11-11"), interval=Interval(interval), alignment=Alignment.CALENDAR
        )

        assert cycle.containing(day("2026-02-12")) == Period(day(starts_on), day(ends_on))

    @given(DATES)
    def test_weeks_start_on_monday(self, on):
        cycle = cycle_from(on, interval=Interval.WEEK, alignment=Alignment.CALENDAR)

        assert cycle.containing(on).starts_on == on - timedelta(days=on.weekday())

    @pytest.mark.parametrize(("interval", "count"), [("day", 1), ("month", 2)])
    def test_periods_the_calendar_does_not_know_are_refused(self, interval, count):
        with pytest.raises(ValueError, match="calendar"):
            cycle_from(
                day("2026-01-01"),
                interval=Interval(interval),
                interval_count=count,
                alignment=Alignment.CALENDAR,
            )
