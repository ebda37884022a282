"""Appending to the log: in the transaction that states the fact, sent once it is committed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection

from billing.copying import copy_rows, unsaved
from billing.events import dispatch, metrics
from billing.events.actors import acting
from billing.events.announcing import announcement, wanted
from billing.events.commits import after_commit
from billing.events.happened import tell_appended
from billing.events.models import Event
from billing.happenings.spans import kept_for, lent_id
from billing.ids import new_id

# The direct send has this long before the relay takes the event for one that was not sent.
DIRECT_SEND_TAKES = timedelta(seconds=2)


class OutsideTransaction(Exception):
    """An event was appended outside the transaction that states its fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """
    Something that happened, about to be appended.

    `payload` holds ids only. `as_of_date` is the seller's day as of which it is handled. Events of
    one `stream_id` are handled in order. `idempotency_key` names the fact: it is appended once.
    Without a `transaction_id` the event begins a story of its own. One that nobody is to act upon
    (`is_listened` is false) is only noted. What apps may be told of (`is_public`) is announced;
    what nobody else asks for (`is_only_told`) is not even noted unless an app wants it.
    """

    seller_id: UUID
    type: str
    stream_id: UUID
    payload: dict[str, str]
    as_of_date: date
    occurred_at: datetime
    idempotency_key: str
    transaction_id: UUID | None = None
    is_listened: bool = True
    is_public: bool = False
    is_only_told: bool = False


def append(new_events: Sequence[NewEvent], *, at: datetime, known_too: bool = False) -> list[Event]:
    """
    Append events to the log, and send them once the transaction is committed.

    With `known_too`, events whose idempotency key is in the log already are passed over, and only
    the others are returned; without it they are refused by the constraint `event_once`.

    :raises OutsideTransaction: if no transaction is open.
    """
    require_transaction()
    told_of = wanted({(new.seller_id, new.type) for new in new_events if new.is_public})
    new_events = [
        new for new in new_events if not new.is_only_told or (new.seller_id, new.type) in told_of
    ]
    told = [_told(new, at=at) for new in new_events]
    if known_too:
        events = [Event(**values) for values in told]
        Event.objects.bulk_create(events, ignore_conflicts=True)
        appended = set(
            Event.objects.filter(id__in=[event.id for event in events]).values_list("id", flat=True)
        )
        events = [event for event in events if event.id in appended]
    else:
        events = [unsaved(Event, **values) for values in told]
        copy_rows(events)
    announced = _announce(
        [each for each in events if (each.seller_id, each.type) in told_of], at=at
    )
    metrics.note_events([each.type for each in (*events, *announced)], metrics.APPENDED)
    tell_appended([*events, *announced])
    send_again([each for each in [*events, *announced] if each.state == Event.State.WAITING])
    return events


def _announce(facts: Sequence[Event], *, at: datetime) -> list[Event]:
    """Append that public facts are to be told to apps."""
    told = [{**_told(NewEvent(**announcement(fact)), at=at), "trace": fact.trace} for fact in facts]
    announced = [unsaved(Event, **values) for values in told]
    copy_rows(announced)
    return announced


def send_again(events: Sequence[Event]) -> None:
    """Send events that wait anew, once the transaction that says so is committed."""
    if events:
        after_commit(partial(dispatch.send_now, events))


def require_transaction() -> None:
    """
    Do nothing within a transaction.

    :raises OutsideTransaction: if none is open.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(
            "State facts in a transaction (`transaction.atomic()`): their event belongs into it."
        )


def _told(new: NewEvent, *, at: datetime) -> dict[str, Any]:
    """Return the columns of an event's row."""
    begins = new.transaction_id is None
    event_id = (begins and lent_id()) or new_id()
    transaction_id = new.transaction_id or event_id
    has_tasks = new.is_listened and bool(dispatch.tasks_of(new.type))
    return {
        "id": event_id,
        "seller_id": new.seller_id,
        "transaction_id": transaction_id,
        "type": new.type,
        "stream_id": new.stream_id,
        "payload": new.payload,
        "as_of_date": new.as_of_date,
        "occurred_at": new.occurred_at,
        "recorded_at": at,
        "idempotency_key": new.idempotency_key,
        "trace": kept_for(transaction_id, begins=begins),
        "queue": dispatch.queue_of(new.type) if has_tasks else "",
        "state": Event.State.WAITING if has_tasks else Event.State.NOTED,
        "published_at": None,
        "next_send_at": at + DIRECT_SEND_TAKES,
        "sends": 0,
        "retried_at": None,
        "caused_by": acting(),
    }
