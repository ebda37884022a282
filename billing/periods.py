"""Billing periods: half-open spans of days, cut from time by an interval and an anchor."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import count

from msgspec import Struct


class Interval(StrEnum):
    """How long a billing period lasts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class Alignment(StrEnum):
    """Whether periods count from the subscription's own anchor or from the calendar."""

    ANNIVERSARY = "anniversary"
    CALENDAR = "calendar"


DAYS = {Interval.DAY: 1, Interval.WEEK: 7}
MONTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.HALF_YEAR: 6, Interval.YEAR: 12}


class Period(Struct, frozen=True):
    """The days from `starts_on` up to, but without, `ends_on`."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on <= self.starts_on:
            raise ValueError(f"A period must end after it starts: {self}.")

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day < self.ends_on

    def __str__(self) -> str:
        return f"[{self.starts_on}, {self.ends_on})"

    @property
    def days(self) -> int:
        """The number of days in the period."""
        return (self.ends_on - self.starts_on).days


class Cycle(Struct, frozen=True):
    """
    All billing periods of one interval and anchor, without beginning or end.

    Period 0 starts on the anchor; those before it give a stub the full period it lies in.
    Every look-up is arithmetic on the period's index, however far from the anchor.
    """

    origin: int  # The anchor: months since year 0, or the ordinal day if `day` is 0.
    step: int  # Months, or days if `day` is 0.
    day: int  # Day of the month that each period wishes to start on; clamped in short months.

    def boundary(self, index: int) -> date:
        """Return the first day of the period with this index."""
        position = self.origin + index * self.step
        if not self.day:
            return date.fromordinal(position)
        return _day_in_month(position, self.day)

    def index_of(self, on: date) -> int:
        """Return the index of the period that contains the day."""
        if not self.day:
            return (on.toordinal() - self.origin) // self.step
        index = (_month_number(on) - self.origin) // self.step
        return index if self.boundary(index) <= on else index - 1

    def period(self, index: int) -> Period:
        """Return the period with this index."""
        return _period(self, index)

    def containing(self, on: date) -> Period:
        """Return the period that contains the day."""
        return self.period(self.index_of(on))

    def periods(self, on: date) -> Iterator[Period]:
        """Yield the period that contains the day and all that follow, without end."""
        for index in count(self.index_of(on)):
            yield _period(self, index)


@lru_cache(maxsize=4096)  # Those of a month's end are the same again and again.
def _period(cycle: Cycle, index: int) -> Period:
    return Period(cycle.boundary(index), cycle.boundary(index + 1))


def cycle_from(
    starts_on: date,
    *,
    interval: Interval,
    interval_count: int = 1,
    alignment: Alignment = Alignment.ANNIVERSARY,
    anchor_day: int | None = None,
) -> Cycle:
    """
    Return the cycle of a plan that begins on a day.

    Calendar: weeks start on Monday, quarters and half-years in January. Anniversary: the
    anchor is the first day, or the next day of the month `anchor_day`, where 29 to 31 mean
    the last day of a shorter month.

    :raises ValueError: if the calendar knows no such periods (days, several at once).
    """
    if alignment is Alignment.CALENDAR:
        return _calendar_cycle(interval, interval_count)
    anchor = starts_on if anchor_day is None else month_day_after(starts_on, anchor_day)
    if interval in DAYS:
        return Cycle(anchor.toordinal(), DAYS[interval] * interval_count, 0)
    return Cycle(_month_number(anchor), MONTHS[interval] * interval_count, anchor_day or anchor.day)


def _calendar_cycle(interval: Interval, interval_count: int) -> Cycle:
    if interval_count != 1 or interval is Interval.DAY:
        raise ValueError(f"The calendar has no periods of {interval_count} x {interval}.")
    if interval is Interval.WEEK:
        return Cycle(1, 7, 0)  # Day 1 of the proleptic calendar is a Monday.
    return Cycle(12, MONTHS[interval], 1)


def month_day_after(on: date, anchor_day: int) -> date:
    """Return the next such day of a month, the day itself included; clamped in short months."""
    candidate = _day_in_month(_month_number(on), anchor_day)
    return candidate if candidate >= on else _day_in_month(_month_number(on) + 1, anchor_day)


def _month_number(on: date) -> int:
    return on.year * 12 + on.month - 1


def _day_in_month(number: int, day: int) -> date:
    year, month = divmod(number, 12)
    if day > 28:
        day = min(day, monthrange(year, month + 1)[1])
    return date(year, month + 1, day)


def day_after(on: date) -> date:
    """Return the next day."""
    return on + timedelta(days=1)


def add_months(on: date, months: int) -> date:
    """Return the same day so many months later; the last day of a shorter month."""
    return _day_in_month(_month_number(on) + months, on.day)
