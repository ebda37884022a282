"""Writes of billing runs: what is due, appended; runs finished; what waits, billed here."""

from invoices.runs.commands.append import append_runs, finish_runs
from invoices.runs.commands.here import bill_here

__all__ = ["append_runs", "bill_here", "finish_runs"]
