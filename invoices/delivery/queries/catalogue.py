"""
The public events: what apps are told by webhooks, under which names, in which words.

What is told has a version; fields are added to it, and never change their meaning within it. Ids
and links are told, so that an app asks the API for what it needs, which is then up to date.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from billing.api.outputs import money
from billing.events.models import Event
from invoices.balances.events import BALANCE_CHANGED, BALANCE_EXPIRED
from invoices.balances.models import BalanceMovement
from invoices.delivery.events import DELIVERY_GIVEN_UP, DELIVERY_SENT
from invoices.delivery.models import Delivery
from invoices.documents.events import DOCUMENTS_RENDERED
from invoices.documents.queries import documents_of
from invoices.issuing.models import Invoice

TEST_TYPE = "webhook.test"
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PublicType:
    """A type of event that apps are told of."""

    name: str
    version: int
    says: str


PUBLIC_TYPES: Mapping[str, PublicType] = {
    each.name: each
    for each in (
        PublicType("invoice.issued", 1, "An invoice was issued; its documents are made."),
        PublicType("credit_note.issued", 1, "A credit note was issued; its documents are made."),
        PublicType("balance.changed", 1, "Someone stated money of a customer's balance."),
        PublicType("balance.expired", 1, "What was left of a customer's money is lost."),
        PublicType("delivery.sent", 1, "An e-mail with documents was accepted."),
        PublicType("delivery.given_up", 1, "An e-mail with documents can't be sent."),
    )
}


@dataclass(frozen=True, slots=True)
class Message:
    """What apps are told of an event."""

    type: str
    body: str
    invoice: Invoice | None = None


def message_of(event: Event) -> Message | None:
    """Return what apps are told of an event; None if it is no public one."""
    build = _BUILD.get(event.type)
    return build(event) if build else None


def trial_message(*, at: datetime) -> Message:
    """Return a message that tries an endpoint."""
    return Message(TEST_TYPE, _body(TEST_TYPE, 1, at, {"text": "This endpoint works."}))


def _of_documents(event: Event) -> Message:
    invoice = Invoice.objects.get(pk=event.payload["invoice_id"], seller_id=event.seller_id)
    return _message(f"{invoice.kind}.issued", event, {"invoice": _invoice(invoice)}, invoice)


def _of_balance(event: Event) -> Message:
    movement = BalanceMovement.objects.get(
        pk=event.payload["movement_id"], seller_id=event.seller_id
    )
    told = {
        "id": str(movement.pk),
        "kind": movement.kind,
        "customer": str(movement.customer_id),
        "amount": money(movement.amount_minor, movement.currency),
        "link": _link(f"customers/{movement.customer_id}/balance"),
    }
    return _message(event.type, event, {"balance_movement": told})


def _of_delivery(event: Event) -> Message:
    delivery = Delivery.objects.select_related("invoice").get(
        pk=event.payload["delivery_id"], seller_id=event.seller_id
    )
    told = {
        "id": str(delivery.pk),
        "channel": delivery.channel,
        "address": delivery.address,
        "invoice": str(delivery.invoice_id),
        "link": _link(f"deliveries/{delivery.pk}"),
    }
    return _message(event.type, event, {"delivery": told}, delivery.invoice)


def _invoice(invoice: Invoice) -> Told:
    path = f"invoices/{invoice.pk}"
    return {
        "id": str(invoice.pk),
        "kind": invoice.kind,
        "number": invoice.number,
        "issue_date": invoice.issue_date.isoformat(),
        "due_date": invoice.due_date.isoformat(),
        "customer": str(invoice.customer_id),
        "contract": str(invoice.contract_id) if invoice.contract_id else None,
        "net": money(invoice.net_minor, invoice.currency),
        "tax": money(invoice.tax_minor, invoice.currency),
        "gross": money(invoice.gross_minor, invoice.currency),
        "payable": money(invoice.payable_minor, invoice.currency),
        "transaction_id": str(invoice.transaction_id),
        "link": _link(path),
        "documents": [
            {
                "id": str(document.pk),
                "media_type": document.media_type,
                "file_name": document.file_name,
                "sha256": document.sha256,
                "link": _link(f"{path}/documents/{document.pk}"),
            }
            for document in documents_of(invoice)
        ],
    }


def _link(path: str) -> str:
    return f"{settings.PUBLIC_URL}/api/v1/{path}"


def _message(name: str, event: Event, told: Told, invoice: Invoice | None = None) -> Message:
    told = {**told, "event": str(event.pk)}
    return Message(name, _body(name, PUBLIC_TYPES[name].version, event.occurred_at, told), invoice)


def _body(name: str, version: int, at: datetime, told: Told) -> str:
    """Return the body as Standard Webhooks has it: type, timestamp, data."""
    timestamp = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    whole = {"type": name, "version": version, "timestamp": timestamp, "data": told}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


_BUILD: Mapping[str, Callable[[Event], Message]] = {
    DOCUMENTS_RENDERED: _of_documents,
    BALANCE_CHANGED: _of_balance,
    BALANCE_EXPIRED: _of_balance,
    DELIVERY_SENT: _of_delivery,
    DELIVERY_GIVEN_UP: _of_delivery,
}
