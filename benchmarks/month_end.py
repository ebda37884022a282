"""
Month end from end to end: contracts due, scheduler, SQS, workers, invoices committed.

The rate runs from the first event appended to the last invoice committed, by the database's times
of commit. It is the whole engine with its default durability; the counts are asserted.
"""

import time
from dataclasses import dataclass

import psutil
from django.db import connection
from django.utils import timezone

from benchmarks import meters
from benchmarks.contracts import GROSS_MINOR, NET_MINOR, Built, build_contracts, release
from billing.contracts.events import PERIOD_ENDED
from billing.events.loop import Every
from billing.events.models import Event, Failure
from invoices.issuing.models import Charge

STUCK_AFTER_SECONDS = 120.0
LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEnd:
    """
    Seconds, and what an invoice costs: statements, bytes of WAL, microseconds of processor time.

    Python's time is that of workers, scheduler and relay. Statements include BEGIN and COMMIT.
    """

    contracts: int
    billed_before: bool
    build_s: float
    seconds: float
    invoices_per_s: float
    queries_per_invoice: float | None
    wal_bytes_per_invoice: float
    python_cpu_us_per_invoice: float
    postgres_cpu_us_per_invoice: float
    broker_cpu_us_per_invoice: float
    worker_peak_rss_mib: float


def measure(*, contracts: int, billed_before: bool = False) -> MonthEnd:
    """Build contracts that are due, let the stack bill them, and check what came of it."""
    started = time.monotonic()
    built = build_contracts(count=contracts, at=timezone.now(), billed_before=billed_before)
    settle()
    build_s = time.monotonic() - started
    meters.forget_statements()
    before = meters.Reading.now()
    peak_mib = _bill(built)
    used = meters.Reading.now().since(before)
    seconds = _seconds(built)
    _check(built)
    cpu = {part: spent / contracts * 1e6 for part, spent in used.cpu_seconds.items()}
    return MonthEnd(
        contracts=contracts,
        billed_before=billed_before,
        build_s=build_s,
        seconds=seconds,
        invoices_per_s=contracts / seconds,
        queries_per_invoice=used.statements / contracts if used.statements is not None else None,
        wal_bytes_per_invoice=used.wal_bytes / contracts,
        python_cpu_us_per_invoice=sum(cpu.get(p, 0) for p in ("workers", "scheduler", "relay")),
        postgres_cpu_us_per_invoice=cpu["postgres"],
        broker_cpu_us_per_invoice=cpu.get("broker", 0.0),
        worker_peak_rss_mib=peak_mib,
    )


def settle() -> None:
    """Do what the database would do in a quiet hour: vacuum, statistics, checkpoint."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _bill(built: Built) -> float:
    """Let the contracts be billed; return the memory of the largest worker process, in MiB."""
    release(built)
    watched, peak_mib, latest = _Watched(), 0.0, -1
    moved_at = time.monotonic()
    while (issued := issued_by_run(built)) < built.contracts:
        if issued != latest:
            latest, moved_at = issued, time.monotonic()
        elif time.monotonic() - moved_at > STUCK_AFTER_SECONDS:
            raise TimeoutError(f"{issued:,} of {built.contracts:,} invoices, and no more come.")
        peak_mib = max(peak_mib, watched.largest_mib())
        time.sleep(0.5)
    return peak_mib


class _Watched:
    """The workers' processes; looked for now and then, since a pool replaces its children."""

    def __init__(self) -> None:
        self._turn = Every(5)
        self._workers: list[psutil.Process] = []

    def largest_mib(self) -> float:
        if self._turn.is_over():
            self._workers = meters.processes().get("workers", [])
        return meters.largest_mib(self._workers)


def issued_by_run(built: Built) -> int:
    """Return how many invoices the due day has made, by the counters of their series."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{meters.POLL} SELECT coalesce(sum(latest_sequence), 0) FROM invoices_numberseries"
            " WHERE seller_id = %s AND kind = 'invoice'",
            [built.seller.pk],
        )
        return int(cursor.fetchone()[0]) - (built.contracts if built.billed_before else 0)


def _seconds(built: Built) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            f"{meters.POLL} SELECT extract(epoch FROM max(pg_xact_commit_timestamp(i.xmin))"
            " - min(e.recorded_at)) FROM billing_event e JOIN invoices_invoice i"
            " ON i.event_id = e.id WHERE e.seller_id = %s AND e.type = %s",
            [built.seller.pk, PERIOD_ENDED],
        )
        return float(cursor.fetchone()[0])


def _check(built: Built) -> None:
    """Check that as many invoices came as contracts are due, numbered without a gap, and right."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{meters.POLL} SELECT count(*), count(DISTINCT i.contract_id),"
            " max(i.sequence) - min(i.sequence) + 1, sum(i.net_minor), sum(i.gross_minor)"
            " FROM invoices_invoice i JOIN billing_event e ON e.id = i.event_id"
            " WHERE i.seller_id = %s AND e.type = %s",
            [built.seller.pk, PERIOD_ENDED],
        )
        found = tuple(int(each) for each in cursor.fetchone())
    n = built.contracts
    assert found == (n, n, n, n * NET_MINOR, n * GROSS_MINOR), found
    lines = Charge.objects.filter(seller=built.seller, event__type=PERIOD_ENDED).count()
    assert lines == n * LINES, lines
    mine = Event.objects.filter(seller=built.seller, type=PERIOD_ENDED)
    assert mine.filter(state=Event.State.HANDLED).count() == n
    assert not Failure.objects.filter(seller=built.seller).exists()
