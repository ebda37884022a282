"""Archived tries: their files are whole, and prove of each event what the database did before."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from billing.events import dispatch
from billing.events.archived import ArchiveUnreadable, attempts_in
from billing.events.models import Attempt, AttemptArchive, Event
from invoices.proving.queries.checks.books import Books, Check, Problem, sql_check

_CHECK = "archives_prove"
_SETTLED = (Event.State.NOTED, Event.State.HANDLED, Event.State.WRITTEN_OFF)

_STILL_THERE = """
SELECT e.seller_id, 'event ' || e.id, format('%%s was tried after its tries were archived', e.type)
FROM (SELECT seller_id, max(until_position) AS until_position FROM billing_attemptarchive
      WHERE seller_id = ANY(%(sellers)s) GROUP BY seller_id) f
JOIN billing_event e ON e.seller_id = f.seller_id AND e.position <= f.until_position
JOIN billing_attempt a ON a.event_id = e.id
"""


def _proven(books: Books) -> Iterator[Problem]:
    """Read one file after the other; what is held meanwhile are the successes of one."""
    reached: dict[UUID, int] = {}
    archives = AttemptArchive.objects.filter(seller__in=books.names)
    for archive in archives.order_by("seller", "after_position"):
        for subject, message in _wrong(archive, reached.get(archive.seller_id, 0)):
            yield books.problem(_CHECK, archive.seller_id, subject, message)
        reached[archive.seller_id] = archive.until_position
        books.heard(archive.attempts)


def _wrong(archive: AttemptArchive, reached: int) -> Iterator[tuple[str, str]]:
    named = f"archive {archive.storage_name}"
    if archive.after_position != reached:
        yield named, f"begins after position {archive.after_position}, not after {reached}"
    try:
        count, successes = _read(archive)
    except ArchiveUnreadable as unreadable:
        yield named, str(unreadable)
        return
    if count != archive.attempts:
        yield named, f"holds {count} tries, not {archive.attempts}"
    yield from _compared(archive, successes)


def _read(archive: AttemptArchive) -> tuple[int, dict[UUID, Counter[str]]]:
    """Return how many tries a file holds, and how often each task succeeded for each event."""
    count, successes = 0, dict[UUID, Counter[str]]()
    for count, attempt in enumerate(attempts_in(archive), 1):  # noqa: B007  Counts to the last.
        tasks = successes.setdefault(attempt.event_id, Counter())
        if attempt.outcome == Attempt.Outcome.SUCCEEDED:
            tasks[attempt.task] += 1
    return count, successes


def _compared(
    archive: AttemptArchive, successes: dict[UUID, Counter[str]]
) -> Iterator[tuple[str, str]]:
    """Yield what the log says otherwise than the file: each way, event by event."""
    events = Event.objects.filter(
        seller=archive.seller_id,
        position__gt=archive.after_position,
        position__lte=archive.until_position,
    ).order_by("position")
    for event_id, kind, state in events.values_list("id", "type", "state").iterator():
        tasks = successes.pop(event_id, Counter())
        subject = f"event {event_id}"
        if state not in _SETTLED:
            yield subject, f"{kind} is {state}, although its tries are archived"
        if state == Event.State.HANDLED:
            for task in dispatch.tasks_of(kind):
                if tasks[task] != 1:
                    yield subject, f"{kind} is handled, but {task} succeeded {tasks[task]} times"
        elif state == Event.State.NOTED and tasks:
            yield subject, f"{kind} is noted, although {', '.join(tasks)} succeeded"
    for event_id in successes:
        yield f"event {event_id}", f"is tried in {archive.storage_name}, but isn't in its stretch"


CHECKS = (
    Check(
        name=_CHECK,
        says="archived tries prove that each event succeeded exactly once per task",
        of="events",
        find=_proven,
    ),
    sql_check(
        name="archived_is_settled",
        says="what is archived is tried no more",
        of="events",
        sql=_STILL_THERE,
    ),
)
