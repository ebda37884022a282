"""Which days the charges of a subscription cover, net of what was taken back."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise

from billing.pricing.difference import Charged

Stretch = tuple[date, date]


def overlaps(charged: Iterable[Charged]) -> Iterator[tuple[str, Stretch, Stretch]]:
    """
    Yield each price with two stretches that are charged for the same days, net of credits.

    Charges come in the order in which they were made.
    """
    stretches: dict[str, list[Stretch]] = defaultdict(list)
    for (price_id, starts_on, _), ends_on in _net(charged).items():
        stretches[price_id].append((starts_on, ends_on))
    for price_id, found in stretches.items():
        for earlier, later in pairwise(sorted(found)):
            if later[0] < earlier[1]:
                yield price_id, earlier, later


def _net(charged: Iterable[Charged]) -> dict[tuple[str, date, Decimal], date]:
    """Return the last day, excluded, that each stretch still covers; none if it was taken back."""
    amounts: dict[tuple[str, date, Decimal], int] = defaultdict(int)
    ends: dict[tuple[str, date, Decimal], date] = {}
    for charge in charged:
        key = charge.price_id, charge.stretch_starts_on, charge.quantity
        amounts[key] += charge.amount_minor
        if not charge.is_credit:
            ends[key] = max(charge.ends_on, ends.get(key, charge.ends_on))
        elif charge.starts_on > charge.stretch_starts_on:
            ends[key] = charge.starts_on
    return {key: ends_on for key, ends_on in ends.items() if amounts[key]}
