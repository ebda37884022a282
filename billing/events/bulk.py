"""Appending many events at once: the database makes them of a query's rows, none passes by here."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import connection

from billing.events import dispatch, metrics, windows
from billing.events.commits import after_commit
from billing.events.log import require_transaction
from billing.events.models import Event

SENT_DIRECTLY_AT_MOST = 2  # Messages.

Value = date | UUID | str | int | float


@dataclass(frozen=True, slots=True)
class Reached:
    """How far an ordered query was read: the day and the key of its latest row."""

    day: date
    key: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """
    Events of one type that a query finds, row by row.

    `query` yields `stream_id`, `day` and `key`, ordered by the last two, at most so many as are to
    be appended at once; `named` are its parameters. An event's payload names its stream as
    `payload_key`; its fact is the stream's day. All carry one `occurred_at`, by which they are
    found together. They are sent evenly over `send_within` from `send_from` on, those of a minute
    together: by the relay, or `sent_directly` where they are few and someone waits for them.
    """

    seller_id: UUID
    type: str
    payload_key: str
    query: str
    named: Mapping[str, Value]
    occurred_at: datetime
    send_from: datetime
    send_within: timedelta = timedelta()
    sent_directly: bool = False


@dataclass(frozen=True, slots=True)
class Appended:
    """How many events were new, and how far the query was read; None if it had no more rows."""

    count: int
    reached: Reached | None


def append_bulk(bulk: Bulk, *, at: datetime) -> Appended:
    """
    Append the events of a query's rows, except those that are in the log already.

    :raises OutsideTransaction: if no transaction is open.
    """
    require_transaction()
    has_tasks = bool(dispatch.tasks_of(bulk.type))
    named: dict[str, Value] = {
        **bulk.named,
        "seller": bulk.seller_id,
        "type": bulk.type,
        "payload_key": bulk.payload_key,
        "occurred_at": bulk.occurred_at,
        "at": at,
        "queue": dispatch.queue_of(bulk.type) if has_tasks else "",
        "state": Event.State.WAITING if has_tasks else Event.State.NOTED,
        "send_from": bulk.send_from,
        "send_within": bulk.send_within.total_seconds(),
        "portion": _portion(bulk.type),
    }
    with connection.cursor() as cursor:
        cursor.execute(_APPEND.format(query=bulk.query), named)
        count, day, key = cursor.fetchone()
    metrics.note_counted(Counter({bulk.type: count}), metrics.APPENDED)
    if bulk.sent_directly and count:
        after_commit(partial(_send, bulk.seller_id, at=at))
    return Appended(count, Reached(day, key) if key else None)


def _send(seller_id: UUID, *, at: datetime) -> None:
    """Send the first of what waits to be sent; the relay sends the rest."""

    def send() -> None:
        taken = windows.take_next(seller_id, at=at, at_most=SENT_DIRECTLY_AT_MOST)
        windows.send(taken, at=at)

    dispatch.unless_away(send)


def _portion(event_type: str) -> int:
    """Return how many events a message names: no more than each of its tasks can do in time."""
    of_tasks = [dispatch.events_per_message(task) for task in dispatch.tasks_of(event_type)]
    return min([windows.PORTION, *of_tasks])


# Ids come in the order of the rows, as positions do. When in its time an event is sent depends on
# its stream alone (random digits of its key), so that it is the same day by day. No message is sent
# before the time of its latest event. What was appended is found by grouping: a join of what a
# statement has just made could be planned as a loop over both.
_APPEND = """
    WITH due AS MATERIALIZED ({query}),
    told AS MATERIALIZED (
        SELECT anlass_uuid7() AS id, stream_id, day,
               greatest(%(at)s, %(send_from)s
                   + ('x' || right(stream_id::text, 8))::bit(32)::bigint / 4294967296.0
                       * %(send_within)s * interval '1 second') AS send_at
        FROM due ORDER BY day, key
    ),
    appended AS (
        INSERT INTO billing_event (
            id, seller_id, transaction_id, type, stream_id, payload, as_of_date, occurred_at,
            recorded_at, idempotency_key, queue, state, sends
        )
        SELECT id, %(seller)s, id, %(type)s, stream_id,
               jsonb_build_object(%(payload_key)s::text, stream_id), day, %(occurred_at)s, %(at)s,
               format('%%s:%%s:%%s', %(type)s::text, stream_id, to_char(day, 'YYYY-MM-DD')),
               %(queue)s, %(state)s, 0
        FROM told ORDER BY id
        ON CONFLICT (seller_id, idempotency_key) DO NOTHING
        RETURNING id
    ),
    timed AS (
        SELECT id, max(send_at) AS send_at, date_trunc('minute', max(send_at)) AS minute
        FROM (SELECT id, send_at, false AS is_new FROM told
              UNION ALL SELECT id, NULL, true FROM appended) AS either
        GROUP BY id HAVING bool_or(is_new)
    ),
    placed AS (
        SELECT id, send_at, minute,
               (row_number() OVER (PARTITION BY minute ORDER BY id) - 1) / %(portion)s AS nth
        FROM timed
    ),
    messages AS (
        INSERT INTO billing_bulkmessage (
            seller_id, type, event_ids, size, next_send_at, sends)
        SELECT %(seller)s, %(type)s, array_agg(id ORDER BY id), count(*), max(send_at), 0
        FROM placed WHERE %(state)s = 'waiting' GROUP BY minute, nth ORDER BY minute, nth
    )
    SELECT (SELECT count(*) FROM appended), latest.day, latest.key
    FROM (SELECT 1) AS one
    LEFT JOIN LATERAL (SELECT day, key FROM due ORDER BY day DESC, key DESC LIMIT 1) AS latest
    ON true
"""
