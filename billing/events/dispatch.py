"""Sending: messages that say "look at these events", to the tasks that the flow names."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import cast

from celery import current_app
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string

from billing.events.models import Event

logger = logging.getLogger(__name__)

# After a failed send this process leaves sending to the relay for so long, so that an outage of
# the broker doesn't slow every request down.
PAUSE_AFTER_FAILURE_SECONDS = 15.0


class _Outage:
    """Until when this process doesn't try to reach the broker."""

    until = 0.0


@cache
def flow() -> Mapping[str, tuple[str, ...]]:
    """Return the engine's table: event type → names of the tasks that it sets off."""
    return cast(Mapping[str, tuple[str, ...]], import_string(settings.EVENT_FLOW))


def tasks_of(event_type: str) -> tuple[str, ...]:
    """Return the names of the tasks that an event of this type sets off; none if nobody listens."""
    return flow().get(event_type, ())


def send_now(events: Sequence[Event]) -> None:
    """
    Send events that were just committed; never raises for a broker that is away.

    What can't be sent stays in the log, and the relay sends it.
    """
    if time.monotonic() < _Outage.until:
        return
    try:
        publish(events)
    except Exception:
        # Whatever is wrong with the broker must not reach the one who stated the fact.
        _Outage.until = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
        logger.warning("Not sent, left to the relay: %d events", len(events), exc_info=True)
        return
    mark_published(events, at=timezone.now())


def publish(events: Iterable[Event]) -> None:
    """
    Send messages for `events`, each naming so many of them as its task can do in time.

    :raises kombu.exceptions.OperationalError: if the broker is away.
    """
    ids_by_task: dict[str, list[str]] = defaultdict(list)
    for event in events:
        for task in tasks_of(event.type):
            ids_by_task[task].append(str(event.id))
    for task, ids in ids_by_task.items():
        size = settings.EVENTS_PER_MESSAGE_OF.get(task, settings.EVENTS_PER_MESSAGE)
        for start in range(0, len(ids), size):
            current_app.send_task(task, kwargs={"event_ids": ids[start : start + size]})


def mark_published(events: Sequence[Event], *, at: datetime) -> None:
    """
    Note that `events` were sent, and when they are sent again should they still wait.

    Each further send waits twice as long, up to a bound, and a jittered fifth more or less. An
    event that a worker holds already is passed over: it needs no note.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK_PUBLISHED,
            {
                "at": at,
                "ids": [event.id for event in events],
                "first": settings.EVENT_RESEND_AFTER.total_seconds(),
                "most": settings.EVENT_RESEND_AT_MOST.total_seconds(),
            },
        )


_MARK_PUBLISHED = """
    UPDATE billing_event AS event
    SET published_at = %(at)s, sends = sends + 1,
        next_send_at = %(at)s + interval '1 second' * (0.8 + 0.4 * random())
                                * least(%(first)s * power(2, least(sends, 20)), %(most)s)
    FROM (SELECT id FROM billing_event WHERE id = ANY(%(ids)s) AND state = 'waiting'
          FOR UPDATE SKIP LOCKED) AS free
    WHERE event.id = free.id
"""
