"""What a fact of the log shows to apps: of which type it is, and its object as it is by now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from billing.api.answers.failures import FailureOutput
from billing.contracts.api.contracts import shown_contracts
from billing.contracts.api.subscriptions import shown_subscriptions
from billing.contracts.events import CONTRACT_CHANGED, CONTRACT_CREATED, SUBSCRIPTION_CHANGED
from billing.contracts.models import Contract, SubscriptionChange
from billing.customers.api import CustomerOutput
from billing.customers.events import CUSTOMER_CHANGED, CUSTOMER_CREATED
from billing.customers.models import Customer
from billing.events.announcing import ANNOUNCED
from billing.events.facts import FAILURE_CLOSED, FAILURE_OPENED
from billing.events.models import Event, Failure
from billing.orders.api import OrderOutput
from billing.orders.events import ORDER_PLACED, order_placed
from billing.orders.models import Order, OrderLine
from billing.usage.events import USAGE_UNATTRIBUTED
from billing.usage.models import UnattributedUsage
from invoices.balances.api import MovementOutput
from invoices.balances.events import BALANCE_CHANGED, BALANCE_EXPIRED
from invoices.balances.models import BalanceMovement
from invoices.delivery.events import (
    DELIVERY_DUE,
    DELIVERY_GIVEN_UP,
    DELIVERY_ORDERED,
    DELIVERY_SENT,
    ENDPOINT_DISABLED,
)
from invoices.delivery.models import Delivery, WebhookEndpoint
from invoices.delivery.outputs import (
    DeliveryOutput,
    EndpointOutput,
    ToldInvoiceOutput,
    WaitingUsageOutput,
)
from invoices.documents.events import DOCUMENTS_RENDERED
from invoices.issuing.events import INVOICE_ISSUED
from invoices.issuing.models import Invoice
from invoices.runs.api import shown_runs
from invoices.runs.events import RUN_FINISHED
from invoices.runs.models import BillingRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The object of a message, whose it is, and the public type."""

    type: str
    shown: Any
    customer_id: UUID | None = None
    contract_id: UUID | None = None
    invoice: Invoice | None = None


def _customer(event: Event) -> Told:
    customer = Customer.objects.get(pk=event.payload["customer_id"], seller=event.seller_id)
    return Told(type=event.type, shown=CustomerOutput(customer).data, customer_id=customer.pk)


def _contract(event: Event) -> Told:
    contract = Contract.objects.get(pk=event.payload["contract_id"], seller=event.seller_id)
    return Told(
        type=event.type,
        shown=shown_contracts([contract], event.seller)[0],
        customer_id=contract.customer_id,
        contract_id=contract.pk,
    )


def _subscription(event: Event) -> Told:
    changes = SubscriptionChange.objects.filter(seller=event.seller_id)
    rows = changes.select_related("subscription__contract")
    change = rows.get(pk=event.payload["change_id"])
    contract = change.subscription.contract
    is_start = change.kind == SubscriptionChange.Kind.START
    return Told(
        type="subscription.created" if is_start else "subscription.changed",
        shown=shown_subscriptions([change.subscription], changes)[0],
        customer_id=contract.customer_id,
        contract_id=contract.pk,
    )


def _order(event: Event) -> Told:
    lines = Prefetch("lines", OrderLine.objects.order_by("position"))
    orders = Order.objects.filter(seller=event.seller_id).prefetch_related(lines)
    order = orders.get(pk=event.payload["order_id"])
    stories = {order_placed(order).idempotency_key: event.transaction_id}
    shown = OrderOutput(order, context={"transaction_ids": stories}).data
    return Told(type="order.received", shown=shown, customer_id=order.customer_id)


def _usage(event: Event) -> Told:
    rows = UnattributedUsage.objects.filter(seller=event.seller_id)
    waiting = rows.get(pk=event.payload["unattributed_id"])
    return Told(type="usage.waiting", shown=WaitingUsageOutput(waiting).data)


def _invoice(event: Event) -> Told:
    invoice = Invoice.objects.get(pk=event.payload["invoice_id"], seller=event.seller_id)
    return Told(
        type=f"{invoice.kind}.issued",
        shown=ToldInvoiceOutput(invoice).data,
        customer_id=invoice.customer_id,
        contract_id=invoice.contract_id,
        invoice=invoice,
    )


