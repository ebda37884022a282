"""Telling of facts: once they are committed, and not at all if they aren't."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any

from django.db import transaction

from billing.events.models import Event
from billing.happenings import spans, traces
from billing.happenings.context import Fields, Row, Value, bound, bound_fields, note
from billing.happenings.lines import Action, tell, tell_each

TOLD_EACH_AT_MOST = 20  # Events that are appended at a time; more are only counted.
STORIES_AT_MOST = 100  # Transactions of one request that its line names.
STORY = "anlass.transaction_id"


def tell_committed(action: Action, message: str, fields: Fields, **more: Any) -> None:
    """
    Tell of a fact once its transaction is committed: what is rolled back didn't happen.

    The line bears what is bound now, and the trace. Outside of transactions it is told at once.
    """
    act = partial(tell, action, message, fields, **more)
    transaction.on_commit(partial(copy_context().run, act), robust=True)


def tell_each_committed(action: Action, rows: Sequence[Row]) -> None:
    """Tell of many facts as `tell_committed` does of one, by short lines of their own."""
    if rows:
        act = partial(tell_each, action, rows)
        transaction.on_commit(partial(copy_context().run, act), robust=True)


def fields_of(event: Event) -> dict[str, Value]:
    """Return what lines say of an event."""
    return {
        STORY: str(event.transaction_id),
        "anlass.seller_id": str(event.seller_id),
        "anlass.event.id": str(event.id),
        "anlass.event.type": event.type,
        "trace.id": traces.of_transaction(event.transaction_id, event.trace).trace_id,
    }


@contextmanager
def handling(event: Event, *, task: str) -> Iterator[None]:
    """
    Handle an event: all lines meanwhile bear its story, and what is appended goes on in it.

    It is a span of that trace: of the task's, where that was sent for it alone.
    """
    fields = fields_of(event)
    if bound_fields().get("anlass.event.id") == fields["anlass.event.id"]:
        yield  # It is already: its message is its own, or it was begun before.
        return
    around = traces.current.get()
    is_its_task = around is not None and around.story == event.transaction_id
    under = None if is_its_task else spans.of_story(event.transaction_id, event.trace)
    trace_id = fields.pop("trace.id")
    fields |= {"anlass.task": task}
    with bound(fields), spans.span(f"{task} {event.type}", kind="internal", under=under) as span:
        span.fields |= {**fields, "trace.id": trace_id}
        yield


def tell_appended(events: Sequence[Event]) -> None:
    """Tell once it is committed that events were appended, and whose stories they begin."""
    if not events:
        return
    if spans.is_request():
        transaction.on_commit(partial(_note_stories, events), robust=True)
    if len(events) > TOLD_EACH_AT_MOST:
        more: Fields = {"anlass.count": len(events), "anlass.event.type": events[0].type}
        tell_committed(Action.EVENT_APPENDED, f"{len(events)} events were appended", more)
        return
    for event in events:
        tell_committed(Action.EVENT_APPENDED, f"{event.type} was appended", fields_of(event))


def _note_stories(events: Sequence[Event]) -> None:
    """Have the request's lines bear the transactions that it began, or went on with."""
    known = bound_fields().get(STORY, [])
    found = dict.fromkeys(known if isinstance(known, list) else [str(known)])
    found |= dict.fromkeys(str(event.transaction_id) for event in events)
    ids = list(found)[:STORIES_AT_MOST]
    seller = {"anlass.seller_id": str(events[0].seller_id)}
    note({**seller, STORY: ids[0] if len(ids) == 1 else ids})
