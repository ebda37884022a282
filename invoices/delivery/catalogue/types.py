"""The table of public types: name → when it occurs, what it shows, an example of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.serializers import BaseSerializer

from billing.api.answers.failures import FailureOutput
from billing.contracts.api.contracts import ContractOutput
from billing.contracts.api.subscriptions import SubscriptionOutput
from billing.customers.api import CustomerOutput
from billing.orders.api import OrderOutput
from invoices.balances.api import MovementOutput
from invoices.delivery.catalogue import examples
from invoices.delivery.models.endpoints import VERSIONS
from invoices.delivery.outputs import (
    DeliveryOutput,
    EndpointOutput,
    ToldInvoiceOutput,
    WaitingUsageOutput,
)
from invoices.runs.api import BillingRunOutput

LATEST = VERSIONS[-1]
TEST_TYPE = "webhook.test"


@dataclass(frozen=True, slots=True, eq=False)  # A row of the table: itself, and nothing else.
class PublicType:
    """
    A type of event that apps are told of; `serializer` shows `data.object`.

    `resource` is what the object belongs to in `billing/scopes.py`: who has it told reads that.
    """

    name: str
    resource: str
    description: str
    serializer: type[BaseSerializer[Any]]
    example: dict[str, Any]


TYPES: Mapping[str, PublicType] = {
    each.name: each
    for each in (
        PublicType("customer.created", "customers",
                   "A customer was recorded.", CustomerOutput,
                   examples.CUSTOMER),
        PublicType("customer.changed", "customers",
                   "Something else is known of a customer.", CustomerOutput,
                   examples.CUSTOMER),
        PublicType("contract.created", "contracts",
                   "A contract was made.", ContractOutput, examples.CONTRACT),
        PublicType("contract.changed", "contracts",
                   "A contract got other references.", ContractOutput,
                   examples.CONTRACT),
        PublicType("subscription.created", "subscriptions",
                   "A subscription was started.", SubscriptionOutput,
                   examples.SUBSCRIPTION),
        PublicType("subscription.changed", "subscriptions",
                   "A subscription was changed: plan, quantity, price,"
                   " discount, pause, cancellation …; the latest of `changes` says which.",
                   SubscriptionOutput, examples.CHANGED_SUBSCRIPTION),
        PublicType("order.received", "orders",
                   "A single purchase was recorded; it is billed at once.",
                   OrderOutput, examples.ORDER),
        PublicType("usage.waiting", "usage",
                   "Usage came that can't be attributed: it waits until what it"
                   " names is there.", WaitingUsageOutput, examples.WAITING_USAGE),
        PublicType("invoice.issued", "invoices",
                   "An invoice was issued, and its documents are made.",
                   ToldInvoiceOutput, examples.INVOICE),
        PublicType("credit_note.issued", "invoices",
                   "A credit note was issued, and its documents are made.",
                   ToldInvoiceOutput, examples.CREDIT_NOTE),
        PublicType("balance.changed", "customers",
                   "Someone stated money of a customer's balance.",
                   MovementOutput, examples.MOVEMENT),
        PublicType("balance.expired", "customers",
                   "What was left of a customer's money is lost.",
                   MovementOutput, examples.EXPIRED_MOVEMENT),
        PublicType("delivery.sent", "deliveries",
                   "An e-mail with documents was accepted.", DeliveryOutput,
                   examples.DELIVERY),
        PublicType("delivery.given_up", "deliveries",
                   "An e-mail with documents can't be sent.", DeliveryOutput,
                   examples.DELIVERY_GIVEN_UP),
        PublicType("failure.opened", "failures",
                   "Something can't be billed, made or sent until someone looks"
                   " at it. Of webhooks themselves nothing is told.", FailureOutput,
                   examples.FAILURE),
        PublicType("failure.closed", "failures",
                   "A failure is resolved by a retry, or written off.",
                   FailureOutput, examples.CLOSED_FAILURE),
        PublicType("billing_run.finished", "billing_runs",
                   "Nothing of what a day made due waits any more.",
                   BillingRunOutput, examples.BILLING_RUN),
        PublicType("webhook_endpoint.disabled", "webhooks",
                   "An endpoint failed for days, or answered 410: it"
                   " is told nothing more. Other endpoints are told of it.", EndpointOutput,
                   examples.ENDPOINT),
    )
}  # fmt: skip
