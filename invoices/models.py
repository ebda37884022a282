"""All tables of this app, listed for Django; each stands in its stage."""

from invoices.balances.models import BalanceMovement
from invoices.credit_notes.models import Correction, CorrectionLine
from invoices.documents.models import Document, DocumentTemplate
from invoices.issuing.models import Charge, Invoice, NumberSeries

__all__ = [
    "BalanceMovement",
    "Charge",
    "Correction",
    "CorrectionLine",
    "Document",
    "DocumentTemplate",
    "Invoice",
    "NumberSeries",
]
