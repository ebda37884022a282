"""Amounts of money: exact `Decimal` inside, integer minor units of ISO 4217 outside."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from functools import cache

from iso4217 import Currency

from billing.mending import Mend, Mendable

# Wide enough that no price x quantity x seconds is cut off before the one rounding at the line:
# half a minor unit must be told from a hair less.
EXACT = Context(prec=80, rounding=ROUND_HALF_UP, traps=[InvalidOperation])
# Divisions that don't end, such as days of days, are cut at the last digit: what is nearer than
# this to half a minor unit is half of one.
_HAIR_DIGITS = 50
_HAIR = Decimal(1).scaleb(-_HAIR_DIGITS)
_LOSSLESS = Context(prec=80, rounding=ROUND_HALF_UP, traps=[InvalidOperation, Inexact])


class UnknownCurrency(ValueError, Mendable):
    """The code is not an ISO 4217 currency that amounts can be charged in."""

    def __init__(self, problem: str, *, currency: str = "") -> None:
        """Say what is wrong with which code."""
        super().__init__(problem)
        self.mend = Mend("currency", part=currency)


@cache
def minor_digits(currency: str) -> int:
    """
    Return how many decimal places the currency has: 2 for EUR, 0 for JPY, 3 for KWD.

    Source: ISO 4217 list one.

    :raises UnknownCurrency: if the code is no currency, or one without minor unit such as gold.
    """
    try:
        digits = Currency(currency).exponent
    except ValueError:
        raise UnknownCurrency(
            f"{currency!r} is not an ISO 4217 code: use one such as EUR.", currency=currency
        ) from None
    if digits is None:
        raise UnknownCurrency(
            f"{currency} has no minor unit: nothing can be charged in it.", currency=currency
        )
    return digits


def is_currency(code: str) -> bool:
    """Return whether amounts can be charged in a currency."""
    try:
        minor_digits(code)
    except UnknownCurrency:
        return False
    return True


def round_half_up(amount: Decimal) -> int:
    """Return the nearest whole number; halves go away from zero, so that signs are symmetric."""
    return int(amount.to_integral_value(ROUND_HALF_UP))


def to_minor(amount: Decimal, currency: str) -> int:
    """Return the amount in minor units, rounded half up: 199.995 EUR are 20000."""
    exact = amount.scaleb(minor_digits(currency), EXACT)
    if exact.adjusted() < EXACT.prec - _HAIR_DIGITS - 1:
        exact = exact.quantize(_HAIR, ROUND_HALF_UP, EXACT)
    return round_half_up(exact)


def check_whole_minor(amount: Decimal, currency: str) -> str | None:
    """Return what is wrong with an amount that the currency's coins can't pay; None if it can."""
    digits = minor_digits(currency)
    scaled = amount.scaleb(digits, EXACT)
    if scaled == scaled.to_integral_value():
        return None
    remedy = f"give {digits} decimals at most" if digits else "give a whole amount"
    return f"{plain_decimal(amount)} {currency} can't be paid: {remedy}"


def from_minor(amount_minor: int, currency: str) -> Decimal:
    """Return the amount with all decimal places of its currency: 20000 are 200.00 EUR."""
    return Decimal(amount_minor).scaleb(-minor_digits(currency), _LOSSLESS)


def share_of(amount: Decimal, used: Decimal | int, whole: Decimal | int) -> Decimal:
    """Return amount x used / whole, unrounded."""
    return EXACT.divide(EXACT.multiply(amount, Decimal(used)), Decimal(whole))


def round_parts(parts: Sequence[Decimal], total_minor: int) -> list[int]:
    """
    Round exact parts to whole numbers that sum to the total, by largest remainder.

    The parts may have different signs; their exact sum must round to the total.
    """
    rounded = [int(part.to_integral_value(ROUND_DOWN)) for part in parts]
    left = total_minor - sum(rounded)
    sign = 1 if left >= 0 else -1
    by_loss = sorted(range(len(parts)), key=lambda i: sign * (rounded[i] - parts[i]))
    for i in by_loss[: abs(left)]:
        rounded[i] += sign
    return rounded


def plain_decimal(value: Decimal) -> str:
    """Return a decimal without exponent and without trailing zeros: the same for 1, 1.0 and 1E0."""
    text = str(value)  # Quicker than a format, and mostly enough.
    if "E" in text:
        text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
