"""Writes of products, meters, plans, and prices (a new one is a new row)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.catalog.models import Meter, Plan, Price, Product
from billing.catalog.queries import plan_terms, price_terms, unpriced_terms, written_tiers
from billing.columns import PIECE
from billing.money import check_whole_minor, minor_digits
from billing.pricing.prices import COMMITMENT, ContradictoryPlan, PriceKind, Tier, Timing
from billing.pricing.taxes import SupplyKind, TaxClass
from billing.sellers.models import Seller
from billing.sellers.queries import today

_Problem = tuple[str, str]  # The field that is at fault, and what is wrong with it.


class PriceEndsTooEarly(Exception):
    """A price can only end on a day that is still to come: what was sold keeps its price."""

    field = "valid_until"


class PriceEndedAlready(Exception):
    """The last day of a price is set once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeter:
    """A meter to be made. Prices may filter and group by its `dimensions` only."""

    code: str
    name: str
    aggregation: str
    property: str | None = None
    carried: bool = False
    dimensions: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """
    A price to be made. Without `valid_from` it is on sale from the seller's today.

    Which amounts it needs depends on its model: see `billing.pricing.prices.PriceTerms`. Without
    `timing` a price of usage is charged in arrears, any other in advance. Without a unit and a
    reason of its exemption it has those of its product; what kind of thing is sold always is.
    """

    code: str
    currency: str
    tax_class: str
    tax_included: bool
    unit: str = ""
    exemption_code: str = ""
    exemption_text: str = ""
    kind: str
    model: str
    proration: str
    timing: str = ""
    amount: Decimal | None = None
    unit_price: Decimal | None = None
    tiers: Sequence[Tier] = ()
    size: Decimal | None = None
    free_units: Decimal | None = None
    rounding: str = "up"
    rate: Decimal | None = None
    fixed_fee: Decimal | None = None
    free_events: int | None = None
    free_amount: Decimal | None = None
    min_per_event: Decimal | None = None
    max_per_event: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    meter: Meter | None = None
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    group_by: Sequence[str] = ()
    text: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    applies_to: str = "next_period"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """A plan to be made, with its prices."""

    code: str
    name: str
    interval: str
    interval_count: int
    alignment: str
    anchor_day: int | None
    trial_days: int = 0
    minimum_commitment: Decimal | None = None
    prices: Sequence[NewPrice] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product to be made; what isn't given of it is not printed, or usual."""

    code: str
    name: str
    description: str = ""
    supply: str = SupplyKind.DIGITAL.value
    unit: str = PIECE
    exemption_code: str = ""
    exemption_text: str = ""


def create_product(*, seller: Seller, new: NewProduct, at: datetime) -> Product:
    """Record a product."""
    return Product.objects.create(seller=seller, **asdict(new), created_at=at)


def change_product(*, product: Product, details: Mapping[str, str]) -> Product:
    """Change how a product is called and described from now on; what was charged stays."""
    changed = {"name", "description"} & details.keys()
    for name in changed:
        setattr(product, name, details[name])
    product.save(update_fields=changed)
    return product


def create_meter(*, seller: Seller, new: NewMeter, at: datetime) -> Meter:
    """Record a meter."""
    return Meter.objects.create(
        seller=seller,
        code=new.code,
        name=new.name,
        aggregation=new.aggregation,
        property=new.property or None,
        carried=new.carried,
        dimensions=list(dict.fromkeys(new.dimensions)),
        created_at=at,
    )


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
        trial_days=new.trial_days,
        minimum_commitment=new.minimum_commitment,
        created_at=at,
    )
    unpriced_terms(plan)  # Refuses what contradicts itself.
    for price in new.prices:
        _check_commitment(plan, price.currency, field="minimum_commitment")
    plan.save(force_insert=True)
    for index, price in enumerate(new.prices):
        try:
            create_price(of=plan, new=price, at=at)
        except ContradictoryPlan as refused:
            refused.field = f"prices.{index}.{refused.field}"
            raise
    return plan


