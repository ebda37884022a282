"""Owed minus charged: the lines that make a subscription's charges what they should be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from msgspec import Struct

from billing.pricing.explanation import Explanation, explain, explain_reversal
from billing.pricing.owed import Owed
from billing.pricing.prices import ZERO, PriceKind, PriceTerms
from billing.pricing.taxes import Tax
from billing.pricing.timeline import Timeline

_Key = tuple[str, date, str, Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """
    A charge already made: what it was for and how much, with its sign.

    `measured` is the whole quantity of a price of usage as it was known then. `tax` is None until
    a document has decided it. A concession took something back that is still owed, and shall not
    be charged again.
    """

    price_id: str
    stretch_starts_on: date
    starts_on: date
    ends_on: date
    tag: str = ""
    quantity: Decimal
    measured: Decimal | None = None
    unit_price: Decimal | None = None
    amount_minor: int
    is_credit: bool
    is_concession: bool = False
    tax: Tax | None = None


class Line(Struct, frozen=True, kw_only=True):
    """
    A charge to be made. A credit has a negative amount.

    Its days are those it adds to, or takes back from, the end of the stretch that starts on
    `stretch_starts_on`; the whole stretch where only its amount is corrected. `charged_*` is what
    the stretch was charged with before, `owed_*` what it owes now. `tax` is that as which what
    it corrects was charged; None: its document decides it. `conceded_minor` was given back of the
    stretch already: what it owes is at least that.
    """

    price: PriceTerms
    tag: str
    starts_on: date
    ends_on: date
    stretch_starts_on: date
    quantity: Decimal
    measured: Decimal | None
    unit_price: Decimal | None
    amount_minor: int
    is_credit: bool
    charged_minor: int
    charged_ends_on: date
    owed_minor: int
    owed_ends_on: date
    explanation: Explanation
    tax: Tax | None = None
    conceded_minor: int = 0


def as_charged(line: Line) -> Charged:
    """Return a line as the charge that it becomes."""
    return Charged(
        price_id=line.price.id,
        stretch_starts_on=line.stretch_starts_on,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        tag=line.tag,
        quantity=line.quantity,
        measured=line.measured if line.price.kind is PriceKind.USAGE else None,
        unit_price=line.unit_price,
        amount_minor=line.amount_minor,
        is_credit=line.is_credit,
        tax=line.tax,
    )


@dataclass(slots=True)
class _Covered:
    """What the charges of one stretch amount to, and up to which day they reach."""

    ends_on: date
    amount_minor: int = 0
    measured: Decimal | None = None
    quantity: Decimal = ZERO
    unit_price: Decimal | None = None
    conceded_minor: int = 0

    def add(self, charge: Charged) -> None:
        if charge.is_concession:
            self.conceded_minor -= charge.amount_minor
            return
        self.amount_minor += charge.amount_minor
        self.measured = charge.measured
        self.quantity, self.unit_price = charge.quantity, charge.unit_price
        if not charge.is_credit:
            self.ends_on = charge.ends_on
        elif charge.starts_on > charge.stretch_starts_on or not self.amount_minor:
            self.ends_on = charge.starts_on


def difference(
    owed: Iterable[Owed],
    charged: Iterable[Charged],
    *,
    prices: Mapping[str, PriceTerms],
    known: Timeline | None = None,
) -> tuple[Line, ...]:
    """
    Return the lines that lead from what is charged to what is owed; none when they agree.

    Charges come in the order in which they were made. Stretches are told apart by price and its
    tag, first day and quantity (not that of usage); a charged stretch that is owed no more is
    credited wholly, at the price found in `prices` (`Timeline.prices`), but for what was conceded
    of it: that was given back already. What is `known` of the subscription only helps to explain
    credits.

    :raises KeyError: if `prices` lacks the price of a charge.
    """
    covered: dict[_Key, _Covered] = {}
    for charge in charged:
        is_usage = prices[charge.price_id].kind is PriceKind.USAGE
        quantity = None if is_usage else charge.quantity
        key = (charge.price_id, charge.stretch_starts_on, charge.tag, quantity)
        covered.setdefault(key, _Covered(charge.stretch_starts_on)).add(charge)
    lines = [_correction(item, covered.pop(_key(item), None), known) for item in owed]
    lines += [_reversal(prices[key[0]], key, rest, known) for key, rest in covered.items()]
    return tuple(sorted((line for line in lines if line), key=_order))


def _key(item: Owed) -> _Key:
    quantity = None if item.price.kind is PriceKind.USAGE else item.quantity
    return item.price.id, item.starts_on, item.tag, quantity


def _order(line: Line) -> tuple[date, str, bool, str, str, Decimal]:
    price = line.price
    return (
        line.stretch_starts_on, price.code, not line.is_credit, price.id, line.tag, line.quantity,
    )  # fmt: skip


def _correction(item: Owed, covered: _Covered | None, known: Timeline | None) -> Line | None:
    covered = covered or _Covered(item.starts_on)
    charged_minor, conceded_minor = covered.amount_minor, max(covered.conceded_minor, 0)
    owed_minor = item.amount_minor  # Below zero where usage is.
    if conceded_minor:
        owed_minor = max(owed_minor, conceded_minor)
    amount_minor = owed_minor - charged_minor
    if not amount_minor:
        return None
    explanation = explain(item, charged_minor, measured_before=covered.measured, known=known)
    if owed_minor != item.amount_minor:
        explanation |= _conceded(conceded_minor)
    starts_on, ends_on = item.starts_on, item.ends_on
    if amount_minor > 0 and item.starts_on < covered.ends_on < item.ends_on:
        starts_on = covered.ends_on
    elif amount_minor < 0 and item.ends_on < covered.ends_on:
        starts_on, ends_on = item.ends_on, covered.ends_on
    is_usage = item.price.kind is PriceKind.USAGE
    return Line(
        price=item.price,
        tag=item.tag,
        starts_on=starts_on,
        ends_on=ends_on,
        stretch_starts_on=item.starts_on,
        quantity=_quantity(item, covered.measured) if is_usage else item.quantity,
        measured=item.quantity if is_usage else None,
        unit_price=item.unit_price,
        amount_minor=amount_minor,
        is_credit=amount_minor < 0,
        charged_minor=charged_minor,
        charged_ends_on=covered.ends_on,
        owed_minor=owed_minor,
        owed_ends_on=item.ends_on,
        explanation=explanation,
        conceded_minor=conceded_minor,
    )


def _conceded(conceded_minor: int) -> Explanation:
    return {"owed_minor": conceded_minor, "conceded_minor": conceded_minor}


def _quantity(item: Owed, measured_before: Decimal | None) -> Decimal:
    """Return by how much the usage differs from what was charged; all of it if by nothing."""
    return (item.quantity - (measured_before or ZERO)) or item.quantity


def _reversal(
    price: PriceTerms, key: _Key, covered: _Covered, known: Timeline | None
) -> Line | None:
    _, starts_on, tag, _ = key
    conceded_minor = max(covered.conceded_minor, 0)
    amount_minor = conceded_minor - covered.amount_minor
    if not amount_minor:
        return None
    explanation = explain_reversal(
        price, covered.quantity, (starts_on, covered.ends_on), covered.amount_minor, known=known
    )
    if conceded_minor:
        explanation |= _conceded(conceded_minor)
    return Line(
        price=price,
        tag=tag,
        starts_on=starts_on,
        ends_on=covered.ends_on,
        stretch_starts_on=starts_on,
        quantity=covered.measured if covered.measured is not None else covered.quantity,
        measured=ZERO if price.kind is PriceKind.USAGE else None,
        unit_price=covered.unit_price,
        amount_minor=amount_minor,
        is_credit=amount_minor < 0,
        charged_minor=covered.amount_minor,
        charged_ends_on=covered.ends_on,
        owed_minor=conceded_minor,
        owed_ends_on=starts_on,
        explanation=explanation,
        conceded_minor=conceded_minor,
    )
