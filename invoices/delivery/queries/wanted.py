"""Who wants to be told."""

from collections.abc import Collection, Sequence
from uuid import UUID

from billing.customers.models import Customer
from billing.sellers.models import Seller
from invoices.delivery.catalogue import Message, matches, public_types
from invoices.delivery.models import DeliveryWish, WebhookEndpoint


def email_addresses(customer: Customer) -> Sequence[str]:
    """Return where a customer's documents go by e-mail; none if it doesn't want that."""
    wish = DeliveryWish.objects.filter(customer=customer).first()
    if wish and not wish.by_email:
        return []
    own = [customer.email] if customer.email else []
    return list(dict.fromkeys((wish.emails if wish else []) or own))


def endpoints_for(seller: Seller, message: Message) -> Sequence[WebhookEndpoint]:
    """Return the seller's endpoints that are told of a message."""
    enabled = WebhookEndpoint.objects.filter(seller=seller, state=WebhookEndpoint.State.ENABLED)
    return [
        endpoint
        for endpoint in enabled.order_by("pk")
        if matches(endpoint.event_types, message.type)
        and message.concerns(endpoint.customer_id, endpoint.contract_id)
    ]


def wanted_types(seller_id: UUID, event_types: Collection[str]) -> Collection[str]:
    """Return which of these types of facts an app of the seller wants to know: one query."""
    enabled = WebhookEndpoint.objects.filter(seller=seller_id, state=WebhookEndpoint.State.ENABLED)
    asked = [name for names in enabled.values_list("event_types", flat=True) for name in names]
    if not asked:
        return []
    return [
        each
        for each in event_types
        if any(matches(asked, public_type) for public_type in public_types(each))
    ]