def _invoice_without_documents(event: Event) -> Told | None:
    return None if event.queue else _invoice(event)  # Else its documents tell of it.


def _balance(event: Event) -> Told:
    rows = BalanceMovement.objects.filter(seller=event.seller_id)
    movement = rows.get(pk=event.payload["movement_id"])
    shown = MovementOutput(movement).data
    return Told(type=event.type, shown=shown, customer_id=movement.customer_id)


def _delivery(event: Event) -> Told:
    rows = Delivery.objects.filter(seller=event.seller_id).select_related("invoice")
    delivery = rows.get(pk=event.payload["delivery_id"])
    invoice = delivery.invoice
    return Told(
        type=event.type,
        shown=DeliveryOutput(delivery).data,
        customer_id=invoice.customer_id if invoice else None,
        contract_id=invoice.contract_id if invoice else None,
        invoice=invoice,
    )


def _failure(event: Event) -> Told | None:
    rows = Failure.objects.filter(seller=event.seller_id).select_related("event", "cause")
    failure = rows.get(pk=event.payload["failure_id"])
    if _is_of_telling(failure.event):
        return None
    return Told(type=event.type, shown=FailureOutput(failure).data)


def _is_of_telling(event: Event) -> bool:
    """Return whether apps were to be told by it: to tell of that would fail again, without end."""
    if event.type not in {DELIVERY_ORDERED, DELIVERY_DUE}:
        return event.type == ANNOUNCED
    webhooks = Delivery.objects.filter(seller=event.seller_id, channel="webhook")
    return webhooks.filter(pk=event.payload["delivery_id"]).exists()


def _run(event: Event) -> Told:
    run = BillingRun.objects.get(pk=event.payload["run_id"], seller=event.seller_id)
    return Told(type=event.type, shown=shown_runs([run])[0])


def _endpoint(event: Event) -> Told:
    rows = WebhookEndpoint.objects.filter(seller=event.seller_id)
    endpoint = rows.get(pk=event.payload["endpoint_id"])
    return Told(type=event.type, shown=EndpointOutput(endpoint).data)


@dataclass(frozen=True, slots=True)
class Fact:
    """How a type of fact in the log is told, and as which public types."""

    tell: Callable[[Event], Told | None]
    types: tuple[str, ...]


FACTS: Mapping[str, Fact] = {
    CUSTOMER_CREATED: Fact(_customer, (CUSTOMER_CREATED,)),
    CUSTOMER_CHANGED: Fact(_customer, (CUSTOMER_CHANGED,)),
    CONTRACT_CREATED: Fact(_contract, (CONTRACT_CREATED,)),
    CONTRACT_CHANGED: Fact(_contract, (CONTRACT_CHANGED,)),
    SUBSCRIPTION_CHANGED: Fact(_subscription, ("subscription.created", "subscription.changed")),
    ORDER_PLACED: Fact(_order, ("order.received",)),
    USAGE_UNATTRIBUTED: Fact(_usage, ("usage.waiting",)),
    DOCUMENTS_RENDERED: Fact(_invoice, ("invoice.issued", "credit_note.issued")),
    INVOICE_ISSUED: Fact(_invoice_without_documents, ("invoice.issued", "credit_note.issued")),
    BALANCE_CHANGED: Fact(_balance, (BALANCE_CHANGED,)),
    BALANCE_EXPIRED: Fact(_balance, (BALANCE_EXPIRED,)),
    DELIVERY_SENT: Fact(_delivery, (DELIVERY_SENT,)),
    DELIVERY_GIVEN_UP: Fact(_delivery, (DELIVERY_GIVEN_UP,)),
    FAILURE_OPENED: Fact(_failure, (FAILURE_OPENED,)),
    FAILURE_CLOSED: Fact(_failure, (FAILURE_CLOSED,)),
    RUN_FINISHED: Fact(_run, (RUN_FINISHED,)),
    ENDPOINT_DISABLED: Fact(_endpoint, (ENDPOINT_DISABLED,)),
}
