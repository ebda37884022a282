"""Facts that this stage adds to the log."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from billing.events.log import NewEvent
from billing.events.models import FailureDecision
from invoices.issuing.models import Invoice

INVOICE_ISSUED = "invoice.issued"
CONTRACT_REOPENED = "contract.reopened"
ORDER_REOPENED = "order.reopened"
FAILURES_DECIDED = "failures.decided"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """By which correction charges were taken back that are to be billed again; its story."""

    seller_id: UUID
    correction_id: UUID
    transaction_id: UUID
    on: date
    at: datetime


def contract_reopened(contract_id: UUID, by: Reopening) -> NewEvent:
    """Return the event that charges of a contract were taken back which it may still owe."""
    return _reopened(CONTRACT_REOPENED, contract_id, by, named="contract_id")


def order_reopened(order_id: UUID, by: Reopening) -> NewEvent:
    """Return the event that the charges of an order were taken back which it still owes."""
    return _reopened(ORDER_REOPENED, order_id, by, named="order_id")


def failures_decided(decision: FailureDecision, *, on: date) -> NewEvent:
    """Return the event that someone, or the engine, decided on some failures."""
    return NewEvent(
        seller_id=decision.seller_id,
        type=FAILURES_DECIDED,
        stream_id=decision.pk,
        payload={"decision_id": str(decision.pk)},
        as_of_date=on,
        occurred_at=decision.at,
        idempotency_key=f"{FAILURES_DECIDED}:{decision.pk}",
    )


def _reopened(event_type: str, stream_id: UUID, by: Reopening, *, named: str) -> NewEvent:
    return NewEvent(
        seller_id=by.seller_id,
        type=event_type,
        stream_id=stream_id,
        payload={named: str(stream_id), "correction_id": str(by.correction_id)},
        as_of_date=by.on,
        occurred_at=by.at,
        idempotency_key=f"{event_type}:{by.correction_id}:{stream_id}",
        transaction_id=by.transaction_id,
    )
