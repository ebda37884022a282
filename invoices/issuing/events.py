"""Facts that this stage adds to the log."""

from billing.events.log import NewEvent
from invoices.issuing.models import Invoice

INVOICE_ISSUED = "invoice.issued"


def invoice_issued(invoice: Invoice) -> NewEvent:
    """Return the event that tells of a new invoice or credit note."""
    return NewEvent(
        seller_id=invoice.seller_id,
        type=INVOICE_ISSUED,
        stream_id=invoice.id,
        payload={"invoice_id": str(invoice.id)},
        as_of_date=invoice.issue_date,
        occurred_at=invoice.issued_at,
        idempotency_key=f"{INVOICE_ISSUED}:{invoice.id}",
        transaction_id=invoice.transaction_id,
        is_listened=invoice.seller.makes_documents,
    )