@transaction.atomic
def create_price(*, of: Plan | Product, new: NewPrice, at: datetime) -> Price:
    """
    Record a price of a plan or of a product.

    :raises ContradictoryPlan: if nothing could be charged by it.
    :raises UnknownCurrency: if nothing can be charged in its currency.
    """
    plan = of if isinstance(of, Plan) else None
    product = of.product if isinstance(of, Plan) else of
    known_on = today(of.seller, at=at)
    columns = {each.name: getattr(new, each.name) for each in fields(new)}
    columns |= {
        "timing": new.timing or (Timing.ARREARS if new.kind == PriceKind.USAGE else Timing.ADVANCE),
        "text": new.text or (f"{of.name}: {new.code}" if plan else of.name),
        "tiers": written_tiers(new.tiers, model=new.model),
        "filters": {name: list(values) for name, values in new.filters.items()},
        "group_by": list(new.group_by),
        "supply": product.supply,
        "unit": new.unit or product.unit,
        **_exemption(new, product),
        "valid_from": new.valid_from or known_on,
    }
    price = Price(
        **columns,
        seller=of.seller,
        plan=plan,
        product=of if isinstance(of, Product) else None,
        recorded_on=known_on,
        created_at=at,
    )
    _check(price)
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


def _exemption(new: NewPrice, product: Product) -> dict[str, str]:
    """Return why a price is exempt: as it says itself, or as its product does."""
    if new.tax_class != TaxClass.EXEMPT:
        return {"exemption_code": new.exemption_code, "exemption_text": new.exemption_text}
    source = new if new.exemption_code or new.exemption_text else product
    return {"exemption_code": source.exemption_code, "exemption_text": source.exemption_text}


def _check(price: Price) -> None:
    minor_digits(price.currency)
    price_terms(price)
    if price.plan:
        plan_terms(price.plan, [price], currency=price.currency)
        _check_commitment(price.plan, price.currency, field="currency")
    if price.code == COMMITMENT:
        problem = f"The code {COMMITMENT} is the engine's own: choose another."
        raise ContradictoryPlan(problem, field="code")
    problems = (
        *_timing_problems(price),
        *_product_problems(price),
        *_dimension_problems(price),
        *_exemption_problems(price),
    )
    for name, problem in problems:
        raise ContradictoryPlan(f"Price {price.code}: {problem}.", field=name)


def _check_commitment(plan: Plan, currency: str, *, field: str) -> None:
    if plan.minimum_commitment is None:
        return
    if problem := check_whole_minor(plan.minimum_commitment, currency):
        what = f"Plan {plan.code}: a minimum_commitment of {problem}"
        raise ContradictoryPlan(f"{what}.", field=field)


def _timing_problems(price: Price) -> Iterator[_Problem]:
    if price.kind == PriceKind.USAGE and price.timing != Timing.ARREARS:
        problem = "a price of usage is charged in arrears"
        yield "timing", f"{problem}: choose that, or leave it out"
    if price.kind == PriceKind.ONCE and price.timing != Timing.ADVANCE:
        problem = "a price that is charged once is charged in advance"
        yield "timing", f"{problem}: choose that, or leave it out"


def _exemption_problems(price: Price) -> Iterator[_Problem]:
    for name in ("exemption_code", "exemption_text"):
        if getattr(price, name) and price.tax_class != TaxClass.EXEMPT:
            yield name, "only a price of class exempt has a reason for it: leave it out"


def _product_problems(price: Price) -> Iterator[_Problem]:
    if price.product is None:
        return
    if price.kind != "once" or price.model not in ("flat", "per_unit"):
        name = "kind" if price.kind != "once" else "model"
        yield name, "a product's price is flat or per unit, and charged once: use a plan for others"
    for name in ("minimum", "maximum"):
        if getattr(price, name) is not None:
            yield name, "minimum and maximum belong to the periods of a plan: leave them out"


def _dimension_problems(price: Price) -> Iterator[_Problem]:
    if price.meter is None:
        return
    known = ", ".join(price.meter.dimensions) or "none"
    for field_name in ("filters", "group_by"):
        for name in getattr(price, field_name):
            if name not in price.meter.dimensions:
                problem = f"the meter {price.meter.code} has no dimension {name}; it has: {known}"
                yield field_name, problem
    for name, values in price.filters.items():
        if not values:
            yield (
                "filters",
                f"the filter on {name} lets nothing through: name the values that count",
            )
