"""Writes of the catalog: products, plans and prices. A new price is a new row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.catalog.models import Plan, Price, Product
from billing.catalog.queries import price_terms, unpriced_terms
from billing.sellers.models import Seller
from billing.sellers.queries import today


class PriceEndsTooEarly(Exception):
    """A price can only end on a day that is still to come: what was sold keeps its price."""


class PriceEndedAlready(Exception):
    """The last day of a price is set once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """A price to be made. Without `valid_from` it is on sale from the seller's today."""

    code: str
    unit_price: Decimal
    currency: str
    tax_class: str
    tax_included: bool
    kind: str
    timing: str
    model: str
    proration: str
    text: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """A plan to be made, with its prices."""

    code: str
    name: str
    interval: str
    interval_count: int
    alignment: str
    anchor_day: int | None
    prices: Sequence[NewPrice] = field(default=())


def create_product(*, seller: Seller, code: str, name: str, at: datetime) -> Product:
    """Record a product."""
    return Product.objects.create(seller=seller, code=code, name=name, created_at=at)


@transaction.atomic
def create_plan(*, product: Product, new: NewPlan, at: datetime) -> Plan:
    """
    Record a plan of a product, and its prices.

    :raises ContradictoryPlan: if its terms exclude each other, or one of its prices'.
    """
    plan = Plan(
        seller=product.seller,
        product=product,
        code=new.code,
        name=new.name,
        interval=new.interval,
        interval_count=new.interval_count,
        alignment=new.alignment,
        anchor_day=new.anchor_day,
        created_at=at,
    )
    unpriced_terms(plan)  # Refuses what contradicts itself.
    plan.save(force_insert=True)
    for price in new.prices:
        create_price(of=plan, new=price, at=at)
    return plan


@transaction.atomic
def create_price(*, of: Plan | Product, new: NewPrice, at: datetime) -> Price:
    """
    Record a price of a plan or of a product.

    :raises ContradictoryPlan: if nothing could be charged by it.
    """
    plan = of if isinstance(of, Plan) else None
    price = Price(
        seller=of.seller,
        plan=plan,
        product=of if isinstance(of, Product) else None,
        code=new.code,
        text=new.text or (f"{of.name}: {new.code}" if plan else of.name),
        kind=new.kind,
        timing=new.timing,
        model=new.model,
        unit_price=new.unit_price,
        currency=new.currency,
        tax_class=new.tax_class,
        tax_included=new.tax_included,
        proration=new.proration,
        valid_from=new.valid_from or today(of.seller, at=at),
        valid_until=new.valid_until,
        created_at=at,
    )
    terms = price_terms(price)
    if plan:
        unpriced_terms(plan, prices=[terms])
    price.save(force_insert=True)
    return price


@transaction.atomic
def end_price(*, price_id: UUID, valid_until: date, at: datetime) -> Price:
    """
    End the sale of a price: `valid_until` is the first day on which it is no longer sold.

    :raises PriceEndsTooEarly: if that day isn't after the seller's today, or its first day.
    :raises PriceEndedAlready: if it has an end.
    """
    price = Price.objects.select_for_update(of=("self",)).select_related("seller").get(pk=price_id)
    if price.valid_until:
        raise PriceEndedAlready(f"The price ends on {price.valid_until} already.")
    known_until = max(today(price.seller, at=at), price.valid_from)
    if valid_until <= known_until:
        raise PriceEndsTooEarly(
            f"The price may have been sold up to {known_until}: end it on a later day."
        )
    price.valid_until = valid_until
    price.save(update_fields=["valid_until"])
    return price
