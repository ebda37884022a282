"""The models of price: a quantity becomes the full price of a whole billing period."""

from collections.abc import Callable
from decimal import Decimal

from billing.money import EXACT
from billing.pricing.terms import PriceModel, PriceTerms

ONE = Decimal(1)


def rated_quantity(price: PriceTerms, quantity: Decimal) -> Decimal:
    """Return the quantity that the price depends on: always 1 where it doesn't depend on any."""
    return ONE if price.model is PriceModel.FLAT else quantity


def unit_price(price: PriceTerms) -> Decimal:
    """Return the price of one unit as it is printed on a line."""
    return _the(price.amount if price.model is PriceModel.FLAT else price.unit_price)


def full_price(price: PriceTerms, quantity: Decimal) -> Decimal:
    """Return what a whole billing period costs, unrounded."""
    return _MODELS[price.model](price, quantity)


def _flat(price: PriceTerms, _quantity: Decimal) -> Decimal:
    return _the(price.amount)


def _per_unit(price: PriceTerms, quantity: Decimal) -> Decimal:
    return EXACT.multiply(_the(price.unit_price), quantity)


def _the(amount: Decimal | None) -> Decimal:
    assert amount is not None  # PriceTerms refuses a model without its amount.
    return amount


_MODELS: dict[PriceModel, Callable[[PriceTerms, Decimal], Decimal]] = {
    PriceModel.FLAT: _flat,
    PriceModel.PER_UNIT: _per_unit,
}
