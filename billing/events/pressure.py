"""
Back-pressure: facts are refused for a while when what waits grows older than it should.

Who is the cause is refused first: a seller who has at least the average of what waits at the head
of the queue. One who has less is still served, up to that average.
"""

import time
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

# Whose events wait is asked of so many, the longest waiting first: a bound of what it costs.
ASKED_AT_MOST = 10_000
RETRY_AFTER_AT_MOST = 60


class TooBusy(Exception):
    """Facts of the seller can't be taken for now: those before them still wait for billing."""

    def __init__(self, *, retry_after: int) -> None:
        """Say after how many seconds to try again."""
        super().__init__(
            f"Earlier facts still wait to be billed. Nothing was recorded: try again in"
            f" {retry_after} s."
        )
        self.retry_after = retry_after


class _Look:
    """What this process saw when it last looked, and until when that is good enough."""

    until = 0.0
    busy: frozenset[UUID] = frozenset()
    retry_after = 1


def refuse_if_too_busy(seller_id: UUID, *, at: datetime) -> None:
    """
    Do nothing if the facts of a seller can be billed in time.

    A process looks once in `BACKPRESSURE_LOOK_SECONDS`.

    :raises TooBusy: if they can't be.
    """
    if not settings.BACKPRESSURE_SECONDS:
        return
    if time.monotonic() >= _Look.until:
        _look(at)
        _Look.until = time.monotonic() + settings.BACKPRESSURE_LOOK_SECONDS
    if seller_id in _Look.busy:
        raise TooBusy(retry_after=_Look.retry_after)


def _look(at: datetime) -> None:
    limit = timedelta(seconds=settings.BACKPRESSURE_SECONDS)
    since = _waiting_since()
    if since is None or at - since <= limit:
        _Look.busy = frozenset()
        return
    counts = _counts()
    average = counts.total() / len(counts) if counts else 0
    _Look.busy = frozenset(seller for seller, count in counts.items() if count >= average)
    over = (at - since - limit).total_seconds()
    _Look.retry_after = max(1, min(RETRY_AFTER_AT_MOST, round(over)))


def _waiting_since() -> datetime | None:
    """Return since when at least `BACKPRESSURE_EVENTS` wait; None if fewer do."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_SINCE} {_WAITING} ORDER BY {_SINCE} OFFSET %(others)s LIMIT 1",
            {"queue": settings.BILLING_QUEUE, "others": settings.BACKPRESSURE_EVENTS - 1},
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _counts() -> Counter[UUID]:
    """Return how many of the longest waiting events each seller has."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT seller_id, count(*) FROM"  # noqa: S608
            f" (SELECT seller_id {_WAITING} ORDER BY {_SINCE} LIMIT %(most)s) AS head"
            " GROUP BY seller_id",
            {"queue": settings.BILLING_QUEUE, "most": ASKED_AT_MOST},
        )
        return Counter(dict(cursor.fetchall()))


_SINCE = "coalesce(retried_at, recorded_at)"
_WAITING = "FROM billing_event WHERE state = 'waiting' AND queue = %(queue)s"
