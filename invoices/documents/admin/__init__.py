"""Documents in the admin: the files of an invoice, and how a seller's documents look."""

from invoices.documents.admin.files import DocumentAdmin
from invoices.documents.admin.templates import DocumentTemplateAdmin

__all__ = ["DocumentAdmin", "DocumentTemplateAdmin"]
