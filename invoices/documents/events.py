"""Facts that this stage adds to the log."""

from collections.abc import Sequence
from datetime import datetime

from billing.events.log import NewEvent
from invoices.documents.models import Document
from invoices.issuing.models import Invoice

DOCUMENTS_RENDERED = "documents.rendered"


def documents_rendered(
    invoice: Invoice, documents: Sequence[Document], *, at: datetime
) -> NewEvent:
    """Return the event that tells that all documents of an invoice are stored."""
    return NewEvent(
        seller_id=invoice.seller_id,
        type=DOCUMENTS_RENDERED,
        stream_id=invoice.id,
        payload={
            "invoice_id": str(invoice.id),
            "document_ids": " ".join(str(document.id) for document in documents),
        },
        as_of_date=invoice.issue_date,
        occurred_at=at,
        idempotency_key=f"{DOCUMENTS_RENDERED}:{invoice.id}",
        transaction_id=invoice.transaction_id,
    )
