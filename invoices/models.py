"""All tables of this app, listed for Django; each stands in its stage."""

from invoices.balances.models import BalanceMovement
from invoices.documents.models import Document, DocumentTemplate
from invoices.issuing.models import Charge, Invoice, NumberSeries
from invoices.reports.models import Account, AccountOverride, Bookkeeping, DebtorAccount

__all__ = [
    "Account",
    "AccountOverride",
    "BalanceMovement",
    "Bookkeeping",
    "Charge",
    "DebtorAccount",
    "Document",
    "DocumentTemplate",
    "Invoice",
    "NumberSeries",
]
