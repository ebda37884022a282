"""
How the installation stands: what waits, what failed, what is at stake.

Each query costs what waits or failed, never what ever happened, and counts only so much of that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from billing.events.priorities import CLASS_POINTS
from billing.money import from_minor
from invoices.proving.models import Verification

COUNTED_AT_MOST = 50_000
OTHER = "other"  # Failures of a class that this release doesn't know.
# Of priorities, from the most urgent on: the least of each.
BANDS = (("urgent", 80), ("high", 65), ("medium", 50), ("low", 0))


@dataclass(frozen=True, slots=True)
class OpenFailures:
    """So many open failures of a class and band, and the money at stake of one currency."""

    code: str
    band: str
    currency: str
    count: int
    at_stake: float


def oldest_waiting(*, at: datetime) -> dict[str, float]:
    """
    Return for how many seconds the oldest event that waits does, by queue; 0 where none waits.

    Of billing exactly so. Of other queues by when it happened, which the engine itself says there.
    """
    ages = dict.fromkeys(settings.QUEUES, 0.0)
    named = {"billing": settings.BILLING_QUEUE}
    for queue, since in _rows(_OLDEST_OF_BILLING, named) + _rows(_OLDEST_OF_OTHERS, named):
        if queue in ages and since is not None:
            ages[queue] = max(ages[queue], (at - since).total_seconds())
    return ages


def waiting() -> dict[str, int]:
    """Return how many events wait, by queue; so many at most, but for the bulk."""
    counts = dict.fromkeys(settings.QUEUES, 0)
    named = {"bulk": settings.BULK_QUEUE, "most": COUNTED_AT_MOST}
    for queue, count in _rows(_WAITING, named):
        if queue in counts:
            counts[queue] += count
    return counts


def bulk_unsent_since(*, at: datetime) -> float:
    """Return for how many seconds a message of a bulk is due and not sent; 0 if none is."""
    ((since,),) = _rows("SELECT min(next_send_at) FROM billing_bulkmessage WHERE sends = 0", {})
    return max((at - since).total_seconds(), 0.0) if since else 0.0


def open_failures() -> Iterator[OpenFailures]:
    """Yield what is open, by class, band and currency; so many at most."""
    for code, band, currency, count, minor in _rows(_FAILURES, {"most": COUNTED_AT_MOST}):
        known = code if code in CLASS_POINTS else OTHER
        at_stake = float(from_minor(minor, currency)) if currency and minor is not None else 0.0
        yield OpenFailures(known, band, currency, count, at_stake)


def deliveries_waiting() -> dict[tuple[str, str], int]:
    """Return how many deliveries wait for a try, or failed and wait for another, by channel."""
    found = _rows(_DELIVERIES, {"most": COUNTED_AT_MOST})
    return {(channel, state): count for channel, state, count in found}


def latest_verification() -> Verification | None:
    """Return what the latest proof of all books came to; None if there was none."""
    return Verification.objects.order_by("-pk").first()


def _rows(sql: str, named: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, named)
        return list(cursor.fetchall())


# By `event_waiting_since`.
_OLDEST_OF_BILLING = """
    SELECT queue, coalesce(retried_at, recorded_at) FROM billing_event
    WHERE state = 'waiting' AND queue = %(billing)s
    ORDER BY coalesce(retried_at, recorded_at) LIMIT 1
"""
# By `event_unsettled`, stepping from one type of a seller to the next, past all that waits.
_OLDEST_OF_OTHERS = """
    WITH RECURSIVE kinds AS (
        (SELECT seller_id, type FROM billing_event
         WHERE state IN ('waiting', 'failed') AND sends >= 0
         ORDER BY seller_id, type LIMIT 1)
        UNION ALL
        SELECT following.seller_id, following.type
        FROM kinds CROSS JOIN LATERAL (
            SELECT seller_id, type FROM billing_event event
            WHERE event.state IN ('waiting', 'failed') AND event.sends >= 0
              AND (event.seller_id, event.type) > (kinds.seller_id, kinds.type)
            ORDER BY event.seller_id, event.type LIMIT 1) AS following
    )
    SELECT oldest.queue, min(oldest.since)
    FROM kinds CROSS JOIN LATERAL (
        SELECT queue, coalesce(retried_at, recorded_at) AS since FROM billing_event event
        WHERE event.state IN ('waiting', 'failed') AND event.sends >= 0
          AND event.state = 'waiting'
          AND event.seller_id = kinds.seller_id AND event.type = kinds.type
        ORDER BY event.occurred_at LIMIT 1) AS oldest
    WHERE oldest.queue <> %(billing)s
    GROUP BY oldest.queue
"""
# By `event_to_send` and `event_bulk_to_send`; of the bulk, by the rows of its messages.
_WAITING = """
    SELECT queue, count(*) FROM (
        SELECT queue FROM billing_event WHERE state = 'waiting' AND NOT queue = %(bulk)s
        ORDER BY next_send_at LIMIT %(most)s) AS alone GROUP BY queue
    UNION ALL
    SELECT queue, count(*) FROM (
        SELECT queue FROM billing_event
        WHERE state = 'waiting' AND queue = %(bulk)s AND next_send_at IS NOT NULL
        ORDER BY next_send_at LIMIT %(most)s) AS bulk_alone GROUP BY queue
    UNION ALL
    SELECT %(bulk)s, coalesce(sum(size), 0) FROM billing_bulkmessage
"""
# By `failure_inbox`.
_FAILURES = f"""
    SELECT code, CASE {" ".join(f"WHEN priority >= {least} THEN '{band}'" for band, least in BANDS)}
        END AS band, currency, count(*), sum(money_at_stake_minor)::bigint
    FROM (SELECT code, priority, currency, money_at_stake_minor FROM billing_failure
          WHERE state = 'open' ORDER BY seller_id, priority DESC LIMIT %(most)s) AS opened
    GROUP BY 1, 2, 3
"""  # noqa: S608
# By `delivery_by_state`, stepping from seller to seller, past what came to an end.
_DELIVERIES = """
    WITH RECURSIVE sellers AS (
        (SELECT seller_id FROM invoices_delivery WHERE NOT state = 'sent'
         ORDER BY seller_id LIMIT 1)
        UNION ALL
        SELECT following.seller_id
        FROM sellers CROSS JOIN LATERAL (
            SELECT seller_id FROM invoices_delivery delivery
            WHERE NOT delivery.state = 'sent' AND delivery.seller_id > sellers.seller_id
            ORDER BY delivery.seller_id LIMIT 1) AS following
    ),
    states AS (SELECT unnest(ARRAY['waiting', 'failed']) AS state)
    SELECT channel, state, count(*) FROM (
        SELECT delivery.channel, delivery.state
        FROM sellers CROSS JOIN states CROSS JOIN LATERAL (
            SELECT channel, state FROM invoices_delivery delivery
            WHERE NOT delivery.state = 'sent' AND delivery.seller_id = sellers.seller_id
              AND delivery.state = states.state LIMIT %(most)s) AS delivery
        LIMIT %(most)s) AS counted
    GROUP BY channel, state
"""
