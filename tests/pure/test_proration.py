"""How parts of a period are counted."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.periods import Interval, Period, cycle_from
from billing.pricing.prices import Proration
from billing.pricing.proration import Share, share
from tests.pure.story import day


def counted(proration: str, part: tuple[str, str], period: tuple[str, str]) -> Share:
    return share(
        Proration(proration),
        part=Period(*map(day, part)),
        period=Period(*map(day, period)),
        zone="Europe/Berlin",
    )


JANUARY = ("2026-01-01", "2026-02-01")


class TestDaily:
    def test_days_of_the_full_period(self):
        assert counted("daily", ("2026-01-16", "2026-02-01"), JANUARY) == Share(16, 31)


class TestSecond:
    def test_the_hour_of_the_clock_change_is_missing(self):
        march = ("2026-03-01", "2026-04-01")

        spring = counted("second", ("2026-03-29", "2026-03-30"), march)

        assert spring == Share(23 * 3600, 31 * 86400 - 3600)

    def test_the_hour_in_autumn_counts_twice(self):
        october = ("2026-10-01", "2026-11-01")

        autumn = counted("second", ("2026-10-25", "2026-10-26"), october)

        assert autumn == Share(25 * 3600, 31 * 86400 + 3600)


class TestThirtyDays:
    @pytest.mark.parametrize(
        ("part", "period", "used", "whole"),
        [
            (("2023-05-23", "2023-06-15"), ("2023-05-15", "2023-06-15"), 22, 30),  # KB-PR-040
            (("2023-02-23", "2023-03-15"), ("2023-02-15", "2023-03-15"), 22, 30),  # KB-PR-042
            (("2024-02-23", "2024-03-15"), ("2024-02-15", "2024-03-15"), 22, 30),  # KB-PR-043
            (("2023-05-15", "2023-05-23"), ("2023-04-23", "2023-05-23"), 8, 30),  # KB-BX-001
            (("2026-01-31", "2026-02-14"), ("2026-01-31", "2026-02-28"), 14, 30),
            (("2026-01-01", "2026-03-16"), ("2026-01-01", "2026-04-01"), 75, 90),
            (("2026-02-28", "2026-03-30"), ("2026-02-28", "2026-03-31"), 30, 30),  # not 32
        ],
    )
    def test_every_month_has_thirty(self, part, period, used, whole):
        assert counted("thirty_days", part, period) == Share(used, whole)

    def test_a_whole_period_is_one_however_short(self):
        february = ("2026-01-31", "2026-02-28")

        assert counted("thirty_days", february, february) == Share(1, 1)


class TestNone:
    def test_any_part_owes_the_whole(self):
        assert counted("none", ("2026-01-31", "2026-02-01"), JANUARY) == Share(1, 1)


@given(
    st.dates(day("2000-01-01"), day("2040-01-01")),
    st.sampled_from(["month", "quarter", "half_year", "year"]),
    st.sampled_from(Proration),
    st.data(),
)
def test_a_part_is_never_more_than_its_period(start, interval, proration, data):
    period = cycle_from(start, interval=Interval(interval)).containing(start)
    first = data.draw(st.integers(0, period.days - 1))
    days = data.draw(st.integers(1, period.days - first))
    part = Period(start + timedelta(first), start + timedelta(first + days))

    counted_share = share(proration, part=part, period=period, zone="Europe/Berlin")

    assert 0 <= counted_share.used <= counted_share.whole
