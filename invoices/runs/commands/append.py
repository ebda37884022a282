"""What is due, appended as billing runs: each seller's day a row with its figures."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max

from billing.contracts.commands import append_chunk, due_by
from billing.contracts.queries import DueKind, Reading, is_anything_due
from billing.events import log
from billing.events.happened import tell_committed
from billing.happenings.context import Fields
from billing.happenings.lines import Action
from billing.sellers.models import Seller
from invoices.runs.events import run_finished
from invoices.runs.models import BillingRun
from invoices.runs.queries.progress import (
    count_progress,
    is_counted_live,
    running,
    waits,
)
from invoices.runs.queries.reading import as_reading, as_stored, next_reading

# A process that is frozen amid a chunk holds the others up for so long at most.
LET_GO_AFTER = "10s"
# How far a run is, is noted so often: counting a million events that wait takes a second.
COUNTED_AGAIN_AFTER = timedelta(seconds=8)


def append_runs(
    seller: Seller,
    kind: DueKind,
    /,
    *,
    at: datetime,
    until: date | None = None,
    keep: Callable[[], None] = lambda: None,
) -> int:
    """
    Append what is due to a seller by now, and return how many events were new.

    They belong to the run of the day, which is made if there is something. `until` is an earlier
    day, if only what is due by that is meant. `keep` is called before each chunk. It can be killed
    at any point, and done by two processes at once: it goes on where it was, and appends an event
    once.
    """
    latest = due_by(seller, kind, at=at)
    finish_runs(at=at, seller=seller, kind=kind)
    reading = next_reading(seller, kind, until=min(until or latest, latest), at=at)
    if reading and reading.is_new and not is_anything_due(seller, kind, reading=reading, at=at):
        return 0  # Most turns of most sellers: nothing is locked for them.
    appended = 0
    while reading:
        keep()
        with transaction.atomic():
            count, reading = _append_next(seller, kind, reading, at=at)
        appended += count
    return appended


def finish_runs(
    *, at: datetime, seller: Seller | None = None, kind: DueKind | None = None
) -> list[BillingRun]:
    """
    Note of runs of which nothing waits any more that they are finished; return them.

    Of the others it is noted how far they are, so that who looks need not count.
    """
    runs = running()
    if seller:
        runs = runs.filter(seller=seller)
    if kind:
        runs = runs.filter(kind=kind)
    finished: list[BillingRun] = []
    for run in runs:
        if run.is_appending or waits(run):
            _note_progress(run, at=at)
        elif _finish(run, at=at):
            finished.append(run)
    return finished


def _note_progress(run: BillingRun, *, at: datetime) -> None:
    is_recent = run.counted_at and at - run.counted_at < COUNTED_AGAIN_AFTER
    if is_recent or is_counted_live(run):
        return
    counted = count_progress(run, at=at)
    # It may have been finished, or begun anew, in the meantime.
    BillingRun.objects.filter(
        pk=run.pk, finished_at=None, total=run.total, counted_at=run.counted_at
    ).update(done=counted.done, failed=counted.failed, counted_at=at)


@transaction.atomic
def _finish(run: BillingRun, *, at: datetime) -> bool:
    _alone(run.seller_id, run.kind)
    run.refresh_from_db()
    if run.is_appending or run.finished_at or waits(run):
        return False
    counted = count_progress(run, at=at)
    run.done, run.failed = counted.total - counted.failed, counted.failed
    run.finished_at = run.counted_at = max(at, run.started_at)
    run.save(update_fields=["done", "failed", "finished_at", "counted_at"])
    log.append([run_finished(run)], at=run.finished_at)
    more: Fields = {
        "anlass.count": run.total,
        "anlass.count_failed": run.failed,
        "event.duration": (run.finished_at - run.started_at) // timedelta(microseconds=1) * 1000,
    }
    _tell(Action.RUN_ENDED, run, f"{run.total} events were due, {run.failed} failed", more)
    return True


def _append_next(
    seller: Seller, kind: DueKind, reading: Reading, *, at: datetime
) -> tuple[int, Reading | None]:
    _alone(seller.pk, kind)
    run = BillingRun.objects.filter(seller=seller, kind=kind, day=reading.until).first()
    # Another process may have read on in the meantime.
    reading = (run and as_reading(run)) or reading
    run = run or BillingRun(
        seller=seller,
        kind=kind,
        day=reading.until,
        started_at=_start(seller, kind, at=at),
        total=0,
    )
    count, following = append_chunk(
        seller, kind, reading=reading, occurred_at=run.started_at, at=at
    )
    run.total += count
    if not run.total:
        return 0, following  # Nothing was due so far: no run of it.
    if count or run.finished_at is None:
        if run.finished_at:
            run.done = run.failed = run.counted_at = run.finished_at = None
        run.is_appending, run.reading = following is not None, as_stored(following)
        run.read_at = run.read_at if following else at
        if run._state.adding:
            _tell(Action.RUN_BEGUN, run, f"{count} events are due so far", {"anlass.count": count})
        run.save()
    return count, following


def _tell(action: Action, run: BillingRun, figures: str, more: Fields) -> None:
    whose: Fields = {
        "anlass.seller_id": str(run.seller_id),
        "anlass.run.id": str(run.pk),
        "anlass.run.kind": run.kind,
    }
    what = "begun" if action is Action.RUN_BEGUN else "finished"
    message = f"The run of {run.kind} of {run.day} was {what}: {figures}"
    tell_committed(action, message, {**whose, **more})


def _start(seller: Seller, kind: DueKind, *, at: datetime) -> datetime:
    """Return an instant by which a run's events can be told from those of all before it."""
    before = BillingRun.objects.filter(seller=seller, kind=kind)
    latest: datetime | None = before.aggregate(latest=Max("started_at"))["latest"]
    return at if latest is None else max(at, latest + timedelta(microseconds=1))


def _alone(seller_id: object, kind: str) -> None:
    """Wait until no other process is at a seller's runs of a kind, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, true),"
            " pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [LET_GO_AFTER, f"billing run {kind} {seller_id}"],
        )
