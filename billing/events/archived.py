"""Reads of archives: the tries that the database let go, as their files have them."""

import csv
import gzip
import hashlib
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import Storage, storages
from django.db.models import QuerySet

from billing.copying import unsaved
from billing.events.models import Attempt, AttemptArchive, Event

COLUMNS = ("id", "event_id", "seller_id", "task", "worker", "started_at", "ended_at", "outcome",
           "error_class")  # fmt: skip
_AT_ONCE = 1 << 16
_FAULTS = (OSError, EOFError, ValueError, LookupError, BotoCoreError, ClientError)


class ArchiveUnreadable(Exception):
    """A file of archived tries is gone, can't be reached, or isn't what was written."""


def archive_storage() -> Storage:
    """Return where the files lie: with the documents."""
    return storages["documents"]


def attempts_in(archive: AttemptArchive) -> Iterator[Attempt]:
    """
    Yield the tries of a file, in the order of the log, once the whole file is proven by its hash.

    :raises ArchiveUnreadable: if it can't be read, or holds other bytes than were written.
    """
    try:
        with archive_storage().open(archive.storage_name) as file:
            digest = hashlib.sha256()
            while part := file.read(_AT_ONCE):
                digest.update(part)
            if digest.hexdigest() != archive.sha256:
                raise ArchiveUnreadable(
                    f"{archive.storage_name} isn't what was written: its SHA-256 should be"
                    f" {archive.sha256}. Restore the file from a copy."
                )
            file.seek(0)
            with (
                gzip.open(file) as unpacked,
                io.TextIOWrapper(unpacked, "utf-8", newline="") as text,
            ):
                yield from map(_attempt, csv.DictReader(text))
    except _FAULTS as fault:
        raise ArchiveUnreadable(
            f"{archive.storage_name} can't be read: {type(fault).__name__}: {fault}"
        ) from fault


def archived_of(seller_id: UUID, events: QuerySet[Event]) -> Iterator[Attempt]:
    """
    Yield the archived tries of some events of a seller, file by file, in the order of the log.

    :raises ArchiveUnreadable: if a file of them can't be read.
    """
    archives = AttemptArchive.objects.filter(seller=seller_id).order_by("after_position")
    for archive in archives:
        stretch = (archive.after_position + 1, archive.until_position)
        within = events.filter(position__range=stretch)
        if ids := set(within.values_list("pk", flat=True)):
            yield from (each for each in attempts_in(archive) if each.event_id in ids)


def archived_attempts(events: Sequence[Event]) -> list[Attempt]:
    """
    Return the archived tries of some events of one seller, each with its event.

    :raises ArchiveUnreadable: if a file of them can't be read.
    """
    if not events:
        return []
    positions = {event.position for event in events}
    reaching = AttemptArchive.objects.filter(
        seller=events[0].seller_id,
        after_position__lt=max(positions),
        until_position__gte=min(positions),
    )
    by_id, found = {event.pk: event for event in events}, []
    for archive in reaching.order_by("after_position"):
        if any(archive.after_position < each <= archive.until_position for each in positions):
            found += [each for each in attempts_in(archive) if each.event_id in by_id]
    for attempt in found:
        attempt.event = by_id[attempt.event_id]
    return found


def _attempt(row: dict[str, str]) -> Attempt:
    return unsaved(
        Attempt,
        id=int(row["id"]),
        event_id=UUID(row["event_id"]),
        seller_id=UUID(row["seller_id"]),
        task=row["task"],
        worker=row["worker"],
        started_at=datetime.fromisoformat(row["started_at"]),
        ended_at=datetime.fromisoformat(row["ended_at"]),
        outcome=row["outcome"],
        error_class=row["error_class"],
    )
