"""Owed minus charged: the lines that make a subscription's charges what they should be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from billing.money import plain_decimal
from billing.pricing.owed import Owed
from billing.pricing.rating import unit_price
from billing.pricing.terms import PriceTerms

Explanation = dict[str, str | int | bool | None]
_Key = tuple[str, date, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """A charge already made: what it was for and how much, with its sign."""

    price_id: str
    stretch_starts_on: date
    starts_on: date
    ends_on: date
    quantity: Decimal
    amount_minor: int
    is_credit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    A charge to be made. A credit has a negative amount.

    Its days are those it adds to, or takes back from, the end of the stretch that starts on
    `stretch_starts_on`; the whole stretch where only its amount is corrected.
    """

    price: PriceTerms
    starts_on: date
    ends_on: date
    stretch_starts_on: date
    quantity: Decimal
    unit_price: Decimal
    amount_minor: int
    is_credit: bool
    explanation: Explanation = field(hash=False)


@dataclass(slots=True)
class _Covered:
    """What the charges of one stretch amount to, and up to which day they reach."""

    ends_on: date
    amount_minor: int = 0

    def add(self, charge: Charged) -> None:
        self.amount_minor += charge.amount_minor
        if not charge.is_credit:
            self.ends_on = charge.ends_on
        elif charge.starts_on > charge.stretch_starts_on or not self.amount_minor:
            self.ends_on = charge.starts_on


def difference(
    owed: Iterable[Owed], charged: Iterable[Charged], *, prices: Mapping[str, PriceTerms]
) -> tuple[Line, ...]:
    """
    Return the lines that lead from what is charged to what is owed; none when they agree.

    Charges come in the order in which they were made. Stretches are told apart by price,
    first day and quantity; a charged stretch that is owed no more is credited wholly, at the
    price found in `prices` (`Timeline.prices`).

    :raises KeyError: if `prices` lacks the price of such a charge.
    """
    covered: dict[_Key, _Covered] = {}
    for charge in charged:
        key = (charge.price_id, charge.stretch_starts_on, charge.quantity)
        covered.setdefault(key, _Covered(charge.stretch_starts_on)).add(charge)
    lines = [_correction(item, covered.pop(_key(item), None)) for item in owed]
    lines += [_reversal(prices[key[0]], key, rest) for key, rest in covered.items()]
    return tuple(sorted((line for line in lines if line.amount_minor), key=_order))


def _key(item: Owed) -> _Key:
    return item.price.id, item.starts_on, item.quantity


def _order(line: Line) -> tuple[date, str, bool, str, Decimal]:
    price = line.price
    return line.stretch_starts_on, price.code, not line.is_credit, price.id, line.quantity


def _correction(item: Owed, covered: _Covered | None) -> Line:
    covered = covered or _Covered(item.starts_on)
    amount_minor = item.amount_minor - covered.amount_minor
    starts_on, ends_on = item.starts_on, item.ends_on
    if amount_minor > 0 and item.starts_on < covered.ends_on < item.ends_on:
        starts_on = covered.ends_on
    elif amount_minor < 0 and item.ends_on < covered.ends_on:
        starts_on, ends_on = item.ends_on, covered.ends_on
    return Line(
        price=item.price,
        starts_on=starts_on,
        ends_on=ends_on,
        stretch_starts_on=item.starts_on,
        quantity=item.quantity,
        unit_price=item.unit_price,
        amount_minor=amount_minor,
        is_credit=amount_minor < 0,
        explanation=_explain(item, covered.amount_minor),
    )


def _reversal(price: PriceTerms, key: _Key, covered: _Covered) -> Line:
    _, starts_on, quantity = key
    return Line(
        price=price,
        starts_on=starts_on,
        ends_on=covered.ends_on,
        stretch_starts_on=starts_on,
        quantity=quantity,
        unit_price=unit_price(price),
        amount_minor=-covered.amount_minor,
        is_credit=covered.amount_minor > 0,
        explanation={
            "model": price.model.value,
            "proration": price.proration.value,
            "quantity": plain_decimal(quantity),
            "unit_price": plain_decimal(unit_price(price)),
            "stretch_starts_on": str(starts_on),
            "stretch_ends_on": str(covered.ends_on),
            "owed_minor": 0,
            "charged_before_minor": covered.amount_minor,
        },
    )


def _explain(item: Owed, charged_before_minor: int) -> Explanation:
    return {
        "model": item.price.model.value,
        "proration": item.price.proration.value,
        "quantity": plain_decimal(item.quantity),
        "unit_price": plain_decimal(item.unit_price),
        "full_price": plain_decimal(item.full_price),
        "begun_price": plain_decimal(item.begun),
        "share_used": item.used,
        "share_whole": item.whole,
        "days_used": (item.ends_on - item.starts_on).days,
        "days_of_period": item.period.days,
        "period_starts_on": str(item.period.starts_on),
        "period_ends_on": str(item.period.ends_on),
        "stretch_starts_on": str(item.starts_on),
        "stretch_ends_on": str(item.ends_on),
        "due_on": str(item.due_on),
        "plan_id": item.plan_id,
        "change_id": item.change_id,
        "ended_by_change_id": item.ended_by,
        "owed_minor": item.amount_minor,
        "charged_before_minor": charged_before_minor,
    }
