"""What a meter measured: records rolled up by day, and the quantity that they come to."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from zoneinfo import ZoneInfo

from billing.money import EXACT
from billing.periods import Period, day_after
from billing.pricing.prices import ZERO, Aggregation, MeterTerms, PriceTerms
from billing.pricing.proration import seconds_between

Properties = tuple[tuple[str, str], ...]  # Sorted by name.


class BadUsage(ValueError):
    """A record can't be measured: the text says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """One thing that happened, at an instant with its zone; known since `recorded_on`."""

    key: str
    at: datetime
    recorded_on: date
    value: Decimal = Decimal(1)
    amount: Decimal | None = None
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metered:
    """One record as a percentage rates it."""

    at: datetime
    key: str
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """
    The records of a meter of one day, known since one day, that have the same properties.

    `weighted` is the sum of value x seconds up to the end of the day. `distinct` holds the values
    that a unique count tells apart, `records` the single records in order of time: each may be
    empty where no price looks at it.
    """

    day: date
    recorded_on: date
    properties: Properties = ()
    count: int
    total: Decimal
    amount: Decimal = ZERO
    highest: Decimal
    latest_at: datetime
    latest: Decimal
    weighted: Decimal = ZERO
    distinct: frozenset[str] = frozenset()
    records: tuple[Metered, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """
    The days `[starts_on, ends_on)` of the billing period `base`, by what is known on `known_on`.

    `level_from` is the day from which the level of a meter that isn't carried counts.
    """

    starts_on: date
    ends_on: date
    level_from: date
    base: Period
    known_on: date
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured: the quantity, and what single records add up to."""

    quantity: Decimal
    count: int
    total: Decimal
    amount: Decimal
    records: tuple[Metered, ...]


NOTHING = Measured(quantity=ZERO, count=0, total=ZERO, amount=ZERO, records=())


def check_record(record: UsageRecord, meter: MeterTerms) -> Decimal:
    """
    Return the value that a meter takes from a record.

    :raises BadUsage: if the record lacks the meter's property, or it is no number.
    """
    if meter.property is None:
        return record.value
    text = record.properties.get(meter.property)
    if text is None:
        raise BadUsage(
            f"The record {record.key} lacks the property {meter.property} that meter {meter.code} "
            "measures: send it."
        )
    if meter.aggregation in (Aggregation.UNIQUE, Aggregation.COUNT):
        return Decimal(1)
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise BadUsage(
            f"The property {meter.property} of the record {record.key} is {text!r}, not a number: "
            f"meter {meter.code} needs one."
        )
    return value


def roll_up(records: Iterable[UsageRecord], meter: MeterTerms, zone: str) -> tuple[Bucket, ...]:
    """
    Return the records as buckets, in order of days.

    :raises BadUsage: if a record can't be measured.
    """
    tz = ZoneInfo(zone)
    grouped: defaultdict[tuple[date, date, Properties], list[UsageRecord]] = defaultdict(list)
    for record in records:
        properties = tuple(sorted(record.properties.items()))
        grouped[record.at.astimezone(tz).date(), record.recorded_on, properties].append(record)
    keys = sorted(grouped, key=lambda key: key[:2])
    return tuple(_bucket(key, grouped[key], meter, tz) for key in keys)


def _bucket(
    key: tuple[date, date, Properties], records: list[UsageRecord], meter: MeterTerms, tz: ZoneInfo
) -> Bucket:
    day, recorded_on, properties = key
    end = _midnight(day_after(day), tz)
    records.sort(key=lambda record: (record.at, record.key))
    values = [check_record(record, meter) for record in records]
    return Bucket(
        day=day,
        recorded_on=recorded_on,
        properties=properties,
        count=len(records),
        total=_sum(values),
        amount=_sum(record.amount or ZERO for record in records),
        highest=max(values),
        latest_at=records[-1].at,
        latest=values[-1],
        weighted=_sum(
            EXACT.multiply(value, _seconds_to(end, record.at))
            for value, record in zip(values, records, strict=True)
        ),
        distinct=frozenset(distinct_value(record, meter) for record in records),
        records=tuple(
            Metered(record.at, record.key, value)
            for value, record in zip(values, records, strict=True)
        ),
    )


def distinct_value(record: UsageRecord, meter: MeterTerms) -> str:
    """Return what a unique count tells a record apart by."""
    if meter.property is None:
        return format(record.value.normalize(), "f")
    return record.properties[meter.property]


def measured(
    buckets: Sequence[Bucket], price: PriceTerms, window: Window
) -> dict[Properties, Measured]:
    """
    Return what a price's meter measured in a window, by group; empty if it measured nothing.

    Buckets come in order of days.

    :raises AssertionError: if the price has no meter.
    """
    assert price.meter is not None
    grouped: defaultdict[Properties, list[Bucket]] = defaultdict(list)
    for bucket in _looked_at(buckets, price.meter, window):
        if bucket.recorded_on <= window.known_on:
            values = dict(bucket.properties)
            if all(values.get(name) in allowed for name, allowed in price.filters):
                group = tuple((name, values.get(name, "")) for name in price.group_by)
                grouped[group].append(bucket)
    found = {group: _measured(mine, price.meter, window) for group, mine in sorted(grouped.items())}
    return {group: result for group, result in found.items() if result is not NOTHING}


def _looked_at(buckets: Sequence[Bucket], meter: MeterTerms, window: Window) -> Sequence[Bucket]:
    """Return the buckets of the window, and those before it that still count in it."""
    since = window.starts_on
    if meter.carried:
        since = date.min
    elif meter.aggregation is Aggregation.WEIGHTED_SUM:
        since = min(since, window.level_from)
    day = attrgetter("day")
    return buckets[
        bisect_left(buckets, since, key=day) : bisect_left(buckets, window.ends_on, key=day)
    ]


def _measured(buckets: list[Bucket], meter: MeterTerms, window: Window) -> Measured:
    inside = [bucket for bucket in buckets if bucket.day >= window.starts_on]
    if not inside and not _has_level(buckets, meter, window):
        return NOTHING
    return Measured(
        quantity=_AGGREGATIONS[meter.aggregation](buckets, inside, meter, window),
        count=sum(bucket.count for bucket in inside),
        total=_sum(bucket.total for bucket in inside),
        amount=_sum(bucket.amount for bucket in inside),
        records=_records(inside),
    )


def _has_level(buckets: list[Bucket], meter: MeterTerms, window: Window) -> bool:
    """Return whether what lies before the window still counts in it."""
    if meter.carried:
        return bool(buckets)
    return meter.aggregation is Aggregation.WEIGHTED_SUM and any(
        bucket.day >= window.level_from for bucket in buckets
    )


def _records(inside: list[Bucket]) -> tuple[Metered, ...]:
    records = [record for bucket in inside for record in bucket.records]
    return tuple(sorted(records, key=lambda record: (record.at, record.key)))


def _count(all_: list[Bucket], inside: list[Bucket], meter: MeterTerms, _w: Window) -> Decimal:
    return Decimal(sum(bucket.count for bucket in (all_ if meter.carried else inside)))


def _total(all_: list[Bucket], inside: list[Bucket], meter: MeterTerms, _w: Window) -> Decimal:
    return _sum(bucket.total for bucket in (all_ if meter.carried else inside))


def _unique(all_: list[Bucket], inside: list[Bucket], meter: MeterTerms, _w: Window) -> Decimal:
    counted = all_ if meter.carried else inside
    return Decimal(len(frozenset[str]().union(*(bucket.distinct for bucket in counted))))


def _max(all_: list[Bucket], inside: list[Bucket], meter: MeterTerms, window: Window) -> Decimal:
    values = [bucket.highest for bucket in inside]
    before = [bucket for bucket in all_ if bucket.day < window.starts_on]
    if meter.carried and before:
        values.append(_last(before))
    return max(values, default=ZERO)


def _latest(all_: list[Bucket], inside: list[Bucket], meter: MeterTerms, _w: Window) -> Decimal:
    counted = all_ if meter.carried else inside
    return _last(counted) if counted else ZERO


def _weighted_sum(
    all_: list[Bucket], inside: list[Bucket], meter: MeterTerms, window: Window
) -> Decimal:
    """Return the mean of the level over the whole billing period."""
    level_from = date.min if meter.carried else window.level_from
    level = _sum(bucket.total for bucket in all_ if level_from <= bucket.day < window.starts_on)
    spans = [(level, ZERO, window.starts_on)]
    spans += [(bucket.total, bucket.weighted, day_after(bucket.day)) for bucket in inside]
    units = ZERO
    for change, weighted, since in spans:
        rest = Decimal(seconds_between(since, window.ends_on, window.zone))
        units = EXACT.add(units, EXACT.add(weighted, EXACT.multiply(change, rest)))
    base = window.base
    return EXACT.divide(units, Decimal(seconds_between(base.starts_on, base.ends_on, window.zone)))


_AGGREGATIONS = {
    Aggregation.COUNT: _count,
    Aggregation.SUM: _total,
    Aggregation.MAX: _max,
    Aggregation.UNIQUE: _unique,
    Aggregation.LATEST: _latest,
    Aggregation.WEIGHTED_SUM: _weighted_sum,
}


def _last(buckets: list[Bucket]) -> Decimal:
    latest = buckets[0]
    for bucket in buckets[1:]:
        if bucket.latest_at >= latest.latest_at:
            latest = bucket
    return latest.latest


def _sum(values: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for value in values:
        total = EXACT.add(total, value)
    return total


def _midnight(day: date, tz: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=tz)


def _seconds_to(end: datetime, at: datetime) -> Decimal:
    """Return elapsed seconds, to the microsecond and over a change of the clock."""
    elapsed = end.astimezone(UTC) - at.astimezone(UTC)
    whole = Decimal(elapsed.days * 86_400 + elapsed.seconds)
    return EXACT.add(whole, Decimal(elapsed.microseconds).scaleb(-6))
