"""What the stack's processes and its database use while something is measured."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import psutil
from django.db import connection

# Marks the benchmark's own queries, which don't count; nor do checks of foreign keys.
POLL = "/* benchmark */"


@dataclass(frozen=True, slots=True)
class Reading:
    """Meters as they stood: seconds of processor time by part, bytes of WAL, statements."""

    cpu_seconds: Mapping[str, float]
    wal_bytes: int
    statements: int | None

    @classmethod
    def now(cls) -> Self:
        """Read the meters; statements are None where pg_stat_statements isn't loaded."""
        cpu = {part: _cpu_seconds(found) for part, found in processes().items()}
        with connection.cursor() as cursor:
            cursor.execute(f"{POLL} SELECT pg_current_wal_lsn() - '0/0'")
            wal_bytes = int(cursor.fetchone()[0])
        return cls(cpu, wal_bytes, _statements())

    def since(self, before: "Reading") -> "Reading":
        """Return what was used since an earlier reading."""
        cpu = {
            part: seconds - before.cpu_seconds.get(part, 0.0)
            for part, seconds in self.cpu_seconds.items()
        }
        asked = None
        if self.statements is not None and before.statements is not None:
            asked = self.statements - before.statements
        return Reading(cpu, self.wal_bytes - before.wal_bytes, asked)


def processes() -> dict[str, list[psutil.Process]]:
    """Return the stack's processes by part: workers, scheduler, relay, web, postgres, broker."""
    port = str(urlsplit(os.environ["BROKER_URL"]).port)
    found: dict[str, list[psutil.Process]] = {"postgres": database_processes()}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            environ, command = process.environ(), " ".join(process.cmdline())
            if environ.get("GATEWAY_PORT") == port:
                found.setdefault("broker", []).append(process)
            elif environ.get("DATABASE_URL") == os.environ["DATABASE_URL"]:
                for mark, part in _PARTS.items():
                    if mark in command:
                        found.setdefault(part, []).append(process)
    return found


def database_processes() -> list[psutil.Process]:
    """Return the database's processes."""
    with connection.cursor() as cursor:
        cursor.execute(f"{POLL} SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0]).parent()
    assert server
    return [server, *server.children()]


def largest_mib(watched: list[psutil.Process]) -> float:
    """Return the resident memory of the largest of the processes that still run."""
    sizes = [0]
    for process in watched:
        with contextlib.suppress(psutil.Error):
            sizes.append(process.memory_info().rss)
    return max(sizes) / 2**20


_PARTS = {
    " worker ": "workers",
    "manage.py scheduler": "scheduler",
    "manage.py relay": "relay",
    "gunicorn": "web",
}


def _cpu_seconds(found: list[psutil.Process]) -> float:
    """Return the time of processors that they and their ended children have used."""
    total = 0.0
    for process in found:
        with contextlib.suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def counts_statements() -> bool:
    """Return whether the database keeps an account of its statements."""
    with connection.cursor() as cursor:
        cursor.execute(f"{POLL} SHOW shared_preload_libraries")
        return "pg_stat_statements" in cursor.fetchone()[0]


def forget_statements() -> None:
    """Begin the account of statements anew, where it is kept."""
    if counts_statements():
        with connection.cursor() as cursor:
            cursor.execute(f"{POLL} CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            cursor.execute(f"{POLL} SELECT pg_stat_statements_reset()")


def _statements() -> int | None:
    if not counts_statements():
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            f"{POLL} SELECT coalesce(sum(calls), 0) FROM pg_stat_statements"
            f" WHERE query NOT LIKE '%{POLL}%' AND query NOT LIKE '%FROM ONLY%FOR KEY SHARE%'"
            " AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return int(cursor.fetchone()[0])
