"""Making contracts."""

from datetime import datetime

from billing.contracts.models import Contract
from billing.customers.models import Customer


def make_contract(
    *,
    customer: Customer,
    currency: str,
    external_id: str | None,
    payment_days: int | None,
    at: datetime,
) -> Contract:
    """Make a contract with a customer of the same seller."""
    return Contract.objects.create(
        seller_id=customer.seller_id,
        customer=customer,
        external_id=external_id,
        currency=currency,
        payment_days=payment_days,
        created_at=at,
    )
