"""The files that were made of documents: there, and as they were written."""

from collections.abc import Iterator

from invoices.documents.models import Document
from invoices.documents.queries.stored import StorageAway, StoredBytesDiffer, stored_bytes
from invoices.proving.queries.checks.books import Books, Check, Problem, sql_check

_AT_ONCE = 500
_STORED = "files_as_written"

_MADE = """
SELECT i.seller_id, 'invoice ' || i.number, 'its documents were made, but none is there'
FROM invoices_invoice i JOIN billing_event e
  ON e.stream_id = i.id AND e.type = 'invoice.issued' AND e.seller_id = i.seller_id
WHERE e.state = 'handled' AND i.seller_id = ANY(%(sellers)s)
  AND NOT EXISTS (SELECT FROM invoices_document d WHERE d.invoice_id = i.id)
"""


def _as_written(books: Books) -> Iterator[Problem]:
    """Yield the documents whose bytes are gone, or aren't those that were written."""
    documents = Document.objects.filter(seller_id__in=books.names).order_by("seller_id", "id")
    for document in documents.iterator(chunk_size=_AT_ONCE):
        try:
            stored_bytes(document)
        except (StoredBytesDiffer, StorageAway) as trouble:
            yield books.problem(_STORED, document.seller_id, f"document {document}", str(trouble))
        except FileNotFoundError:
            message = f"its file {document.storage_name} is gone: restore it from a copy"
            yield books.problem(_STORED, document.seller_id, f"document {document}", message)
        books.heard(1)


CHECKS = (
    sql_check(
        name="files_made",
        says="each invoice whose documents were made has some",
        of="invoices",
        sql=_MADE,
    ),
    Check(
        name=_STORED,
        says="each document's file holds what was written",
        of="documents",
        find=_as_written,
        is_long=True,
    ),
)
