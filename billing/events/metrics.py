"""Figures of the log, for Prometheus: counted where it is written, once that is committed."""

from collections import Counter as Counts
from collections.abc import Iterable

from prometheus_client import Counter

from billing.events.commits import after_commit

EVENTS = Counter(
    "anlass_events", "Events by what became of them; all begin as appended.", ["type", "outcome"]
)
APPENDED = "appended"
ATTEMPTS = Counter("anlass_attempts", "Tries of workers to act on events.", ["task", "outcome"])
FAILURES = Counter("anlass_failures_opened", "Failures put before a human.", ["class"])


def note_events(types: Iterable[str], outcome: str) -> None:
    """Count what became of events, by their types."""
    note_counted(Counts(types), outcome)


def note_counted(types: Counts[str], outcome: str) -> None:
    """Count as `note_events`, so many of each type."""

    def count() -> None:
        for event_type, number in types.items():
            EVENTS.labels(event_type, outcome).inc(number)

    if types.total():
        after_commit(count)


def note_attempts(tasks: Counts[str], outcome: str) -> None:
    """Count tries, so many of each task."""

    def count() -> None:
        for task, number in tasks.items():
            ATTEMPTS.labels(task, outcome).inc(number)

    after_commit(count)


def note_failure(code: str) -> None:
    """Count a failure, by its class."""
    after_commit(lambda: FAILURES.labels(code).inc())
