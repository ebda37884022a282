"""What a scenario sells, as bodies for the API."""

from collections.abc import Iterable
from datetime import date

from billing.pricing.prices import MeterTerms, PlanTerms, PriceTerms, Tier
from tests.endtoend.words import ALWAYS, Body, day_said, said


def meter_body(meter: MeterTerms, plans: Iterable[PlanTerms]) -> Body:
    prices = [price for plan in plans for price in plan.prices if price.meter == meter]
    dimensions = {name for price in prices for name in price.group_by}
    dimensions |= {name for price in prices for name, _ in price.filters}
    return {
        "code": meter.code,
        "name": meter.code,
        "aggregation": meter.aggregation.value,
        "property": meter.property,
        "carried": meter.carried,
        "dimensions": sorted(dimensions),
    }


def plan_body(plan: PlanTerms) -> Body:
    return {
        "product": f"code:product-{plan.prices[0].supply_kind if plan.prices else 'digital'}",
        "code": plan.code,
        "name": plan.code,
        "interval": plan.interval.value,
        "interval_count": plan.interval_count,
        "alignment": plan.alignment.value,
        "anchor_day": plan.anchor_day,
        "trial_days": plan.trial_days,
        "minimum_commitment": said(plan.minimum_commitment),
        "prices": [_price(price, plan) for price in plan.prices],
    }


_FIGURES = (
    "amount", "unit_price", "size", "free_units", "rate", "fixed_fee", "free_amount",
    "min_per_event", "max_per_event", "minimum", "maximum",
)  # fmt: skip


def _price(price: PriceTerms, plan: PlanTerms) -> Body:
    body: Body = {
        "code": price.code,
        "text": price.code,
        "kind": price.kind.value,
        "timing": price.timing.value,
        "model": price.model.value,
        "rounding": price.round.value,
        "free_events": price.free_events,
        "tax_class": price.tax_class,
        "tax_included": price.tax_included,
        "proration": price.proration.value,
        "currency": price.currency,
        "valid_from": (price.valid_from or ALWAYS).isoformat(),
        "valid_until": day_said(_sold_until(price, plan)),
        "applies_to": price.applies_to.value,
    }
    body |= {
        name: said(value) for name in _FIGURES if (value := getattr(price, name)) not in (None, 0)
    }
    if price.amount is not None:
        body["amount"] = said(price.amount)
    if price.unit_price is not None:
        body["unit_price"] = said(price.unit_price)
    if price.rate is not None:
        body["rate"] = said(price.rate)
    if price.tiers:
        body["tiers"] = [tier_body(tier) for tier in price.tiers]
    if price.meter:
        body["meter"] = f"code:{price.meter.code}"
        body["filters"] = {name: list(values) for name, values in price.filters}
        body["group_by"] = list(price.group_by)
    return body


def _sold_until(price: PriceTerms, plan: PlanTerms) -> date | None:
    """Return the end of a version's sale; at the latest when the next one is on sale."""
    mine = price.valid_from or ALWAYS
    ends = [
        other.valid_from
        for other in plan.prices
        if other.code == price.code and other.valid_from and other.valid_from > mine
    ]
    if price.valid_until:
        ends.append(price.valid_until)
    return min(ends, default=None)


def tier_body(tier: Tier) -> Body:
    body: Body = {"up_to": said(tier.up_to), "unit_price": said(tier.unit_price)}
    body["flat"] = said(tier.flat)
    if tier.rate is not None:
        body = {"up_to": body["up_to"], "flat": body["flat"], "rate": said(tier.rate)}
    return body
