"""Spans: what took how long in a trace. They are exported where a setting says so."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from billing.happenings import traces
from billing.happenings.context import Value
from billing.happenings.traces import Current, Trace
from billing.ids import new_id


@dataclass(slots=True)
class Span:
    """One that has ended, or is about to; instants in nanoseconds since 1970."""

    name: str
    kind: str  # server, producer, consumer, internal or client
    trace: Trace
    parent: Trace
    started: int
    ended: int = 0
    error: BaseException | None = None
    fields: dict[str, Value] = field(default_factory=dict)


class Exporter(Protocol):
    """Who is told of spans."""

    def __call__(self, span: Span) -> None:
        """Take a span that has ended."""


# Of a request that began its trace itself: whether a transaction has taken its id.
_lent: ContextVar[list[UUID] | None] = ContextVar("lent", default=None)


@cache
def exporter() -> Exporter | None:
    """Return who is told of spans; None if nobody is: then nothing of OpenTelemetry is imported."""
    if not settings.SPAN_EXPORTER:
        return None
    made: Exporter = import_string(settings.SPAN_EXPORTER)()
    return made


@contextmanager
def request_span(name: str, *, caller: Trace | None) -> Iterator[Span]:
    """Do something as a span of the caller's trace, or of a new one, that its story takes over."""
    begun = new_id()
    parent = caller or Trace(begun.hex, is_sampled=exporter() is not None)
    token = _lent.set(None if caller else [begun])
    try:
        with span(name, kind="server", under=Current(parent, is_ours=caller is None)) as found:
            yield found
    finally:
        _lent.reset(token)


def lent_id() -> UUID | None:
    """Return the id that the first transaction of a request gets, once; so it is the trace's."""
    left = _lent.get()
    return left.pop() if left else None


@contextmanager
def span(name: str, *, kind: str, under: Current | None = None) -> Iterator[Span]:
    """
    Do something as a span, of the trace that is named or of the one that it is done in.

    Outside of any it is one by itself. What is raised passes through, and is noted.
    """
    around = under or traces.current.get() or Current(_fresh(), is_shared=True)
    mine = Span(name, kind, around.trace.child(), around.trace, time.time_ns())
    token = traces.current.set(replace(around, trace=mine.trace))
    try:
        yield mine
    except BaseException as error:
        mine.error = error
        raise
    finally:
        traces.current.reset(token)
        mine.ended = time.time_ns()
        if told := exporter():
            told(mine)


def is_request() -> bool:
    """Return whether a request is answered now."""
    around = traces.current.get()
    return around is not None and around.story is None and not around.is_shared


def of_story(transaction_id: UUID, kept: str = "") -> Current:
    """Return under what a transaction's event is handled, by what was kept of its trace."""
    trace = traces.of_transaction(transaction_id, kept)
    if not trace.span_id:
        trace = replace(trace, is_sampled=exporter() is not None)
    return Current(trace, story=transaction_id)


def of_message(transaction_id: UUID, kept: str) -> Trace | None:
    """Return the span that a message for an event is sent by; None if its transaction tells it."""
    around = traces.current.get()
    if around and not around.is_shared and around.story in (None, transaction_id):
        return around.trace
    return traces.read_kept(kept) if kept else None


@contextmanager
def among(stories: Mapping[UUID, Trace]) -> Iterator[None]:
    """Do something for many transactions at a time, of which some have traces of their own."""
    token = traces.of_stories.set(stories)
    try:
        yield
    finally:
        traces.of_stories.reset(token)


def kept_for(transaction_id: UUID, *, begins: bool) -> str:
    """
    Return what is kept of the trace with a new event; empty if its transaction tells it.

    An event that `begins` its transaction belongs to the trace of the request that states it, if it
    is stated in one. Others go on with the trace of what they follow from.
    """
    around = traces.current.get()
    found = None
    if around is not None and not around.is_shared:
        is_same = around.story is None or (around.story == transaction_id and not begins)
        found = around.trace if is_same else None
    found = found or traces.of_stories.get().get(transaction_id)
    if found is None or (found.trace_id == transaction_id.hex and exporter() is None):
        return ""
    return found.kept


def _fresh() -> Trace:
    return Trace(new_id().hex, is_sampled=exporter() is not None)
