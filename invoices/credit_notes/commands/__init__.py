"""Writes of credit notes: a correction is ordered by someone, and issued by a worker."""

from invoices.credit_notes.commands.credit import credit
from invoices.credit_notes.commands.order import checked_correction, order_correction

__all__ = ["checked_correction", "credit", "order_correction"]
