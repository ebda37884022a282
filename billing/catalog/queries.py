"""Reads of the catalog: prices, plans and tax rates as the pure engine's values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from billing.catalog.models import Meter, Plan, Price
from billing.catalog.models import TaxRate as TaxRateRow
from billing.mending import Mend
from billing.money import plain_decimal
from billing.periods import Alignment, Interval
from billing.pricing.prices import (
    ZERO,
    Aggregation,
    AppliesTo,
    MeterTerms,
    PlanTerms,
    PriceKind,
    PriceModel,
    PriceTerms,
    Proration,
    Rounding,
    Tier,
    Timing,
)
from billing.pricing.refused import Refused
from billing.pricing.taxes import SupplyKind, TaxRate


class PriceMissing(Refused):
    """A plan or product has no price that holds on the day, in the currency asked for."""

    def __init__(self, problem: str, *, mend: Mend, plan_id: UUID | None = None) -> None:
        """Say what is missing, and of which plan or product."""
        super().__init__(problem, mend=mend)
        self.plan_id = plan_id


def on_sale(prices: Iterable[Price], *, on: date) -> list[Price]:
    """Return those of `prices` that are on sale on a day."""
    return [
        price
        for price in prices
        if price.valid_from <= on and (price.valid_until is None or on < price.valid_until)
    ]


@dataclass(frozen=True)
class Offered:
    """A price of a plan, and its terms: read out of it once, however many subscribe to it."""

    price: Price

    @cached_property
    def terms(self) -> PriceTerms:
        """
        The price as the engine's value.

        :raises ContradictoryPlan: if nothing can be charged by it.
        """
        plan = self.price.plan
        return price_terms(self.price, product_id=str(plan.product_id) if plan else "")


def prices_of_plans(plan_ids: Iterable[UUID | None]) -> dict[UUID | None, list[Offered]]:
    """Return all prices of some plans, with their meters, in the order in which they were made."""
    found: dict[UUID | None, list[Offered]] = defaultdict(list)
    prices = Price.objects.filter(plan__in=plan_ids).select_related("meter", "plan")
    for price in prices.order_by("id"):
        found[price.plan_id].append(Offered(price))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What was agreed about a plan: from which day it holds, in which currency, and when."""

    on: date
    currency: str
    at: datetime


def agreed_terms(plan: Plan, offers: Iterable[Offered], *, agreed: Agreed) -> PlanTerms:
    """
    Return a plan's terms as they were agreed: all versions of the prices that were on sale then.

    A code that is added to the plan later doesn't change what was agreed. Only a price that was
    missing in the currency counts as known all along: so that it can be mended.

    :raises PriceMissing: if the plan has none, or lacks one of its prices in the currency.
    """
    offers = list(offers)
    prices = [offer.price for offer in offers]
    offered = on_sale(prices, on=agreed.on)
    codes = {price.code for price in offered if price.created_at <= agreed.at}
    codes = codes or {price.code for price in offered}
    mine = {price.code: price for price in offered if price.currency == agreed.currency}
    missing = codes - mine.keys()
    if missing or not codes:
        what = f"price {', '.join(sorted(missing))}" if missing else "price"
        raise PriceMissing(
            f"Plan {plan.code} has no {what} in {agreed.currency} on sale on {agreed.on}: add one, "
            "or choose another plan or day.",
            mend=Mend("plan", str(plan.pk), " ".join([*sorted(missing), agreed.currency])),
            plan_id=plan.pk,
        )
    codes |= {price.code for price in prices if _was_announced(price, agreed)}
    late = {price.id for price in mine.values() if price.created_at > agreed.at}
    known = [
        replace(offer.terms, recorded_on=None) if offer.price.id in late else offer.terms
        for offer in offers
        if offer.price.code in codes and offer.price.currency == agreed.currency
    ]
    return _terms(plan, known)


def _was_announced(price: Price, agreed: Agreed) -> bool:
    """Return whether a price was known to come when a plan was agreed, also to who has it."""
    is_for_all = price.applies_to != AppliesTo.NEW
    return is_for_all and price.valid_from > agreed.on and price.created_at <= agreed.at


def plan_terms(plan: Plan, prices: Iterable[Price], *, currency: str) -> PlanTerms:
    """Return a plan's terms with all versions of its prices in a currency."""
    product_id = str(plan.product_id)
    mine = [price for price in prices if price.currency == currency]
    return _terms(plan, [price_terms(price, product_id=product_id) for price in mine])


