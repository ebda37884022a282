"""Where reading of what is due goes on, so that nothing is read again while it waits."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from billing.contracts.queries import DueKind, Reading
from billing.events.bulk import Reached
from billing.sellers.models import Seller
from invoices.runs.models import BillingRun
from invoices.runs.queries.progress import running

# What a run read already is read again while it runs after so long only. It finds nothing, unless
# rows came into the database past the engine.
READ_AGAIN_AFTER = timedelta(minutes=15)


def next_reading(seller: Seller, kind: DueKind, *, until: date, at: datetime) -> Reading | None:
    """
    Return from where on is to be read what is due by a day; None if all of it is known to wait.

    A run that was broken off goes on first. While runs aren't finished, only days after theirs are
    read; once nothing waits, all are: what is due then are the few that failed, and what is new.
    """
    runs = list(running().filter(seller=seller, kind=kind).order_by("day"))
    for run in runs:
        if run.reading:
            return as_reading(run)
    waiting = [run.day for run in runs if run.read_at and at - run.read_at < READ_AGAIN_AFTER]
    if not waiting:
        return Reading(until)
    latest = max(waiting)
    return Reading(until, after=latest) if latest < until else None


def as_reading(run: BillingRun) -> Reading | None:
    """Return where reading what a run is of goes on; None if all was read."""
    if not run.reading:
        return None
    kept = run.reading
    reached = Reached(date.fromisoformat(kept["day"]), UUID(kept["key"])) if kept["key"] else None
    return Reading(run.day, date.fromisoformat(kept["after"]), kept["query"], reached)


def as_stored(reading: Reading | None) -> dict[str, Any] | None:
    """Return where reading goes on as a run keeps it."""
    if reading is None:
        return None
    return {
        "after": str(reading.after),
        "query": reading.query,
        "day": str(reading.reached.day) if reading.reached else None,
        "key": str(reading.reached.key) if reading.reached else None,
    }
