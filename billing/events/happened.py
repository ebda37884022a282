"""Telling of facts: once they are committed, and not at all if they aren't."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from billing.events.commits import after_commit
from billing.events.models import Event, Failure
from billing.events.tries import Try
from billing.happenings import spans, traces
from billing.happenings.context import Fields, Row, Value, bound, bound_fields, nested, note
from billing.happenings.lines import Action, Outcome, tell, tell_each

TOLD_EACH_AT_MOST = 20  # Events that are appended at a time; more are only counted.
STORIES_AT_MOST = 100  # Transactions of one request that its line names.
STORY = "anlass.transaction_id"


def tell_committed(action: Action, message: str, fields: Fields, **more: Any) -> None:
    """
    Tell of a fact once its transaction is committed: what is rolled back didn't happen.

    The line bears what is bound now, and the trace. Outside of transactions it is told at once.
    """
    after_commit(partial(tell, action, message, fields, **more))


def tell_each_committed(action: Action, rows: Sequence[Row]) -> None:
    """Tell of many facts as `tell_committed` does of one, by short lines of their own."""
    if rows:
        after_commit(partial(tell_each, action, rows))


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
        after_commit(partial(_note_stories, events))
    if len(events) > TOLD_EACH_AT_MOST:
        more: Fields = {"anlass.count": len(events), "anlass.event.type": events[0].type}
        tell_committed(Action.EVENT_APPENDED, f"{len(events)} events were appended", more)
        return
    for event in events:
        tell_committed(Action.EVENT_APPENDED, f"{event.type} was appended", fields_of(event))


def tell_handled(events: Sequence[Event], *, tried: Try) -> None:
    """Tell once it is committed that events were handled."""
    lasted: Fields = {"anlass.task": tried.task, "event.duration": _nanoseconds(tried)}
    tell_each_committed(
        Action.EVENT_HANDLED,
        [(f"{each.type} was handled", nested({**fields_of(each), **lasted})) for each in events],
    )


def tell_opened(failure: Failure, event: Event, tried: Try) -> None:
    """Tell once it is committed that an event was put before a human."""
    tell_committed(
        Action.FAILURE_OPENED,
        f"{event.type} can't be handled: a failure of class {failure.code} was opened",
        {
            **fields_of(event),
            **_fields_of(failure),
            "anlass.task": tried.task,
            "event.duration": _nanoseconds(tried),
        },
        outcome=Outcome.FAILURE,
        level=logging.WARNING,
    )


def tell_closed(failures: Sequence[Failure], events: Sequence[Event], state: str) -> None:
    """Tell once it is committed that failures of these events are closed, and have them say so."""
    by_id = {event.pk: event for event in events}
    for each in failures:
        each.state, each.event = state, by_id[each.event_id]
    tell_each_committed(
        Action.FAILURE_CLOSED,
        [
            (
                f"A failure of class {each.code} was closed: {each.state}",
                nested({**fields_of(each.event), **_fields_of(each)}),
            )
            for each in failures
        ],
    )


def _fields_of(failure: Failure) -> dict[str, Value]:
    return {
        "anlass.failure.id": str(failure.pk),
        "anlass.failure.class": failure.code,
        "anlass.failure.priority": failure.priority,
        "anlass.failure.state": failure.state,
    }


def _nanoseconds(tried: Try) -> int:
    return (tried.ended_at - tried.started_at) // timedelta(microseconds=1) * 1000


def _note_stories(events: Sequence[Event]) -> None:
    """Have the request's lines bear the transactions that it began, or went on with."""
    known = bound_fields().get(STORY, [])
    found = dict.fromkeys(known if isinstance(known, list) else [str(known)])
    found |= dict.fromkeys(str(event.transaction_id) for event in events)
    ids = list(found)[:STORIES_AT_MOST]
    seller = {"anlass.seller_id": str(events[0].seller_id)}
    note({**seller, STORY: ids[0] if len(ids) == 1 else ids})