def unpriced_terms(plan: Plan) -> PlanTerms:
    """Return a plan's terms without prices: enough where only its periods matter."""
    return _terms(plan, [])


def price_terms(price: Price, *, product_id: str = "") -> PriceTerms:
    """
    Return a version of a price as the engine's value; `product_id` is that of its plan.

    :raises ContradictoryPlan: if nothing can be charged by it.
    """
    return PriceTerms(
        id=str(price.id),
        code=price.code,
        kind=PriceKind(price.kind),
        timing=Timing(price.timing),
        model=PriceModel(price.model),
        amount=price.amount,
        unit_price=price.unit_price,
        tiers=tiers_of(price.tiers),
        size=price.size,
        free_units=price.free_units or ZERO,
        round=Rounding(price.rounding),
        rate=price.rate,
        fixed_fee=price.fixed_fee or ZERO,
        free_events=price.free_events,
        free_amount=price.free_amount,
        min_per_event=price.min_per_event,
        max_per_event=price.max_per_event,
        minimum=price.minimum,
        maximum=price.maximum,
        meter=meter_terms(price.meter) if price.meter else None,
        filters=tuple((name, tuple(values)) for name, values in sorted(price.filters.items())),
        group_by=tuple(price.group_by),
        currency=price.currency,
        tax_class=price.tax_class,
        supply_kind=SupplyKind(price.supply),
        exemption_code=price.exemption_code,
        exemption_text=price.exemption_text,
        product_id=product_id or str(price.product_id or ""),
        tax_included=price.tax_included,
        proration=Proration(price.proration),
        valid_from=price.valid_from,
        valid_until=price.valid_until,
        applies_to=AppliesTo(price.applies_to),
        recorded_on=price.recorded_on,
    )


def meter_terms(meter: Meter) -> MeterTerms:
    """Return a meter as the engine's value."""
    return MeterTerms(
        id=str(meter.id),
        code=meter.code,
        aggregation=Aggregation(meter.aggregation),
        property=meter.property,
        carried=meter.carried,
    )


def tiers_of(written: Sequence[Mapping[str, str | None]]) -> tuple[Tier, ...]:
    """Return tiers from their decimal strings."""
    return tuple(
        Tier(
            up_to=None if (up_to := tier.get("up_to")) is None else Decimal(up_to),
            unit_price=Decimal(tier.get("unit_price") or 0),
            flat=Decimal(tier.get("flat") or 0),
            rate=None if (rate := tier.get("rate")) is None else Decimal(rate),
        )
        for tier in written
    )


def written_tiers(tiers: Iterable[Tier], *, model: str = "") -> list[dict[str, str | None]]:
    """Return tiers as decimal strings: the amounts that the model has, and any that isn't 0."""
    return [
        {
            "up_to": None if tier.up_to is None else plain_decimal(tier.up_to),
            **{
                name: plain_decimal(amount)
                for name in TIER_AMOUNTS
                if (amount := getattr(tier, name)) is not None
                and (amount or name in _TIER_AMOUNTS_OF.get(model, ()))
            },
        }
        for tier in tiers
    ]


TIER_AMOUNTS = ("unit_price", "flat", "rate")
_TIER_AMOUNTS_OF = {
    "graduated": ("unit_price",),
    "volume": ("unit_price",),
    "stairstep": ("flat",),
    "graduated_percentage": ("rate",),
}


def _terms(plan: Plan, prices: Sequence[PriceTerms]) -> PlanTerms:
    return PlanTerms(
        id=str(plan.id),
        code=plan.code,
        interval=Interval(plan.interval),
        interval_count=plan.interval_count,
        alignment=Alignment(plan.alignment),
        anchor_day=plan.anchor_day,
        trial_days=plan.trial_days,
        # It is taxed like a price: without one there is nothing to commit to.
        minimum_commitment=plan.minimum_commitment if prices else None,
        prices=tuple(prices),
    )


def tax_rates(countries: Iterable[str] | None = None) -> Sequence[TaxRate]:
    """Return the tax rates recorded for some countries, or for all, as the engine's values."""
    rows = TaxRateRow.objects.all()
    if countries is not None:
        rows = rows.filter(country__in=list(countries))
    return [
        TaxRate(
            country=row.country,
            tax_class=row.tax_class,
            category=row.category,
            percent=row.percent,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            source=row.source,
        )
        for row in rows
    ]
