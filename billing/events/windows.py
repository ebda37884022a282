"""
Sending a bulk: what the calendar makes due, in windows, the sellers in turn.

So much of a seller is on its way as its window allows: sent, and not handled. One with a million
events due takes its turns as one with a hundred, whose messages never stand behind the million. A
window is smaller while many sellers want to send, so that the queue stays short for whoever comes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from operator import itemgetter
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from billing.events import dispatch
from billing.events.models import Event
from billing.events.queues import depth

# So much is sent in one turn of the relay: the turns are short, whatever waits.
SENT_AT_MOST = 5_000
# A seller sends so much before it is another's turn: a full message.
PORTION = 500
# What was lost is looked for in so many events at a time.
RESENT_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Turn:
    """A seller with something to send, and how much of it is on its way."""

    seller_id: UUID
    on_its_way: int


@transaction.atomic
def take_unsent(*, at: datetime) -> list[Event]:
    """
    Mark what is next of each seller's bulk as published, as far as its window allows; return it.

    One relay does it at a time: another takes nothing. The cost is that of what is taken and of
    what is on its way, not of what waits.
    """
    if not _is_my_turn():
        return []
    shares = shares_of(_turns(at))
    of_sellers = [_next_of(seller_id, share, at=at) for seller_id, share in shares.items()]
    taken = list(in_turn(of_sellers))
    dispatch.mark_published(taken, at=at)
    return taken


@transaction.atomic
def take_lost(*, at: datetime) -> list[Event]:
    """
    Mark what was sent, and waits though no message of it can be on its way, anew; return it.

    As long as messages lie in the queue, theirs may be among them: then only what was sent the
    longest back-off ago is taken. So a month's end that takes its time is not sent twice.
    """
    due = _sent().filter(next_send_at__lte=at).order_by("seller", "next_send_at")
    if not (_is_my_turn() and due.exists()):
        return []
    if depth(settings.BULK_QUEUE):
        due = due.filter(published_at__lte=at - settings.EVENT_RESEND_AT_MOST)
    taken = list(due.select_for_update(skip_locked=True)[:RESENT_AT_MOST])
    dispatch.mark_published(taken, at=at)
    return taken


def shares_of(turns: Iterable[Turn]) -> dict[UUID, int]:
    """
    Return how many events each seller may send now, the one with the least on its way first.

    All get a portion in turn, until their windows or the turn of the relay are full. A window with
    less room than a portion waits until there is more: so the messages are full.
    """
    waiting = sorted(turns, key=lambda turn: turn.on_its_way)
    window = _window(len(waiting))
    portions = [
        (nth, turn.seller_id)
        for turn in waiting
        for nth in range((window - turn.on_its_way) // PORTION)
    ]
    portions.sort(key=itemgetter(0))  # Stable: within a round the order of the sellers stays.
    given = Counter(seller_id for _, seller_id in portions[: SENT_AT_MOST // PORTION])
    return {seller_id: count * PORTION for seller_id, count in given.items()}


def in_turn(of_sellers: Iterable[list[Event]]) -> Iterable[Event]:
    """Yield a portion of the first seller, one of the second, and so on, again and again."""
    portions = [
        [events[start : start + PORTION] for start in range(0, len(events), PORTION)]
        for events in of_sellers
    ]
    for round_of_all in zip_longest(*portions, fillvalue=()):
        for portion in round_of_all:
            yield from portion


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
    given: Mapping[str, str | int | datetime] = {
        "queue": settings.BULK_QUEUE, "at": at, "window": settings.BULK_WINDOW,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TURNS, given)
        return [Turn(seller_id, on_its_way) for seller_id, on_its_way in cursor.fetchall()]


def _next_of(seller_id: UUID, share: int, *, at: datetime) -> list[Event]:
    unsent = Event.objects.filter(
        state=Event.State.WAITING, queue=settings.BULK_QUEUE, sends=0, seller=seller_id
    )
    in_order = unsent.filter(next_send_at__lte=at).order_by("next_send_at")
    locked = in_order.select_for_update(skip_locked=True)
    return list(locked.only("id", "seller_id", "type")[:share])


def _sent() -> QuerySet[Event]:
    return Event.objects.filter(state=Event.State.WAITING, queue=settings.BULK_QUEUE, sends__gt=0)


# Steps from seller to seller through the index, past all that each has waiting.
_TURNS = """
WITH RECURSIVE unsent AS (
    (SELECT seller_id FROM billing_event
     WHERE state = 'waiting' AND queue = %(queue)s AND sends = 0
     ORDER BY seller_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event.seller_id FROM billing_event event
            WHERE event.state = 'waiting' AND event.queue = %(queue)s AND event.sends = 0
              AND event.seller_id > unsent.seller_id
            ORDER BY event.seller_id LIMIT 1)
    FROM unsent WHERE unsent.seller_id IS NOT NULL
)
SELECT unsent.seller_id, (
    SELECT count(*) FROM (
        SELECT FROM billing_event event
        WHERE event.state = 'waiting' AND event.queue = %(queue)s AND event.sends > 0
          AND event.seller_id = unsent.seller_id
        LIMIT %(window)s
    ) AS on_its_way)
FROM unsent
WHERE EXISTS (
    SELECT FROM billing_event event
    WHERE event.state = 'waiting' AND event.queue = %(queue)s AND event.sends = 0
      AND event.seller_id = unsent.seller_id AND event.next_send_at <= %(at)s)
"""
