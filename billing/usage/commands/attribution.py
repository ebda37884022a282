"""To which subscription and meter a record belongs, or why to none yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from billing.periods import day_after
from billing.pricing.usage import BadUsage, UsageRecord, check_record
from billing.sellers.models import Seller
from billing.usage.commands.sent import PLACES, WHOLE_DIGITS, SentRecord
from billing.usage.models import Reason
from billing.usage.queries.attribution import (
    KnownMeter,
    KnownSubscription,
    meters,
    subscriptions,
)

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Attributed:
    """A record with its meter and subscription, the value measured, and the day it counts for."""

    record: SentRecord
    meter: KnownMeter
    subscription: KnownSubscription
    measured: Decimal
    day: date
    rest_microseconds: int


@dataclass(frozen=True, slots=True)
class Unattributed:
    """Why a record belongs to nothing yet, and the meter or subscription that this is about."""

    reason: Reason
    named: str


class Days:
    """The days of a time zone: which an instant falls on, and how long it goes on from there."""

    def __init__(self, timezone: str) -> None:
        """Take an IANA name."""
        self._zone = ZoneInfo(timezone)
        self._ends: dict[date, datetime] = {}

    def day_of(self, at: datetime) -> date:
        """Return the day."""
        return at.astimezone(self._zone).date()

    def rest_microseconds(self, day: date, at: datetime) -> int:
        """Return the elapsed time up to the day's end, also over a change of the clock."""
        end = self._ends.get(day)
        if end is None:
            after = day_after(day)
            midnight = datetime(after.year, after.month, after.day, tzinfo=self._zone)
            end = self._ends[day] = midnight.astimezone(UTC)
        return (end - at) // _MICROSECOND


class Attribution:
    """Decides about records of one seller, by what is known of its meters and subscriptions."""

    def __init__(self, seller: Seller, records: Sequence[SentRecord], *, today: date) -> None:
        """Look up, in few queries, all that the records name."""
        self._meters = meters(seller.id, (record.meter for record in records))
        self._subscriptions = subscriptions(seller.id, (record.subscription for record in records))
        self._days = Days(seller.timezone)
        self._latest = day_after(today)
        self._today = today

    def decide(self, record: SentRecord) -> Attributed | Unattributed:
        """Return to what a record belongs, or why to nothing yet."""
        meter = self._meters.get(record.meter)
        if meter is None:
            return Unattributed(Reason.METER_UNKNOWN, record.meter)
        subscription = self._subscriptions.get(record.subscription)
        if subscription is None:
            return Unattributed(Reason.SUBSCRIPTION_UNKNOWN, record.subscription)
        return self._decide(record, meter, subscription)

    def _decide(
        self, record: SentRecord, meter: KnownMeter, subscription: KnownSubscription
    ) -> Attributed | Unattributed:
        day = self._days.day_of(record.at)
        if day > self._latest:
            return Unattributed(Reason.IN_FUTURE, record.meter)
        if not subscription.runs_on(day):
            return Unattributed(Reason.NOT_RUNNING, record.subscription)
        measured = _measured(record, meter, self._today)
        if isinstance(measured, Reason):
            return Unattributed(measured, record.meter)
        rest = self._days.rest_microseconds(day, record.at)
        return Attributed(record, meter, subscription, measured, day, rest)


def contracts_of(attributed: Iterable[Attributed]) -> Mapping[UUID, UUID]:
    """Return the contract of each subscription."""
    return {each.subscription.id: each.subscription.contract_id for each in attributed}


def full_record(record: SentRecord, *, recorded_on: date) -> UsageRecord:
    """Return a record as the engine's value, with all its properties."""
    return UsageRecord(
        key=record.key,
        at=record.at,
        recorded_on=recorded_on,
        value=record.value,
        amount=record.amount,
        properties=record.properties,
    )


def _measured(record: SentRecord, meter: KnownMeter, today: date) -> Decimal | Reason:
    """Return the value that the meter takes, or why it can take none."""
    if meter.terms.property is None:
        return record.value
    if meter.terms.property not in record.properties:
        return Reason.PROPERTY_MISSING
    try:
        measured = check_record(full_record(record, recorded_on=today), meter.terms)
    except BadUsage:
        return Reason.PROPERTY_NOT_NUMBER
    places = -int(measured.as_tuple().exponent)
    fits = places <= PLACES and measured.adjusted() < WHOLE_DIGITS
    return measured if fits else Reason.PROPERTY_NOT_NUMBER
