"""
Sending a bulk: what the calendar makes due, in windows, the sellers in turn.

Its events are named by the rows of messages: one is written where else hundreds would be. So much
of a seller is on its way as its window allows: sent, and not done. One with a million events due
takes its turns as one with a hundred, whose messages never stand behind the million. A window is
smaller while many sellers want to send, so that the queue stays short for whoever comes.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, zip_longest
from operator import itemgetter
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from billing.events import dispatch
from billing.events.models import BulkMessage, Event
from billing.events.queues import depth

Row = TypeVar("Row", BulkMessage, Event)

# So many events are sent in one turn of the relay: the turns are short, whatever waits.
SENT_AT_MOST = 5_000
# What a full message names.
PORTION = 500
# What was lost is looked for in so many events, and in so many messages, at a time.
RESENT_AT_MOST = 1000
MESSAGES_RESENT_AT_MOST = 40


@dataclass(frozen=True, slots=True)
class Turn:
    """A seller with something to send, and how many events of it are on their way."""

    seller_id: UUID
    on_its_way: int


def take_unsent(*, at: datetime) -> list[BulkMessage]:
    """
    Mark what is next of each seller's bulk as published, as far as its window allows; return it.

    One relay does it at a time: another takes nothing. The cost is that of what is taken and of
    what is on its way, not of what waits.
    """
    if not shares_of(_turns(at)):  # As mostly: a look shall cost little.
        return []
    with transaction.atomic():
        if not _is_my_turn():
            return []
        shares = shares_of(_turns(at))
        return in_turn(take_next(seller, at=at, at_most=share) for seller, share in shares.items())


def take_next(seller_id: UUID, *, at: datetime, at_most: int) -> list[BulkMessage]:
    """Mark what is next of a seller's bulk as published, whatever its window says; return it."""
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {"seller": seller_id, "at": at, "share": at_most, **dispatch.backing_off()},
        )
        return _messages(cursor)


@transaction.atomic
def take_lost(*, at: datetime) -> list[BulkMessage]:
    """
    Mark what was sent, and waits though no message can be on its way, anew; return it.

    As long as messages lie in the queue, it may be among them: then only what was sent the longest
    back-off ago is taken. So a month's end that takes its time is not sent twice. Messages whose
    worker was killed after it had done all are deleted.
    """
    due = _lost(BulkMessage.objects.filter(sends__gt=0), at)
    locked = due.select_for_update(skip_locked=True).only("pk")[:MESSAGES_RESENT_AT_MOST]
    ids = [message.pk for message in locked]
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"ids": ids})
        cursor.execute(_MARK, {"ids": ids, "at": at, **dispatch.backing_off()})
        return _messages(cursor)


@transaction.atomic
def take_lost_alone(*, at: datetime) -> list[Event]:
    """Do as `take_lost` with events of the bulk's queue that no message of a bulk names."""
    due = _lost(Event.objects.filter(state=Event.State.WAITING, queue=settings.BULK_QUEUE), at)
    taken = list(due.select_for_update(skip_locked=True)[:RESENT_AT_MOST])
    dispatch.mark_published(taken, at=at)
    return taken


def send(messages: list[BulkMessage], *, at: datetime) -> dispatch.SentBulk:
    """
    Send messages that are marked already; what can't be sent is unmarked.

    :raises Exception: whatever kombu and botocore say of a broker that is away; nothing is marked.
    """
    try:
        sent = dispatch.publish_bulk(messages)
    except Exception:
        _unmark(messages, until=at)
        raise
    if sent.left:  # Their queue takes nothing, others do: they must not be first in each turn.
        _unmark(sent.left, until=at + settings.EVENT_RESEND_AFTER)
    return sent


