"""Reads of documents: what an invoice says as a document, and the files that were made of it."""

from invoices.documents.queries.described import described
from invoices.documents.queries.printed import printed
from invoices.documents.queries.stored import (
    StorageAway,
    StoredBytesDiffer,
    documents_of,
    stored_bytes,
)
from invoices.documents.queries.templates import as_template, latest_template

__all__ = [
    "StorageAway",
    "StoredBytesDiffer",
    "as_template",
    "described",
    "documents_of",
    "latest_template",
    "printed",
    "stored_bytes",
]
