"""Reads of billing runs: how far they are, and what a run would bill."""

from invoices.runs.queries.dry_runs import DryRun, dry_run
from invoices.runs.queries.progress import (
    Progress,
    open_failures,
    progress,
    running,
    together,
    waiting_until,
)

__all__ = [
    "DryRun",
    "Progress",
    "dry_run",
    "open_failures",
    "progress",
    "running",
    "together",
    "waiting_until",
]
