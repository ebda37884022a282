"""Sending: messages that say "look at these events", to the tasks that the flow names."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from billing.events.batch import Outcome
from billing.events.models import BulkMessage, Event
from billing.events.running import STORY
from billing.happenings import spans, traces

logger = logging.getLogger(__name__)

# After a failed send this process leaves sending to the relay for so long, so that an outage of
# the broker doesn't slow every request down.
PAUSE_AFTER_FAILURE_SECONDS = 15.0

# What a message takes at most: an id with quotes, comma and space, and all else that Celery and
# kombu say. Both put what they carry into base64, so that it is 16/9 as long.
BYTES_PER_ID = 72
BYTES_BESIDE_IDS = 4096


class _Outage:
    """Until when this process doesn't try to reach the broker."""

    until = 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """
    What one message names: events of one seller, for one task; the row of a bulk's message.

    Of a single event it tells the story, for the log and the trace of whoever receives it.
    """

    task: str
    event_ids: tuple[UUID, ...]
    bulk_id: int | None = None
    story: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of events: sent wholly, not sent, or refused each by itself, for good."""

    accepted: list[Event]
    left: list[Event]
    refused: list[Event]


@dataclass(frozen=True, slots=True)
class SentBulk:
    """What became of messages of a bulk: those not sent, and the events refused for good."""

    left: list[BulkMessage]
    refused: set[UUID]


@cache
def flow() -> Mapping[str, tuple[str, ...]]:
    """Return the engine's table: event type → names of the tasks that it sets off."""
    return cast(Mapping[str, tuple[str, ...]], import_string(settings.EVENT_FLOW))


def tasks_of(event_type: str) -> tuple[str, ...]:
    """Return the names of the tasks that an event of this type sets off; none if nobody listens."""
    return flow().get(event_type, ())


@cache
def queue_of(event_type: str) -> str:
    """Return the queue of the first task that an event of this type sets off; empty if none."""
    tasks = tasks_of(event_type)
    return str(current_app.amqp.router.route({}, tasks[0])["queue"].name) if tasks else ""


