"""The two forms of lines: JSON in the Elastic Common Schema, and one to be read."""

import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO

import msgspec
from ecs_logging import StdlibFormatter

from billing.happenings import traces
from billing.happenings.context import Fields, Row, bound_fields, nested
from billing.happenings.faults import clean, told_of

ECS_VERSION = "9.4.0"
# A pipe takes so much in one piece, whoever else writes into it. Source: pipe(7), PIPE_BUF.
IN_ONE_PIECE = 4096
# What the library would take for fields of ours, of whatever some library adds to a record.
_STANDARD = tuple(logging.makeLogRecord({}).__dict__)
_NOT_OF_ROWS = ("log", "span", "http", "url")
_encode = msgspec.json.Encoder(enc_hook=str).encode


class EcsLines(StdlibFormatter):
    """
    One JSON object a line, in ECS.

    It bears what was bound on the way, the trace, and what the record itself tells; never what
    libraries add to their records, which may be anything: requests, arguments.
    """

    def __init__(self, *, service: Mapping[str, str]) -> None:
        """Say of which service the lines are: name, version, environment, node."""
        super().__init__(exclude_fields=["log.original", "log.origin", "process.thread", "error"])
        found = {f"service.{name}": value for name, value in service.items() if value}
        self._service = {
            **found,
            "event.dataset": f"{service['name']}.log",
            "host.name": socket.gethostname(),
        }

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; of many that are told at once, their lines."""
        head = self._head(record)
        rows = getattr(record, "rows", None)
        return _line(head) if rows is None else "\n".join(_lines_of(head, rows))

    def _head(self, record: logging.LogRecord) -> dict[str, Any]:
        plain = logging.makeLogRecord({name: record.__dict__.get(name) for name in _STANDARD})
        made = self.format_to_ecs(plain)
        own: Fields = getattr(record, "fields", {})
        told: dict[str, Any] = {**self._service, **bound_fields(), **_traced(own), **own}
        if error := (record.exc_info or (None, None))[1]:
            told = {**told_of(error), **told}
        level = made.get("log", {}).pop("level", record.levelname.lower())
        first = {
            "@timestamp": made.pop("@timestamp"),
            "log.level": level,
            "message": clean(made.pop("message")),
            "ecs.version": ECS_VERSION,
        }
        rest = {name: each for name, each in made.items() if name not in first}
        return {**first, **_merged(rest, nested(told))}


class ReadableLines(logging.Formatter):
    """A line as people read it: when, how grave, who says it, what, and of which request."""

    def __init__(self) -> None:
        """Take the form that the lines of the stack have."""
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; of many that are told at once, their lines."""
        rows = getattr(record, "rows", None)
        if rows is None:
            return super().format(record)
        return "\n".join(self._of(record, message) for message, _ in rows)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line before what is added of an exception."""
        asked = bound_fields().get("http.request.id")
        return super().formatMessage(record) + (f" [{asked}]" if asked else "")

    def _of(self, record: logging.LogRecord, message: str) -> str:
        one = logging.makeLogRecord({**record.__dict__, "msg": message, "args": ()})
        return super().format(one)


class WholeLines(logging.StreamHandler[TextIO]):
    """
    Writes whole lines to standard error, in pieces that come through a pipe undivided.

    Workers' children share one: a line amid another's could not be read.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; whatever goes wrong with that goes no further."""
        try:
            for piece in _pieces(self.format(record)):
                self.stream.write(piece)
                self.flush()
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)


def readable(line: Mapping[str, Any]) -> str:
    """Return a line of JSON as people read it, in the time of this machine."""
    at = datetime.fromisoformat(line["@timestamp"]).astimezone()
    when = f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03}"
    who = line.get("log", {}).get("logger", "anlass")
    asked = line.get("http", {}).get("request", {}).get("id", "")
    request = f" [{asked}]" if asked else ""
    trace = line.get("error", {}).get("stack_trace", "")
    said = f"{when} {str(line['log.level']).upper():7} {who}: {line['message']}{request}"
    return f"{said}\n{trace}".rstrip()


def _traced(own: Fields) -> Fields:
    """Return trace and span of what is done; of a line about another trace's event none."""
    around = traces.current.get()
    if around is None or own.get("trace.id", around.trace.trace_id) != around.trace.trace_id:
        return {}
    return {"trace.id": around.trace.trace_id, "span.id": around.trace.span_id}


def _merged(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> dict[str, Any]:
    """Return objects put into each other; what is inner goes before."""
    whole = {**outer}
    for name, value in inner.items():
        there = whole.get(name)
        both = isinstance(there, dict) and isinstance(value, dict)
        whole[name] = _merged(there, value) if both else value  # type: ignore[arg-type]
    return whole


def _lines_of(head: Mapping[str, Any], rows: Sequence[Row]) -> Iterator[str]:
    """
    Yield the lines of many that are told at once.

    What they share is encoded once: of hundreds, each takes some microseconds.
    """
    own = set().union(*(row.keys() for _, row in rows), _NOT_OF_ROWS, {"message"})
    shared = _line({name: value for name, value in head.items() if name not in own})
    both = {name: head[name] for name in own & head.keys() if isinstance(head[name], dict)}
    both = {name: value for name, value in both.items() if name not in _NOT_OF_ROWS}
    for message, row in rows:
        told: dict[str, Any] = {"message": message, **both, **row}
        for name in both.keys() & row.keys():
            told[name] = {**both[name], **row[name]}
        yield f"{shared[:-1]},{_line(told)[1:]}"


def _line(told: Mapping[str, Any]) -> str:
    return _encode(told).decode()


def _pieces(text: str) -> Iterator[str]:
    """Yield whole lines, as many together as come through a pipe in one piece."""
    piece, size = "", 0
    for line in text.split("\n"):
        own = len(line.encode("utf-8", "replace")) + 1
        if piece and size + own > IN_ONE_PIECE:
            yield piece
            piece, size = "", 0
        piece += f"{line}\n"
        size += own
    yield piece
