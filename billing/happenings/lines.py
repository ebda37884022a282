"""
Lines of the log: each tells of one happening, in plain English, with fields to search by.

Fields are those of the Elastic Common Schema, and our own under `anlass`: see `fields`.
"""

import logging
import time
from collections.abc import Sequence
from enum import Enum

from billing.happenings.context import Fields, Row, Value

logger = logging.getLogger("anlass")


class Action(Enum):
    """What happens: `event.action`, with its category and type in the schema."""

    REQUEST_ANSWERED = "request.answered", "web", "access"
    EVENT_APPENDED = "event.appended", "database", "change"
    EVENT_SENT = "event.sent", "network", "connection"
    EVENT_HANDLED = "event.handled", "process", "end"
    CHUNK_HANDLED = "chunk.handled", "process", "end"
    TASK_RUN = "task.run", "process", "end"
    INVOICE_ISSUED = "invoice.issued", "database", "change"
    DOCUMENTS_RENDERED = "documents.rendered", "file", "creation"
    EMAIL_TRIED = "email.tried", "email", "info"
    WEBHOOK_TRIED = "webhook.tried", "network", "connection"
    DOWNLOAD_OFFERED = "download.tried", "web", "info"
    FAILURE_OPENED = "failure.opened", "process", "info"
    FAILURE_CLOSED = "failure.closed", "process", "info"
    DEAD_LETTER_BURIED = "dead_letter.buried", "process", "info"
    RUN_BEGUN = "billing_run.begun", "process", "start"
    RUN_ENDED = "billing_run.ended", "process", "end"
    STAFF_SIGNED_IN = "staff.signed_in", "authentication", "start"
    STAFF_SIGNED_OUT = "staff.signed_out", "authentication", "end"
    STAFF_REFUSED = "staff.sign_in_refused", "authentication", "start"
    COMMAND_RUN = "command.run", "process", "end"

    @property
    def fields(self) -> dict[str, Value]:
        """What a line of it says of the kind of happening."""
        action, category, kind = self.value
        return {
            "event.kind": "event",
            "event.action": action,
            "event.category": [category],
            "event.type": [kind],
        }


class Outcome(Enum):
    """How it ended: `event.outcome`."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


class Stopwatch:
    """Tells how long something has taken."""

    def __init__(self) -> None:
        """Start."""
        self._started = time.perf_counter_ns()

    @property
    def fields(self) -> dict[str, Value]:
        """The field of the duration, in nanoseconds."""
        return {"event.duration": time.perf_counter_ns() - self._started}


def tell(
    action: Action,
    message: str,
    fields: Fields,
    *,
    outcome: Outcome = Outcome.SUCCESS,
    level: int = logging.INFO,
    error: BaseException | None = None,
) -> None:
    """Write one line, beside what is bound where it is told."""
    if not logger.isEnabledFor(level):
        return
    told = {**action.fields, "event.outcome": outcome.value, **fields}
    logger.log(level, "%s", message, exc_info=error, extra={"fields": told})


def tell_each(action: Action, rows: Sequence[Row]) -> None:
    """Write a short line for each of many, in one call: message, and what differs."""
    if rows and logger.isEnabledFor(logging.INFO):
        told = {**action.fields, "event.outcome": Outcome.SUCCESS.value}
        logger.info("%d times %s", len(rows), action.value[0], extra={"fields": told, "rows": rows})
