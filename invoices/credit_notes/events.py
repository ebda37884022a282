"""Facts that this stage adds to the log."""

from billing.events.log import NewEvent
from invoices.credit_notes.models import Correction

CORRECTION_ORDERED = "correction.ordered"


def correction_ordered(correction: Correction) -> NewEvent:
    """Return the event that tells of a new correction; it begins a story."""
    return NewEvent(
        seller_id=correction.seller_id,
        type=CORRECTION_ORDERED,
        stream_id=correction.invoice_id,
        payload={
            "correction_id": str(correction.id),
            "invoice_id": str(correction.invoice_id),
        },
        as_of_date=correction.ordered_on,
        occurred_at=correction.ordered_at,
        idempotency_key=f"{CORRECTION_ORDERED}:{correction.id}",
    )
