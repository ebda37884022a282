"""Writes of issuing: `bill` is the hot path of the whole engine."""

from invoices.issuing.commands.bill import bill

__all__ = ["bill"]
