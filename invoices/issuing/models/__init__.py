"""What was charged, and the documents that demand it."""

from invoices.issuing.models.charges import Charge
from invoices.issuing.models.holds import Hold, HoldDecision, HoldRule
from invoices.issuing.models.invoices import CORRECTION_KINDS, KINDS, Invoice, NumberSeries

__all__ = [
    "CORRECTION_KINDS",
    "KINDS",
    "Charge",
    "Hold",
    "HoldDecision",
    "HoldRule",
    "Invoice",
    "NumberSeries",
]
