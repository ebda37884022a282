"""How much of a billing period a part of it is: the enum of prorations as functions."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from billing.periods import Period
from billing.pricing.prices import Proration


class Share(Struct, frozen=True):
    """`used` of `whole`, counted in the unit of the proration: days, seconds or 30/360 days."""

    used: int
    whole: int


WHOLE = Share(1, 1)


def share(proration: Proration, *, part: Period, period: Period, zone: str) -> Share:
    """
    Return the share of a full billing period that a part of it owes; never more than all.

    `none` owes the whole period for any part. `zone` is the seller's time zone, whose clock
    changes make days of 23 and 25 hours; only `second` looks at it.
    """
    return _PRORATIONS[proration](part, period, zone)


def _daily(part: Period, period: Period, _zone: str) -> Share:
    return Share(part.days, period.days)


def _by_second(part: Period, period: Period, zone: str) -> Share:
    return Share(
        seconds_between(part.starts_on, part.ends_on, zone),
        seconds_between(period.starts_on, period.ends_on, zone),
    )


def _thirty_days(part: Period, period: Period, _zone: str) -> Share:
    if part == period:
        return WHOLE
    whole = 30 * _months(period)
    # In a period from the last of February to the 30th, 30/360 counts 32 days: no part of a
    # period costs more than the period.
    return Share(min(_days_of_360(part), whole), whole)


def _none(_part: Period, _period: Period, _zone: str) -> Share:
    return WHOLE


def seconds_between(starts_on: date, ends_on: date, zone: str) -> int:
    """Return the seconds that elapse between two midnights of a time zone."""
    tz = ZoneInfo(zone)
    return _timestamp(ends_on, tz) - _timestamp(starts_on, tz)


def _timestamp(on: date, tz: ZoneInfo) -> int:
    return int(datetime(on.year, on.month, on.day, tzinfo=tz).timestamp())


def _days_of_360(part: Period) -> int:
    return 30 * _months(part) + min(part.ends_on.day, 30) - min(part.starts_on.day, 30)


def _months(period: Period) -> int:
    starts_on, ends_on = period.starts_on, period.ends_on
    return (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month


_PRORATIONS: dict[Proration, Callable[[Period, Period, str], Share]] = {
    Proration.DAILY: _daily,
    Proration.SECOND: _by_second,
    Proration.THIRTY_DAYS: _thirty_days,
    Proration.NONE: _none,
}
