"""What was charged, and the documents that demand it."""

from invoices.issuing.models.charges import Charge
from invoices.issuing.models.invoices import CORRECTION_KINDS, KINDS, Invoice, NumberSeries

__all__ = [
    "CORRECTION_KINDS",
    "KINDS",
    "Charge",
    "Invoice",
    "NumberSeries",
]
