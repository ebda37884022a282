"""Documents, deliveries and their tries as entries of a story."""

from django.utils.translation import gettext

from invoices.delivery.models import Delivery, DeliveryAttempt
from invoices.documents.models import Document
from invoices.proving.queries.entries import Entry


def of_document(document: Document) -> Entry:
    """Return the entry of a file that was made of an invoice and stored."""
    return Entry(
        at=document.created_at,
        kind="document",
        title=gettext("{file} was made and stored").format(file=document.file_name),
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
        title=gettext("{type} to go by {channel}: {state}").format(
            type=delivery.type, channel=_by(delivery), state=delivery.get_state_display()
        ),
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
        title=gettext("Try {number} by {channel}: {outcome}").format(
            number=attempt.number,
            channel=_by(delivery),
            outcome=gettext(attempt.outcome.replace("_", " ")),
        )
        + said,
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
    channel = delivery.get_channel_display()
    if not delivery.address:
        return channel
    return gettext("{channel} to {address}").format(channel=channel, address=delivery.address)


def _ids(delivery: Delivery) -> dict[str, str]:
    ids = {"delivery": delivery.pk, "invoice": delivery.invoice_id}
    return {name: str(value) for name, value in ids.items() if value}
