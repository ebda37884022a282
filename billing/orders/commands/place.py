"""Placing a single order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.catalog.models import Product
from billing.columns import PIECE
from billing.customers.models import Customer
from billing.orders.models import Order, OrderLine
from billing.pricing.taxes import SupplyKind, TaxClass
from billing.sellers.queries import today


class OrderInFuture(Exception):
    """An order is dated after the seller's today."""


class OrderLineRefused(ValueError):
    """A line of an order contradicts itself; the message says which, and what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """
    A line of a new order: with text, unit price and tax class, or of a product's price.

    What it doesn't say of its kind, unit and exemption is as its product says.
    """

    quantity: Decimal
    text: str = ""
    product: Product | None = None
    unit_price: Decimal | None = None
    tax_class: str = ""
    tax_included: bool = False
    supply: str = ""
    exemption_code: str = ""
    exemption_text: str = ""
    unit: str = ""
    item_number: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """
    Whose numbers an order has: the caller's own id, and those that the customer's invoice shows.

    These are the customer's of its order (BT-13) and of its project (BT-11).
    """

    external_id: str | None = None
    purchase_order: str = ""
    project_reference: str = ""


NO_REFERENCES = References()


@transaction.atomic
def place_order(
    *,
    customer: Customer,
    currency: str,
    ordered_on: date | None,
    lines: Sequence[NewLine],
    at: datetime,
    references: References = NO_REFERENCES,
) -> Order:
    """
    Record a single purchase; the hook appends its event.

    :raises OrderInFuture: if `ordered_on` lies after the seller's today (None: that day).
    :raises OrderLineRefused: if a line sells nothing, or says why it is exempt but is taxed.
    """
    for position, line in enumerate(lines, start=1):
        _check(line, position)
    recorded_on = today(customer.seller, at=at)
    if ordered_on and ordered_on > recorded_on:
        raise OrderInFuture(f"The order is dated {ordered_on}, but today is {recorded_on}.")
    order = Order.objects.create(
        seller_id=customer.seller_id,
        customer=customer,
        external_id=references.external_id,
        currency=currency,
        ordered_on=ordered_on or recorded_on,
        recorded_on=recorded_on,
        recorded_at=at,
        purchase_order=references.purchase_order,
        project_reference=references.project_reference,
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
            item_number=line.item_number,
            description=line.description,
            **_sold(line),
        )
        for position, line in enumerate(lines, start=1)
    )
    return order


def _check(line: NewLine, position: int) -> None:
    if line.quantity <= 0:
        raise OrderLineRefused(
            f"Line {position}: the quantity must be above zero. Money is given back by correcting"
            " an invoice."
        )
    if (line.exemption_code or line.exemption_text) and line.tax_class != TaxClass.EXEMPT:
        raise OrderLineRefused(
            f"Line {position}: only a line of class exempt has a reason for it. Choose that class,"
            " or leave the reason out."
        )


def _sold(line: NewLine) -> dict[str, str]:
    """Return what kind of thing a line sells, in which unit, and why it is exempt if it is."""
    product = line.product
    reason = {"exemption_code": line.exemption_code, "exemption_text": line.exemption_text}
    if product and line.tax_class == TaxClass.EXEMPT and not any(reason.values()):
        reason = {name: getattr(product, name) for name in reason}
    return {
        "supply": line.supply or (product.supply if product else SupplyKind.DIGITAL.value),
        "unit": line.unit or (product.unit if product else PIECE),
        **reason,
    }
