"""The models of price: a quantity becomes the price of a whole billing period, with its steps."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from billing.money import EXACT
from billing.pricing.prices import ZERO, PriceModel, PriceTerms, Rounding, Tier

ONE = Decimal(1)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Step:
    """
    A part of a price: so many units, each at `unit_price` (or at `rate` percent), and a fee.

    `up_to` is the tier's upper bound, where there is one.
    """

    units: Decimal
    amount: Decimal
    unit_price: Decimal | None = None
    rate: Decimal | None = None
    flat: Decimal = ZERO
    up_to: Decimal | None = None


def rated_quantity(price: PriceTerms, quantity: Decimal) -> Decimal:
    """Return the quantity that the price depends on: always 1 where it doesn't depend on any."""
    return ONE if price.model is PriceModel.FLAT else quantity


def unit_price(price: PriceTerms) -> Decimal | None:
    """Return the price of one unit as it is printed on a line; None where units differ in price."""
    if price.model is PriceModel.FLAT:
        return price.amount
    return price.unit_price


def full_price(price: PriceTerms, quantity: Decimal) -> Decimal:
    """Return what a whole billing period costs, unrounded, before minimum and discounts."""
    if price.model is PriceModel.FLAT:
        return _the(price.amount)
    if price.model is PriceModel.PER_UNIT:
        return EXACT.multiply(_the(price.unit_price), max(quantity, ZERO))
    return total(steps(price, quantity))


def steps(price: PriceTerms, quantity: Decimal) -> list[Step]:
    """Return how a price comes about; a quantity below zero counts as zero."""
    return list(_MODELS[price.model](price, max(quantity, ZERO)))


def total(found: Sequence[Step]) -> Decimal:
    """Return the sum of the steps' amounts."""
    amount = ZERO
    for step in found:
        amount = EXACT.add(amount, step.amount)
    return amount


def percent_of(amount: Decimal, rate: Decimal) -> Decimal:
    """Return so many percent of an amount, unrounded."""
    return EXACT.divide(EXACT.multiply(amount, rate), _HUNDRED)


def _flat(price: PriceTerms, _quantity: Decimal) -> Iterator[Step]:
    amount = _the(price.amount)
    yield Step(ONE, amount, unit_price=amount)


def _per_unit(price: PriceTerms, quantity: Decimal) -> Iterator[Step]:
    each = _the(price.unit_price)
    yield Step(quantity, EXACT.multiply(each, quantity), unit_price=each)


def _graduated(price: PriceTerms, quantity: Decimal) -> Iterator[Step]:
    """Units pay the price of the tier that they lie in; each tier that is entered its flat."""
    for units, tier in _entered(price.tiers, quantity):
        amount = EXACT.add(EXACT.multiply(units, tier.unit_price), tier.flat)
        yield Step(units, amount, unit_price=tier.unit_price, flat=tier.flat, up_to=tier.up_to)


def _graduated_percentage(price: PriceTerms, quantity: Decimal) -> Iterator[Step]:
    for units, tier in _entered(price.tiers, quantity):
        amount = EXACT.add(percent_of(units, tier.rate or ZERO), tier.flat)
        yield Step(units, amount, rate=tier.rate, flat=tier.flat, up_to=tier.up_to)


def _volume(price: PriceTerms, quantity: Decimal) -> Iterator[Step]:
    """All units pay the price of the tier that the last of them lies in."""
    tier = _tier_of(price.tiers, quantity)
    amount = EXACT.add(EXACT.multiply(quantity, tier.unit_price), tier.flat)
    yield Step(quantity, amount, unit_price=tier.unit_price, flat=tier.flat, up_to=tier.up_to)


def _stairstep(price: PriceTerms, quantity: Decimal) -> Iterator[Step]:
    tier = _tier_of(price.tiers, quantity)
    yield Step(quantity, tier.flat, flat=tier.flat, up_to=tier.up_to)


def _package(price: PriceTerms, quantity: Decimal) -> Iterator[Step]:
    paid = max(EXACT.subtract(quantity, price.free_units), ZERO)
    rounding = ROUND_CEILING if price.round is Rounding.UP else ROUND_FLOOR
    packages = EXACT.divide(paid, _the(price.size)).to_integral_value(rounding)
    each = _the(price.amount)
    yield Step(packages, EXACT.multiply(packages, each), unit_price=each)


def _entered(tiers: Sequence[Tier], quantity: Decimal) -> Iterator[tuple[Decimal, Tier]]:
    """Yield the tiers that a quantity enters with the units in each; the first one always."""
    below = ZERO
    for tier in tiers:
        reaches = quantity if tier.up_to is None else min(quantity, tier.up_to)
        yield EXACT.subtract(reaches, below), tier
        if tier.up_to is None or quantity <= tier.up_to:
            return
        below = tier.up_to


def _tier_of(tiers: Sequence[Tier], quantity: Decimal) -> Tier:
    return next(tier for tier in tiers if tier.up_to is None or quantity <= tier.up_to)


def _the(amount: Decimal | None) -> Decimal:
    assert amount is not None  # PriceTerms refuses a model without its amount.
    return amount


_MODELS: dict[PriceModel, Callable[[PriceTerms, Decimal], Iterator[Step]]] = {
    PriceModel.FLAT: _flat,
    PriceModel.PER_UNIT: _per_unit,
    PriceModel.GRADUATED: _graduated,
    PriceModel.VOLUME: _volume,
    PriceModel.PACKAGE: _package,
    PriceModel.STAIRSTEP: _stairstep,
    PriceModel.GRADUATED_PERCENTAGE: _graduated_percentage,
}
