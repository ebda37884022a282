"""What metered usage costs: quantities by the models of price, records by percentages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.money import EXACT
from billing.pricing.prices import ZERO, PriceModel, PriceTerms
from billing.pricing.rating import ONE, Step, percent_of, steps, total
from billing.pricing.usage import NOTHING, Measured, Metered, Properties


@dataclass(frozen=True, slots=True)
class Rated:
    """
    What usage costs, unrounded, before minimum and discounts; by group.

    `is_used`: there was any, be it of the value 0.
    """

    amount: Decimal
    quantity: Decimal
    is_used: bool
    groups: tuple[tuple[Properties, tuple[Step, ...]], ...]


def rate(price: PriceTerms, measured: Mapping[Properties, Measured]) -> Rated:
    """
    Return what the usage of a whole period costs; each group has the tiers for itself.

    No usage at all costs what the model asks for nothing: the first tier's flat, for example.
    """
    groups = tuple(
        (group, tuple(_rate(price, mine))) for group, mine in (measured or {(): NOTHING}).items()
    )
    amount = quantity = ZERO
    for _, found in groups:
        amount = EXACT.add(amount, total(found))
    for mine in measured.values():
        quantity = EXACT.add(quantity, mine.quantity)
    is_used = any(mine.count or mine.quantity for mine in measured.values())
    if price.model is PriceModel.FLAT:
        quantity = ONE
    return Rated(amount, quantity, is_used, groups)


def needs_records(price: PriceTerms) -> bool:
    """Return whether a price looks at single records, not only at what they add up to."""
    bounds = (price.free_events, price.free_amount, price.min_per_event, price.max_per_event)
    return price.model is PriceModel.PERCENTAGE and any(bound is not None for bound in bounds)


def _rate(price: PriceTerms, mine: Measured) -> Sequence[Step]:
    if price.model is PriceModel.DYNAMIC:
        return [Step(mine.quantity, mine.amount)]
    if price.model is PriceModel.PERCENTAGE:
        return list(_percentage(price, mine))
    return steps(price, mine.quantity)


def _percentage(price: PriceTerms, mine: Measured) -> Iterator[Step]:
    """Yield the share of the values, then the fees of the records that pay one."""
    percent = price.rate or ZERO
    if needs_records(price):
        paying = list(_paying(price, mine.records))
        value = amount = ZERO
        for rest in paying:
            value = EXACT.add(value, rest)
            amount = EXACT.add(amount, _within_bounds(price, percent_of(rest, percent)))
        count = len(paying)
    else:
        value, amount, count = mine.total, percent_of(mine.total, percent), mine.count
    yield Step(value, amount, rate=percent)
    if price.fixed_fee:
        fees = EXACT.multiply(price.fixed_fee, Decimal(count))
        yield Step(Decimal(count), fees, unit_price=price.fixed_fee)


def _paying(price: PriceTerms, records: Sequence[Metered]) -> Iterator[Decimal]:
    """Yield what is rated of each record that isn't free, in order of time."""
    free_events, free_amount = price.free_events, price.free_amount
    is_free = free_events is not None or free_amount is not None
    used_events, used_amount = 0, ZERO
    for record in records:
        if used_events == free_events or (free_amount is not None and used_amount >= free_amount):
            is_free = False
        if not is_free:
            yield record.value
            continue
        reaches = EXACT.add(used_amount, record.value)
        if free_amount is not None and reaches > free_amount:
            is_free = False
            yield EXACT.subtract(reaches, free_amount)
        used_events, used_amount = used_events + 1, reaches


def _within_bounds(price: PriceTerms, amount: Decimal) -> Decimal:
    if price.min_per_event is not None:
        amount = max(amount, price.min_per_event)
    if price.max_per_event is not None:
        amount = min(amount, price.max_per_event)
    return amount
