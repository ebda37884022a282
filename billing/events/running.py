"""A task that runs: its lines bear its story, where its message is of one; it is a span of that."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from billing.happenings import spans
from billing.happenings.context import Value, bound
from billing.happenings.lines import Action, Outcome, Stopwatch, tell
from billing.happenings.traces import TRACEPARENT, TRACESTATE, Current, read

STORY = "story"  # The header of a message that tells to which one it belongs.
_FIELDS = {
    "transaction_id": "anlass.transaction_id",
    "seller_id": "anlass.seller_id",
    "event_id": "anlass.event.id",
    "event_type": "anlass.event.type",
}


def told_by(story: Mapping[str, str]) -> dict[str, Value]:
    """Return the fields that a message's header tells; what a later release adds is left."""
    return {field: story[name] for name, field in _FIELDS.items() if name in story}


@contextmanager
def running(
    task: str, task_id: str, named: Mapping[str, Any], *, story: Mapping[str, str] | None
) -> Iterator[None]:
    """Run a task that a message asks for, and tell of it by one line."""
    watch, ids = Stopwatch(), named.get("event_ids", ())
    fields: dict[str, Value] = {"anlass.task": task, "anlass.task_id": task_id}
    fields |= told_by(story or {})
    outcome, failed = Outcome.SUCCESS, None
    with bound(fields), spans.span(task, kind="consumer", under=_under(story)) as span:
        span.fields |= fields
        try:
            yield
        except BaseException as error:
            outcome, failed = Outcome.FAILURE, error
            raise
        finally:
            more: dict[str, Value] = {"anlass.count": len(ids), **watch.fields}
            level = logging.ERROR if failed else logging.INFO
            tell(Action.TASK_RUN, f"{task} ran", more, outcome=outcome, level=level, error=failed)


def _under(story: Mapping[str, str] | None) -> Current | None:
    """Return in which trace a message was sent; None if it is of several stories."""
    if not story or "transaction_id" not in story:
        return None
    transaction_id = UUID(story["transaction_id"])
    trace = read(story.get(TRACEPARENT, ""), story.get(TRACESTATE, ""))
    return Current(trace, transaction_id) if trace else spans.of_story(transaction_id)
