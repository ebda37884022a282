"""Reads of billing runs: how far they are, and what a run would bill."""

from invoices.runs.queries.dry_runs import DryRun, dry_run, next_document
from invoices.runs.queries.progress import (
    Progress,
    events_of,
    open_failures,
    progress,
    running,
    still_failing,
    together,
    waiting_until,
)

__all__ = [
    "DryRun",
    "Progress",
    "dry_run",
    "events_of",
    "next_document",
    "open_failures",
    "progress",
    "running",
    "still_failing",
    "together",
    "waiting_until",
]