def events_per_message(task: str) -> int:
    """Return how many events a message for a task names at most: what it can do, what fits."""
    wanted: int = settings.EVENTS_PER_MESSAGE_OF.get(task, settings.EVENTS_PER_MESSAGE)
    return max(1, min(wanted, (settings.BROKER_MESSAGE_BYTES - BYTES_BESIDE_IDS) // BYTES_PER_ID))


def send_now(events: Sequence[Event]) -> None:
    """
    Send events that were just committed; never raises for a broker that is away.

    What can't be sent stays in the log, and the relay sends it.
    """

    def send() -> None:
        with _sending(events):
            sent = publish(events)
        if sent.accepted:
            mark_published(sent.accepted)

    unless_away(send)


def _sending(events: Sequence[Event]) -> AbstractContextManager[object]:
    """Return what makes a span of sending, where it is done in a trace."""
    if traces.current.get() is None or not events:
        return nullcontext()
    return spans.span(f"send {events[0].type}", kind="producer")


def unless_away(send: Callable[[], object]) -> None:
    """Send what was just committed, unless the broker was away a moment ago; never raise for it."""
    if time.monotonic() < _Outage.until:
        return
    try:
        send()
    except Exception:
        # Whatever is wrong with the broker must not reach the one who stated the fact.
        _Outage.until = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
        logger.warning("Not sent, left to the relay", exc_info=True)


def publish(events: Iterable[Event], *, alone: bool = False) -> Sent:
    """
    Send messages for `events`, in few calls; return what became of them.

    A message names events of one seller, so many of them as its task can do in time; a single one
    if `alone`. A message that the broker refuses is halved, until it refuses a single event.

    :raises Exception: whatever kombu and botocore say of a broker that is away: nothing was sent.
    """
    by_id = {event.id: event for event in events}
    left, refused = _deliver(_messages(by_id.values(), alone=alone))
    return Sent(
        accepted=[event for event in by_id.values() if event.id not in left | refused],
        left=[by_id[event_id] for event_id in left - refused],
        refused=[by_id[event_id] for event_id in refused],
    )


def publish_bulk(messages: Iterable[BulkMessage]) -> SentBulk:
    """
    Send messages of a bulk, in few calls; return what became of them. A refused one is halved.

    :raises Exception: as `publish`.
    """
    messages = list(messages)
    left, refused = _deliver(
        [
            Message(task, tuple(message.event_ids), message.pk)
            for message in messages
            for task in tasks_of(message.type)
        ]
    )
    return SentBulk([each for each in messages if not left.isdisjoint(each.event_ids)], refused)


def mark_published(events: Sequence[Event], *, at: datetime | None = None) -> None:
    """
    Note that `events` were sent, and when they are sent again should they still wait.

    Each further send waits twice as long, up to a bound, and a jittered fifth more or less. An
    event that a worker holds already is passed over: it needs no note. Without an instant the
    database's counts: the clock of whoever sends may be wrong.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK_PUBLISHED,
            {
                "at": at,
                "ids": [event.id for event in events],
                **backing_off(),
            },
        )


def backing_off() -> dict[str, float]:
    """Return the parameters of `NEXT_SEND`: seconds until the second send, and at most."""
    return {
        "first": settings.EVENT_RESEND_AFTER.total_seconds(),
        "most": settings.EVENT_RESEND_AT_MOST.total_seconds(),
    }


def unmark(events: Sequence[Event], *, until: datetime) -> None:
    """Take back that `events` were marked as published: they are to be sent after `until`."""
    with connection.cursor() as cursor:
        cursor.execute(_UNMARK, {"until": until, "ids": [event.id for event in events]})


def _messages(events: Iterable[Event], *, alone: bool) -> list[Message]:
    """Return messages in the order of their first events, so that sellers stay in turn."""
    made: list[tuple[str, list[Event]]] = []
    latest: dict[tuple[str, UUID], list[Event]] = {}
    for event in events:
        for task in tasks_of(event.type):
            named = latest.get((task, event.seller_id))
            if named is None or len(named) == (1 if alone else events_per_message(task)):
                named = latest[task, event.seller_id] = []
                made.append((task, named))
            named.append(event)
    return [
        Message(
            task,
            tuple(event.id for event in named),
            story=_story(named[0]) if len(named) == 1 else None,
        )
        for task, named in made
    ]


def _story(event: Event) -> dict[str, str]:
    trace = spans.of_message(event.transaction_id, event.trace)
    told = {
        "transaction_id": str(event.transaction_id),
        "seller_id": str(event.seller_id),
        "event_id": str(event.id),
        "event_type": event.type,
    }
    return {**told, **(trace.headers if trace else {})}


def _deliver(messages: Sequence[Message]) -> tuple[set[UUID], set[UUID]]:
    """Send messages; return the events of those that weren't sent, and the events refused alone."""
    left: set[UUID] = set()
    refused: set[UUID] = set()
    while messages:
        halves: list[Message] = []
        for message, outcome in zip(messages, _send(messages), strict=True):
            if outcome is Outcome.NOT_SENT:
                left.update(message.event_ids)
            elif outcome is Outcome.REFUSED and len(message.event_ids) > 1:
                halves += _halved(message)
            elif outcome is Outcome.REFUSED:
                refused.update(message.event_ids)
        messages = halves
    return left, refused


def _halved(message: Message) -> list[Message]:
    middle = len(message.event_ids) // 2
    parts = message.event_ids[:middle], message.event_ids[middle:]
    return [Message(message.task, part) for part in parts]


def _send(messages: Sequence[Message]) -> list[Outcome]:
    """Send messages in batches, and return what became of each."""
    with current_app.producer_pool.acquire(block=True) as producer:
        channel: Any = producer.channel  # Of `config.broker`, by the broker's address.
        with channel.batching() as batch:
            for message in messages:
                current_app.send_task(
                    message.task,
                    kwargs=_named(message),
                    producer=producer,
                    headers={STORY: message.story} if message.story else None,
                )
        outcomes: list[Outcome] = batch.send()
    return outcomes


def _named(message: Message) -> dict[str, Any]:
    named: dict[str, Any] = {"event_ids": [str(event_id) for event_id in message.event_ids]}
    return named if message.bulk_id is None else {**named, "bulk_id": message.bulk_id}


# When to send again what is sent at an instant, for the (`sends` + 1)th time.
NEXT_SEND = """interval '1 second' * (0.8 + 0.4 * random())
    * least(%(first)s * power(2, least(sends, 20)), %(most)s)"""
# The ids of the free ones are gathered first: a join could be planned as a loop over all rows by a
# database that hasn't looked at a new table yet.
_MARK_PUBLISHED = f"""
    UPDATE billing_event
    SET published_at = coalesce(%(at)s, statement_timestamp()), sends = sends + 1,
        next_send_at = coalesce(%(at)s, statement_timestamp()) + {NEXT_SEND}
    WHERE id = ANY(ARRAY(SELECT id FROM billing_event
                         WHERE id = ANY(%(ids)s) AND state = 'waiting'
                         FOR UPDATE SKIP LOCKED))
"""  # noqa: S608
_UNMARK = """
    UPDATE billing_event
    SET sends = sends - 1, next_send_at = %(until)s,
        published_at = CASE WHEN sends > 1 THEN published_at END
    WHERE id = ANY(%(ids)s) AND state = 'waiting' AND sends > 0
"""
