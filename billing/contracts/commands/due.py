"""What days that have come make due, as events: appended set-based, chunk by chunk."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from billing.contracts.queries.due import (
    EVENT_TYPES,
    QUERIES,
    DueKind,
    Reading,
    rows_from,
)
from billing.events.bulk import Appended, Bulk, append_bulk
from billing.sellers.models import Seller
from billing.sellers.queries import LAST_HOUR, due_until, ended_until, has_clock, today

CHUNK = 2_500
# What is collected is dated on the day itself: it is sent well before the day's last hour is over.
COLLECTED_WITHIN = timedelta(minutes=30)

_PAYLOAD_KEYS = {DueKind.PERIODS: "contract_id", DueKind.DAYS: "customer_id"}


def due_by(seller: Seller, kind: DueKind, *, at: datetime) -> date:
    """Return the latest day of which what is due may be billed."""
    return due_until(seller, at=at) if kind is DueKind.PERIODS else ended_until(seller, at=at)


def append_chunk(
    seller: Seller, kind: DueKind, *, reading: Reading, occurred_at: datetime, at: datetime
) -> tuple[int, Reading | None]:
    """
    Append the events of the next chunk of what is due, except those in the log already.

    Return how many were new, and where to go on; None if all was read. The relay sends them; those
    of sellers with a test clock are sent directly, on whichever day their clock stands.

    :raises OutsideTransaction: if no transaction is open.
    """
    on_clock = has_clock(seller)  # It waits until all is handled, and may be years ahead.
    appended = append_bulk(
        Bulk(
            seller_id=seller.pk,
            type=EVENT_TYPES[kind],
            payload_key=_PAYLOAD_KEYS[kind],
            query=QUERIES[kind][reading.query],
            named=rows_from(reading, at_once=today(seller, at=at), at_most=CHUNK),
            occurred_at=occurred_at,
            send_from=at if on_clock else _begin(seller, kind, reading.until),
            send_within=_spread(seller, kind),
            sent_directly=on_clock,
        ),
        at=at,
    )
    return appended.count, _next(kind, reading, appended)


def append_due(seller: Seller, *, at: datetime) -> int:
    """
    Append one event for each contract of the seller that is due; return how many were new.

    Contracts of customers whose charges are collected are due with their customer's day.

    Due is `next_billing_date <= today` (yesterday, while a test clock holds its day): after an
    outage everything catches up, one event per missed period, since billing one appends the next.
    Safe to run twice and in two processes.
    """
    return append_kind(seller, DueKind.PERIODS, at=at)


def append_kind(seller: Seller, kind: DueKind, *, at: datetime) -> int:
    """Append one event for each contract, or for each day of a customer, that is due."""
    return sum(_chunks(seller, kind, until=due_by(seller, kind, at=at), at=at))


def _chunks(seller: Seller, kind: DueKind, *, until: date, at: datetime) -> Iterator[int]:
    reading: Reading | None = Reading(until)
    while reading:
        with transaction.atomic():
            count, reading = append_chunk(seller, kind, reading=reading, occurred_at=at, at=at)
        yield count


def _next(kind: DueKind, reading: Reading, appended: Appended) -> Reading | None:
    if appended.reached:
        return replace(reading, reached=appended.reached)
    if reading.query + 1 < len(QUERIES[kind]):
        return replace(reading, query=reading.query + 1, reached=None)
    return None


def _begin(seller: Seller, kind: DueKind, day: date) -> datetime:
    """Return the first moment at which what is due by a day may be sent."""
    hour = LAST_HOUR if kind is DueKind.DAYS else 0
    return datetime.combine(day, time(hour), ZoneInfo(seller.timezone))


def _spread(seller: Seller, kind: DueKind) -> timedelta:
    """Return over how long what is due is sent: at once for a test clock, it waits for nothing."""
    if seller.is_test:
        return timedelta()
    spread: timedelta = settings.BILLING_SPREAD
    return min(spread, COLLECTED_WITHIN) if kind is DueKind.DAYS else spread
