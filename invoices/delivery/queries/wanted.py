"""Who wants to be told."""

from collections.abc import Sequence

from billing.customers.models import Customer
from billing.sellers.models import Seller
from invoices.delivery.models import DeliveryWish, WebhookEndpoint
from invoices.delivery.models.endpoints import ALL_TYPES


def email_addresses(customer: Customer) -> Sequence[str]:
    """Return where a customer's documents go by e-mail; none if it doesn't want that."""
    wish = DeliveryWish.objects.filter(customer=customer).first()
    if wish and not wish.by_email:
        return []
    own = [customer.email] if customer.email else []
    return list(dict.fromkeys((wish.emails if wish else []) or own))


def endpoints_for(seller: Seller, public_type: str) -> Sequence[WebhookEndpoint]:
    """Return the seller's endpoints that are told of a type of event."""
    enabled = WebhookEndpoint.objects.filter(seller=seller, state=WebhookEndpoint.State.ENABLED)
    return [
        endpoint
        for endpoint in enabled.order_by("pk")
        if ALL_TYPES in endpoint.event_types or public_type in endpoint.event_types
    ]