def forget_if_done(bulk_id: int) -> None:
    """Delete a message none of whose events waits: its seller's window has room for the next."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"ids": [bulk_id]})


def shares_of(turns: Iterable[Turn]) -> dict[UUID, int]:
    """
    Return how many messages each seller may send now, the one with the least on its way first.

    All get one in turn, until their windows or the turn of the relay are full. A window with less
    room than a full message takes waits until there is more.
    """
    waiting = sorted(turns, key=lambda turn: turn.on_its_way)
    window = _window(len(waiting))
    portions = [
        (nth, turn.seller_id)
        for turn in waiting
        for nth in range((window - turn.on_its_way) // PORTION)
    ]
    portions.sort(key=itemgetter(0))  # Stable: within a round the order of the sellers stays.
    return dict(Counter(seller_id for _, seller_id in portions[: SENT_AT_MOST // PORTION]))


def in_turn(of_sellers: Iterable[list[BulkMessage]]) -> list[BulkMessage]:
    """Return the first message of each seller, the second of each, and so on."""
    rounds = zip_longest(*of_sellers)
    return [message for message in chain.from_iterable(rounds) if message is not None]


def _unmark(messages: Iterable[BulkMessage], *, until: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_UNMARK, {"until": until, "ids": [message.pk for message in messages]})


def _window(sellers: int) -> int:
    fair = settings.BULK_WINDOW_OF_ALL // max(1, sellers)
    return max(2 * PORTION, min(int(settings.BULK_WINDOW), fair))


def _is_my_turn() -> bool:
    """Return whether no other relay sends the bulk; none does until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('send_bulk', 0))")
        row: tuple[bool] = cursor.fetchone()
    return row[0]


def _turns(at: datetime) -> list[Turn]:
    with connection.cursor() as cursor:
        cursor.execute(_TURNS, {"at": at})
        return [Turn(seller_id, on_its_way) for seller_id, on_its_way in cursor.fetchall()]


def _messages(cursor: Any) -> list[BulkMessage]:
    """Return what a statement marked, in the order in which it is to be sent."""
    rows = sorted(cursor.fetchall(), key=itemgetter(0, 1))
    return [
        BulkMessage(id=bulk_id, seller_id=seller_id, type=event_type, event_ids=event_ids)
        for _, bulk_id, seller_id, event_type, event_ids in rows
    ]


def _lost(waiting: QuerySet[Row], at: datetime) -> QuerySet[Row]:
    """Return what is to be sent again, as far as nothing that lies in the queue names it."""
    due = waiting.filter(next_send_at__lte=at).order_by("next_send_at")
    if due.exists() and depth(settings.BULK_QUEUE):
        long_ago = at - settings.EVENT_RESEND_AT_MOST
        due = due.filter(Q(published_at__lte=long_ago) | Q(published_at__isnull=True))
    return due


# Steps from seller to seller through the index, past all that each has waiting.
_TURNS = """
WITH RECURSIVE unsent AS (
    (SELECT seller_id FROM billing_bulkmessage WHERE sends = 0 ORDER BY seller_id LIMIT 1)
    UNION ALL
    SELECT (SELECT message.seller_id FROM billing_bulkmessage message
            WHERE message.sends = 0 AND message.seller_id > unsent.seller_id
            ORDER BY message.seller_id LIMIT 1)
    FROM unsent WHERE unsent.seller_id IS NOT NULL
)
SELECT unsent.seller_id, (
    SELECT coalesce(sum(message.size), 0)::integer FROM billing_bulkmessage message
    WHERE message.sends > 0 AND message.seller_id = unsent.seller_id)
FROM unsent
WHERE EXISTS (
    SELECT FROM billing_bulkmessage message
    WHERE message.sends = 0 AND message.seller_id = unsent.seller_id
      AND message.next_send_at <= %(at)s)
"""
_MARKING = f"""
UPDATE billing_bulkmessage message
SET published_at = %(at)s, sends = sends + 1,
    next_send_at = %(at)s::timestamptz + {dispatch.NEXT_SEND}
"""  # noqa: S608
_TAKE = f"""
WITH taken AS (
    SELECT id, next_send_at AS wanted_at FROM billing_bulkmessage
    WHERE seller_id = %(seller)s AND sends = 0 AND next_send_at <= %(at)s
    ORDER BY next_send_at, id LIMIT %(share)s FOR UPDATE SKIP LOCKED
)
{_MARKING} FROM taken WHERE message.id = taken.id
RETURNING wanted_at, message.id, seller_id, type, event_ids
"""  # noqa: S608
_MARK = f"""
{_MARKING} WHERE id = ANY(%(ids)s) RETURNING next_send_at, id, seller_id, type, event_ids
"""
_UNMARK = """
UPDATE billing_bulkmessage
SET sends = sends - 1, next_send_at = %(until)s,
    published_at = CASE WHEN sends > 1 THEN published_at END
WHERE id = ANY(%(ids)s) AND sends > 0
"""
# Event by event, by their keys: else the planner may look through all that waits.
_FORGET = """
DELETE FROM billing_bulkmessage message
WHERE id = ANY(%(ids)s) AND NOT EXISTS (
    SELECT FROM unnest(message.event_ids) AS named(id)
    WHERE (SELECT state FROM billing_event WHERE id = named.id) = 'waiting')
"""
