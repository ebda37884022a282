"""Placing a single order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.catalog.models import Product
from billing.customers.models import Customer
from billing.orders.models import Order, OrderLine
from billing.sellers.queries import today


class OrderInFuture(Exception):
    """An order is dated after the seller's today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line of a new order: with text, unit price and tax class, or of a product's price."""

    quantity: Decimal
    text: str = ""
    product: Product | None = None
    unit_price: Decimal | None = None
    tax_class: str = ""
    tax_included: bool = False


@transaction.atomic
def place_order(
    *,
    customer: Customer,
    currency: str,
    external_id: str | None,
    ordered_on: date | None,
    lines: Sequence[NewLine],
    at: datetime,
) -> Order:
    """
    Record a single purchase; the hook appends its event.

    :raises OrderInFuture: if `ordered_on` lies after the seller's today (None: that day).
    """
    recorded_on = today(customer.seller, at=at)
    if ordered_on and ordered_on > recorded_on:
        raise OrderInFuture(f"The order is dated {ordered_on}, but today is {recorded_on}.")
    order = Order.objects.create(
        seller_id=customer.seller_id,
        customer=customer,
        external_id=external_id,
        currency=currency,
        ordered_on=ordered_on or recorded_on,
        recorded_on=recorded_on,
        recorded_at=at,
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            seller_id=customer.seller_id,
            order=order,
            position=position,
            product=line.product,
            text=line.text,
            quantity=line.quantity,
            unit_price=line.unit_price,
            tax_class=line.tax_class,
            tax_included=line.tax_included,
        )
        for position, line in enumerate(lines, start=1)
    )
    return order
