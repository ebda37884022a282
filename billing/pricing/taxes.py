"""VAT: which rate holds for a supply, and the totals of a document by rate."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.money import round_half_up, round_parts, share_of


class TaxClass(StrEnum):
    """What the law makes of a kind of goods or service, whatever the rate of the day."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"
    EXEMPT = "exempt"


class TaxDataMissing(LookupError):
    """No tax rate is recorded for a country, tax class and day."""


class TaxNotDecided(ValueError):
    """The engine has no rule for taxing this supply."""


@dataclass(frozen=True, slots=True)
class Tax:
    """A VAT category (code list UNTDID 5305: S, Z, E) and its rate in percent."""

    category: str
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate:
    """A rate of a country from `valid_from` up to, but without, `valid_until`."""

    country: str
    tax_class: str
    category: str
    percent: Decimal
    valid_from: date
    valid_until: date | None

    def holds_on(self, on: date) -> bool:
        """Return whether the rate is in force on a day."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """A line's amount with its tax; the amount is gross if `tax_included`."""

    amount_minor: int
    tax: Tax
    tax_included: bool


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """The sum of one category and rate of a document."""

    category: str
    percent: Decimal
    base_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class DocumentTotals:
    """A document's sums; `line_nets` are the lines' net amounts in their order."""

    currency: str
    net_minor: int
    tax_minor: int
    gross_minor: int
    taxes: tuple[TaxTotal, ...]
    line_nets: tuple[int, ...]


# Rates of zero by nature need no table: no country's law puts another figure on them.
_WITHOUT_RATE = {
    TaxClass.ZERO: Tax("Z", Decimal(0)),
    TaxClass.EXEMPT: Tax("E", Decimal(0)),
}


def decide_tax(
    *,
    seller_country: str,
    customer_country: str,
    tax_class: str,
    supplied_on: date,
    rates: Iterable[TaxRate],
) -> Tax:
    """
    Return the tax on a supply made on a day (of a service: its last day).

    :raises TaxNotDecided: if the customer is abroad.
    :raises TaxDataMissing: if `rates` holds none for the country, class and day.
    """
    if customer_country != seller_country:
        raise TaxNotDecided(
            f"A supply from {seller_country} to {customer_country} crosses a border, and only "
            "domestic supplies are decided: check the customer's country, or issue it by hand."
        )
    if tax_class in _WITHOUT_RATE:
        return _WITHOUT_RATE[TaxClass(tax_class)]
    for rate in rates:
        is_of_class = rate.country == seller_country and rate.tax_class == tax_class
        if is_of_class and rate.holds_on(supplied_on):
            return Tax(rate.category, rate.percent)
    raise TaxDataMissing(
        f"No tax rate is recorded for {seller_country}, class {tax_class}, on {supplied_on}: "
        "record it, then retry."
    )


def totals(lines: Sequence[TaxedLine], currency: str) -> DocumentTotals:
    """
    Return the totals of a document: tax once per category and rate, never per line.

    Net lines: tax is the base x percent, rounded half up. Gross lines: their gross sum keeps
    to the cent, net is the sum / (1 + rate) rounded half up, tax the rest, and the net is
    spread over them by largest remainder. Negated lines have negated totals.
    Source: EN 16931 BR-CO-14, BR-CO-17.
    """
    groups: defaultdict[tuple[str, Decimal], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        groups[line.tax.category, line.tax.percent].append(index)
    nets = [line.amount_minor for line in lines]
    taxes = tuple(
        _total(category, percent, [(i, lines[i]) for i in groups[category, percent]], nets)
        for category, percent in sorted(groups)
    )
    net_minor, tax_minor = sum(nets), sum(total.tax_minor for total in taxes)
    return DocumentTotals(currency, net_minor, tax_minor, net_minor + tax_minor, taxes, tuple(nets))


def _total(
    category: str, percent: Decimal, lines: Sequence[tuple[int, TaxedLine]], nets: list[int]
) -> TaxTotal:
    """Return the total of one rate, and put the nets of its gross lines into `nets`."""
    net_base = sum(line.amount_minor for _, line in lines if not line.tax_included)
    gross = [(index, line.amount_minor) for index, line in lines if line.tax_included]
    gross_sum = sum(amount for _, amount in gross)
    gross_base = round_half_up(_net_of(gross_sum, percent))
    parts = round_parts([_net_of(amount, percent) for _, amount in gross], gross_base)
    for (index, _), net in zip(gross, parts, strict=True):
        nets[index] = net
    tax_minor = round_half_up(share_of(percent, net_base, 100)) + gross_sum - gross_base
    return TaxTotal(category, percent, net_base + gross_base, tax_minor)


def _net_of(gross_minor: int, percent: Decimal) -> Decimal:
    return share_of(Decimal(gross_minor), 100, 100 + percent)
