"""Documents, deliveries and their tries as entries of a story."""

from invoices.delivery.models import Delivery, DeliveryAttempt
from invoices.documents.models import Document
from invoices.proving.queries.entries import Entry


def of_document(document: Document) -> Entry:
    """Return the entry of a file that was made of an invoice and stored."""
    return Entry(
        at=document.created_at,
        kind="document",
        title=f"{document.file_name} was made and stored",
        details={
            "format": document.format,
            "size": document.size,
            "sha256": document.sha256,
            "why_plain": document.why_plain,
        },
        ids={"document": str(document.pk), "invoice": str(document.invoice_id)},
    )


def of_delivery(delivery: Delivery) -> Entry:
    """Return the entry of a delivery: what was to reach whom."""
    return Entry(
        at=delivery.created_at,
        kind="delivery",
        title=f"{delivery.type} to go by {_by(delivery)}: {delivery.get_state_display()}",
        details={
            "type": delivery.type,
            "channel": delivery.channel,
            "address": delivery.address,
            "state": delivery.state,
            "tries": delivery.tries,
            "message_id": delivery.message_id,
        },
        ids=_ids(delivery),
    )


def of_try(attempt: DeliveryAttempt) -> Entry:
    """Return the entry of a try of a delivery."""
    delivery, answer = attempt.delivery, attempt.answer
    said = f", {attempt.status}" if attempt.status else ""
    return Entry(
        at=attempt.started_at,
        kind="try",
        title=f"Try {attempt.number} by {_by(delivery)}: {attempt.outcome}{said}",
        details={
            "number": attempt.number,
            "outcome": attempt.outcome,
            "status": attempt.status,
            "answer": answer,
            "worker": attempt.worker,
            "ended_at": attempt.ended_at.isoformat() if attempt.ended_at else None,
        },
        ids=_ids(delivery),
        ordinal=attempt.number,
    )


def _by(delivery: Delivery) -> str:
    to = f" to {delivery.address}" if delivery.address else ""
    return f"{delivery.get_channel_display()}{to}"


def _ids(delivery: Delivery) -> dict[str, str]:
    ids = {"delivery": delivery.pk, "invoice": delivery.invoice_id}
    return {name: str(value) for name, value in ids.items() if value}
