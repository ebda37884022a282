"""Pages of what was charged, what demands it, and what must be approved before it does."""

from invoices.issuing.admin import hold_rules, holds
from invoices.issuing.admin.invoices import ChargeAdmin, InvoiceAdmin

__all__ = ["ChargeAdmin", "InvoiceAdmin", "hold_rules", "holds"]
