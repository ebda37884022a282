"""The admin pages of this app, listed for Django; each stands in its stage."""

from invoices.balances import admin as balances
from invoices.credit_notes import admin as credit_notes
from invoices.delivery import admin as delivery
from invoices.documents import admin as documents
from invoices.issuing import admin as issuing
from invoices.overview import admin as overview
from invoices.proving import admin as proving
from invoices.reports import admin as reports
from invoices.runs import admin as runs

__all__ = [
    "balances",
    "credit_notes",
    "delivery",
    "documents",
    "issuing",
    "overview",
    "proving",
    "reports",
    "runs",
]
