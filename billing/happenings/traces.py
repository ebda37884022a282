"""
Which trace something belongs to, and by which span. Source: W3C Trace Context.

A trace that no caller began has the id of its transaction: a UUIDv7 is a valid trace id.
"""

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from uuid import UUID

TRACEPARENT, TRACESTATE = "traceparent", "tracestate"
STATE_AT_MOST = 512  # Characters that are passed on. Source: W3C Trace Context, 3.3.1.5.
_PARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?",
    re.ASCII,
)
_STATE = re.compile(r"[\x20-\x7e\t]*")
_INVALID_VERSION, _KNOWN_VERSION = "ff", "00"
_SAMPLED = 0x01


@dataclass(frozen=True, slots=True)
class Trace:
    """
    A span in its trace: what a `traceparent` names.

    Without a `span_id` it is only known which trace it is: what comes first in it has no parent.
    """

    trace_id: str
    span_id: str = ""
    is_sampled: bool = False
    state: str = ""

    @property
    def traceparent(self) -> str:
        """The header of that name."""
        return f"{_KNOWN_VERSION}-{self.trace_id}-{self.span_id}-{int(self.is_sampled):02x}"

    @property
    def headers(self) -> dict[str, str]:
        """The headers that pass it on."""
        state = {TRACESTATE: self.state} if self.state else {}
        return {TRACEPARENT: self.traceparent, **state}

    @property
    def kept(self) -> str:
        """As it is kept with an event: `traceparent`, a space and `tracestate`, if there is one."""
        return f"{self.traceparent} {self.state}".rstrip()

    def child(self) -> "Trace":
        """Return a new span of the same trace."""
        return replace(self, span_id=new_span_id())


@dataclass(frozen=True, slots=True)
class Current:
    """
    Under which span something is done now.

    `story` is the transaction that it is done for; None of a request, whose transactions are yet to
    begin. What is done for many at a time (`is_shared`) lends its span to none of them.
    """

    trace: Trace
    story: UUID | None = None
    is_shared: bool = False
    is_ours: bool = False  # No caller named the trace.


current: ContextVar[Current | None] = ContextVar("current", default=None)
# Of what is done for many at a time: the traces of those transactions that have one of their own.
of_stories: ContextVar[Mapping[UUID, Trace]] = ContextVar("of_stories", default={})  # noqa: B039


def new_span_id() -> str:
    """Return the id of a new span: 16 hex digits, not all zero."""
    return f"{secrets.randbits(64) or 1:016x}"


def read(traceparent: str, tracestate: str = "") -> Trace | None:
    """Return what a caller says of its trace; None if that is nothing, or not valid."""
    found = _PARENT.fullmatch(traceparent.strip())
    if found is None or found["version"] == _INVALID_VERSION:
        return None
    if found["version"] == _KNOWN_VERSION and found["more"]:
        return None
    if not int(found["trace"], 16) or not int(found["span"], 16):
        return None
    keeps = len(tracestate) <= STATE_AT_MOST and _STATE.fullmatch(tracestate)
    is_sampled = bool(int(found["flags"], 16) & _SAMPLED)
    return Trace(found["trace"], found["span"], is_sampled, tracestate.strip() if keeps else "")


def read_kept(kept: str) -> Trace | None:
    """Return the trace that was kept with an event; None if it has that of its transaction."""
    traceparent, _, tracestate = kept.partition(" ")
    return read(traceparent, tracestate)


def of_transaction(transaction_id: UUID, kept: str = "") -> Trace:
    """Return the trace of a transaction's event: what was kept with it, else its transaction's."""
    return (read_kept(kept) if kept else None) or Trace(transaction_id.hex)
