"""Amounts of a document in the currency in which its seller accounts for VAT."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.money import EXACT, from_minor, minor_digits, round_parts, to_minor

RATE_PLACES = 18  # Of a rate that was reckoned over the euro.
_SMALLEST = Decimal(1).scaleb(-RATE_PLACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """
    A rate of exchange: so many units of `currency` for one of `into`, as the ECB says it.

    `day` is that for which it was published, of a month its first; `source` says who did.
    """

    currency: str
    into: str
    rate: Decimal
    day: date
    source: str


def crossed(of: Conversion, over: Conversion) -> Conversion:
    """
    Return the rate between two currencies by their rates for one unit of a third.

    Source: 2006/112/EC Art. 91 (2), by the euro's rates.
    """
    rate = EXACT.divide(of.rate, over.rate)
    sources = dict.fromkeys([of.source, over.source])
    return Conversion(
        currency=of.currency,
        into=over.currency,
        rate=rate.quantize(_SMALLEST, context=EXACT),
        day=min(of.day, over.day),
        source=", ".join(source for source in sources if source),
    )


def converted(amount_minor: int, by: Conversion) -> int:
    """Return an amount in minor units of the other currency, rounded half up."""
    return to_minor(_exact(amount_minor, by), by.into)


def convert_parts(
    parts_minor: Sequence[int], by: Conversion, *, total_minor: int | None = None
) -> list[int]:
    """
    Return the parts of an amount in minor units of the other currency; nothing stays nothing.

    They sum to the whole, which is rounded once; or to `total_minor`, which may lie one beside it.
    """
    whole = converted(sum(parts_minor), by) if total_minor is None else total_minor
    digits = minor_digits(by.into)
    some = [place for place, part in enumerate(parts_minor) if part]
    shares = [_exact(parts_minor[place], by).scaleb(digits, EXACT) for place in some]
    found = [0] * len(parts_minor)
    for place, amount in zip(some, round_parts(shares, whole), strict=True):
        found[place] = amount
    return found


def convert_correction(
    taxes_minor: Sequence[int], by: Conversion, *, left_minor: int, left_converted_minor: int
) -> list[int]:
    """
    Return the taxes of a correction, of which so much is left on what it corrects.

    What is left afterwards is what its tax comes to, so that corrections together never take back
    more than was stated, and a whole cancellation takes back exactly that.
    """
    left_after = converted(left_minor + sum(taxes_minor), by)
    return convert_parts(taxes_minor, by, total_minor=left_after - left_converted_minor)


def _exact(amount_minor: int, by: Conversion) -> Decimal:
    return EXACT.divide(from_minor(amount_minor, by.currency), by.rate)
