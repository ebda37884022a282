"""Reads of the catalog: prices, plans and tax rates as the pure engine's values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from billing.catalog.models import Plan, Price
from billing.catalog.models import TaxRate as TaxRateRow
from billing.periods import Alignment, Interval
from billing.pricing.prices import PlanTerms, PriceKind, PriceModel, PriceTerms, Proration, Timing
from billing.pricing.taxes import TaxRate


class PriceMissing(Exception):
    """A plan or product has no price that holds on the day, in the currency asked for."""


def on_sale(prices: Iterable[Price], *, on: date) -> list[Price]:
    """Return those of `prices` that are on sale on a day."""
    return [
        price
        for price in prices
        if price.valid_from <= on and (price.valid_until is None or on < price.valid_until)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What was agreed about a plan: from which day it holds, in which currency, and when."""

    on: date
    currency: str
    at: datetime


def plan_terms(plan: Plan, prices: Iterable[Price], *, agreed: Agreed) -> PlanTerms:
    """
    Return a plan's terms as they were agreed: the prices that were on sale for that day then.

    What is added to the plan later doesn't change what was agreed. Only a price that was missing in
    the currency is taken from what was added later: so that it can be mended.

    :raises PriceMissing: if the plan has none, or lacks one of its prices in the currency.
    """
    offered = on_sale(prices, on=agreed.on)
    known = [price for price in offered if price.created_at <= agreed.at] or offered
    codes, currency, on = {price.code for price in known}, agreed.currency, agreed.on
    chosen = {price.code: price for price in known if price.currency == currency}
    for price in sorted(offered, key=lambda price: price.created_at):
        if price.currency == currency and price.code in codes:
            chosen.setdefault(price.code, price)
    missing = codes - chosen.keys()
    if missing or not chosen:
        what = f"price {', '.join(sorted(missing))}" if missing else "price"
        raise PriceMissing(f"Plan {plan.code} has no {what} in {currency} on sale on {on}.")
    return unpriced_terms(plan, prices=[price_terms(chosen[code]) for code in sorted(chosen)])


def unpriced_terms(plan: Plan, *, prices: Sequence[PriceTerms] = ()) -> PlanTerms:
    """Return a plan's terms, with the prices given: none, where only its periods matter."""
    return PlanTerms(
        id=str(plan.id),
        code=plan.code,
        interval=Interval(plan.interval),
        interval_count=plan.interval_count,
        alignment=Alignment(plan.alignment),
        anchor_day=plan.anchor_day,
        prices=tuple(prices),
    )


def price_terms(price: Price) -> PriceTerms:
    """Return a price as the engine's value."""
    model = PriceModel(price.model)
    return PriceTerms(
        id=str(price.id),
        code=price.code,
        kind=PriceKind(price.kind),
        timing=Timing(price.timing),
        model=model,
        amount=price.unit_price if model is PriceModel.FLAT else None,
        unit_price=price.unit_price if model is PriceModel.PER_UNIT else None,
        currency=price.currency,
        tax_class=price.tax_class,
        tax_included=price.tax_included,
        proration=Proration(price.proration),
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
