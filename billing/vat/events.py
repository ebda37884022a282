"""Facts that this stage adds to the log."""

from datetime import date

from billing.events.log import NewEvent
from billing.events.models import Event
from billing.vat.models import VatIdCheck

VAT_ID_CHECKED = "customer.vat_id_checked"


def vat_id_checked(check: VatIdCheck, *, event: Event, on: date) -> NewEvent:
    """Return the event that a register was asked about a VAT id, caused by another."""
    return NewEvent(
        seller_id=check.seller_id,
        type=VAT_ID_CHECKED,
        stream_id=check.id,
        payload={"customer_id": str(check.customer_id), "check_id": str(check.id)},
        as_of_date=on,
        occurred_at=check.checked_at,
        idempotency_key=f"{VAT_ID_CHECKED}:{check.id}",
        transaction_id=event.transaction_id,
    )
