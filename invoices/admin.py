"""The admin pages of this app, listed for Django; each stands in its stage."""

from invoices.balances import admin as balances
from invoices.documents import admin as documents
from invoices.issuing import admin as issuing
from invoices.proving import admin as proving
from invoices.reports import admin as reports

__all__ = ["balances", "documents", "issuing", "proving", "reports"]
