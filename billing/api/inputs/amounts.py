"""Bounds of amounts, so that what is accepted can also be charged."""

from decimal import Decimal

from rest_framework.serializers import ValidationError

from billing.money import EXACT, from_minor, to_minor

# A hundredth of what a column of minor units holds: room for tax and for a year of periods.
MOST_MINOR = 10**16


def check_amount(quantity: Decimal, unit_price: Decimal, *, currency: str, field: str) -> int:
    """
    Return quantity x unit price in minor units.

    :raises ValidationError: naming the field, if it is more than can be charged.
    """
    amount_minor = to_minor(EXACT.multiply(quantity, unit_price), currency)
    refuse_beyond(amount_minor, currency=currency, field=field)
    return amount_minor


def refuse_beyond(amount_minor: int, *, currency: str, field: str) -> None:
    """
    Do nothing if an amount can be charged.

    :raises ValidationError: naming the field, if it can't.
    """
    if amount_minor > MOST_MINOR:
        most = from_minor(MOST_MINOR, currency)
        raise ValidationError(
            {field: [f"This amounts to more than {most:f} {currency}, the most there can be."]},
            code="amount_too_large",
        )
