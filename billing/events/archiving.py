"""Archiving: old tries are written into files, and only then leave the database."""

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from django.core.files import File
from django.db import connection, transaction

from billing.events.archived import COLUMNS, archive_storage, attempts_in
from billing.events.models import AttemptArchive, Event

EVENTS_IN_A_FILE = 50_000
KEPT_AT_LEAST = timedelta(days=31)


class TooYoung(Exception):
    """Tries of the latest month stay: they may still be asked for, and events still come late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Why no more is archived: the first event that isn't settled, if one is in the way."""

    event: Event | None


_ROWS = """
FROM billing_event e JOIN billing_attempt a ON a.event_id = e.id
WHERE e.seller_id = %s AND e.position > %s AND e.position <= %s
"""
_LET_GO = (
    "WITH gone AS (SELECT a.id {}) DELETE FROM billing_attempt WHERE id IN (SELECT id FROM gone)"
)


def archive_next(
    *, seller_id: UUID, before: datetime, at: datetime, events: int = EVENTS_IN_A_FILE
) -> AttemptArchive | Stopped:
    """
    Move the tries of the next stretch of a seller's log into a file; or say why there is none.

    A stretch ends before the first event that was recorded at `before` or later, or isn't settled.
    The file is stored and read back before the rows go, in one transaction with the row that tells
    of it: a crash leaves a file that nothing names, never a try that stands nowhere.

    :raises TooYoung: if `before` lies in the latest month.
    """
    if before > at - KEPT_AT_LEAST:
        latest = (at - KEPT_AT_LEAST).date()
        raise TooYoung(
            f"Tries of the latest {KEPT_AT_LEAST.days} days stay in the database:"
            f" give {latest} or an earlier day."
        )
    with transaction.atomic(), connection.cursor() as cursor:
        key = f"attempt_archive:{seller_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        after = _reached(seller_id)
        until, barrier = _stretch(seller_id, after=after, before=before, events=events)
        if until is None:
            return Stopped(event=barrier)
        archive = _stored(seller_id, after=after, until=until, at=at)
        if sum(1 for _ in attempts_in(archive)) != archive.attempts:
            raise AssertionError(f"{archive} doesn't hold the {archive.attempts} tries")
        archive.save(force_insert=True)
        cursor.execute(_LET_GO.format(_ROWS), [seller_id, after, until])
        return archive


def _reached(seller_id: UUID) -> int:
    mine = AttemptArchive.objects.filter(seller=seller_id).order_by("-after_position")
    return mine.values_list("until_position", flat=True).first() or 0


def _stretch(
    seller_id: UUID, *, after: int, before: datetime, events: int
) -> tuple[int | None, Event | None]:
    """Return where the next stretch ends, if there is one; else the event that is in the way."""
    following = Event.objects.filter(seller=seller_id, position__gt=after).order_by("position")
    unsettled = (Event.State.WAITING, Event.State.FAILED)
    until: int | None = None
    for event in following.only("position", "state", "recorded_at", "type")[:events].iterator():
        if event.recorded_at >= before:
            break
        if event.state in unsettled:
            return until, event
        until = event.position
    return until, None


def _stored(seller_id: UUID, *, after: int, until: int, at: datetime) -> AttemptArchive:
    with TemporaryFile() as packed:
        count = _packed(packed, (seller_id, after, until))
        packed.seek(0)
        sha256 = hashlib.file_digest(packed, "sha256").hexdigest()
        packed.seek(0)
        name = f"attempts/{seller_id}/{after + 1}-{until}-{sha256[:16]}.csv.gz"
        storage = archive_storage()
        if not storage.exists(name):  # Else it was stored before a crash, and is read back.
            name = storage.save(name, File(packed))
    return AttemptArchive(
        seller_id=seller_id, after_position=after, until_position=until, attempts=count,
        storage_name=name, sha256=sha256, created_at=at,
    )  # fmt: skip


def _packed(into: IO[bytes], stretch: Sequence[UUID | int]) -> int:
    """Write the tries of a stretch as compressed CSV, and return how many there are."""
    columns = ", ".join(f"a.{column}" for column in COLUMNS)
    query = (
        f"COPY (SELECT {columns} {_ROWS} ORDER BY e.position, a.id) TO STDOUT (FORMAT csv, HEADER)"
    )
    with (
        gzip.GzipFile(fileobj=into, mode="wb", mtime=0, filename="") as file,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'")
        with cursor.copy(query, stretch) as copy:
            for part in copy:
                file.write(part)
        cursor.execute(f"SELECT count(*) {_ROWS}", stretch)
        return int(cursor.fetchone()[0])
