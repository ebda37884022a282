"""What a batch of records adds up to: the increments of its buckets, exactly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from billing.money import EXACT
from billing.usage.commands.attribution import Attributed
from billing.usage.queries.attribution import KnownMeter
from billing.usage.queries.rolled_up import canonical

# Subscription, meter, day, and the meter's dimensions as canonical JSON.
BucketKey = tuple[UUID, UUID, date, str]

_ZERO = Decimal(0)


@dataclass(slots=True)
class Increment:
    """
    What is added to a bucket; `weighted` is in value x microseconds.

    The same sums as those of the pure `roll_up`, made to be added to what is stored.
    """

    latest_at: datetime
    latest_key: str
    latest: Decimal
    highest: Decimal
    count: int = 0
    total: Decimal = _ZERO
    amount: Decimal = _ZERO
    weighted: Decimal = _ZERO

    def add(self, each: Attributed) -> None:
        """Add a record."""
        record, measured = each.record, each.measured
        self.count += 1
        self.total = EXACT.add(self.total, measured)
        if record.amount is not None:
            self.amount = EXACT.add(self.amount, record.amount)
        self.weighted = EXACT.fma(measured, each.rest_microseconds, self.weighted)
        self.highest = max(self.highest, measured)
        if (record.at, record.key) > (self.latest_at, self.latest_key):
            self.latest_at, self.latest_key, self.latest = record.at, record.key, measured


def add_up(attributed: Iterable[Attributed]) -> list[tuple[BucketKey, Increment]]:
    """Return what is added to each bucket, in the order of their keys."""
    found: dict[BucketKey, Increment] = {}
    for each in attributed:
        key = bucket_key(each)
        increment = found.get(key)
        if increment is None:
            record, measured = each.record, each.measured
            increment = Increment(record.at, record.key, measured, measured)
            found[key] = increment
        increment.add(each)
    return sorted(found.items(), key=lambda item: item[0])


def bucket_key(each: Attributed) -> BucketKey:
    """Return the bucket that a record belongs to."""
    properties = canonical(dimensions_of(each.record.properties, each.meter))
    return each.subscription.id, each.meter.id, each.day, properties


def dimensions_of(properties: Mapping[str, str], meter: KnownMeter) -> dict[str, str]:
    """Return the properties by which a meter's usage is kept apart."""
    return {name: properties[name] for name in meter.dimensions if name in properties}
