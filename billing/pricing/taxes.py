"""VAT: which rate holds for a supply, and the totals of a document by rate."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.money import round_half_up, round_parts, share_of
from billing.pricing.tax_area import is_in_eu, tax_country


class TaxClass(StrEnum):
    """What the law makes of a kind of goods or service, whatever the rate of the day."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"
    EXEMPT = "exempt"


class CustomerKind(StrEnum):
    """Whether a customer buys as a business or as a consumer."""

    BUSINESS = "business"
    CONSUMER = "consumer"


class TaxDataMissing(LookupError):
    """No tax rate is recorded for a country, tax class and day."""


class TaxNotDecided(ValueError):
    """The engine has no rule for taxing this supply."""


@dataclass(frozen=True, slots=True)
class Tax:
    """
    A VAT category (code list UNTDID 5305: S, Z, E, AE, O) and its rate in percent.

    Without VAT, `exemption_code` (code list VATEX; empty where the law has several) and
    `exemption_text` say why. They follow from the category, so two taxes are equal without them.
    """

    category: str
    percent: Decimal
    exemption_code: str = field(default="", compare=False)
    exemption_text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """
    What decides the VAT between a seller and a customer.

    `oss`: the seller declares sales to consumers in other EU countries by the one-stop shop.
    """

    seller_country: str
    oss: bool
    customer_country: str
    kind: CustomerKind
    has_valid_vat_id: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRate:
    """A rate of a country from `valid_from` up to, but without, `valid_until`."""

    country: str
    tax_class: str
    category: str
    percent: Decimal
    valid_from: date
    valid_until: date | None
    source: str = ""

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
ZERO_RATED = Tax("Z", Decimal(0))
EXEMPT = Tax("E", Decimal(0), "", "Exempt from VAT")
REVERSE_CHARGE = Tax("AE", Decimal(0), "VATEX-EU-AE", "Reverse charge")
OUTSIDE_SCOPE = Tax("O", Decimal(0), "VATEX-EU-O", "Not subject to VAT")
# By category: tells why a charge that is stored with it bears no VAT.
WITHOUT_RATE = {tax.category: tax for tax in (ZERO_RATED, EXEMPT, REVERSE_CHARGE, OUTSIDE_SCOPE)}
_BY_CLASS = {TaxClass.ZERO: ZERO_RATED, TaxClass.EXEMPT: EXEMPT}


def decide_tax(
    *, parties: Parties, tax_class: str, supplied_on: date, rates: Iterable[TaxRate]
) -> Tax:
    """
    Return the tax on a service that is supplied on a day (over a period: its last day).

    At home, and to whoever pays VAT like a consumer in another EU country, the seller's rate of the
    class holds; for the latter with the one-stop shop the customer's country's. A business with a
    VAT id there owes the tax itself. Outside the Union nothing is due.
    Source: Directive 2006/112/EC Art. 44, 45, 58, 196.

    :raises TaxNotDecided: if the seller is outside the EU, and the customer in another country.
    :raises TaxDataMissing: if `rates` holds none for the country, class and day.
    """
    if without_rate := _without_rate(parties, tax_class):
        return without_rate
    country = parties.customer_country if parties.oss else parties.seller_country
    return _rate_in(tax_country(country), tax_class, supplied_on, rates)


def _without_rate(parties: Parties, tax_class: str) -> Tax | None:
    """Return the tax where no country's rate has to be looked up."""
    seller, customer = tax_country(parties.seller_country), tax_country(parties.customer_country)
    if seller != customer and not is_in_eu(seller):
        raise TaxNotDecided(
            f"A supply from {seller} to {customer} crosses a border, and of sellers outside the "
            "European Union only domestic supplies are decided: check both countries."
        )
    if seller != customer and not is_in_eu(customer):
        return OUTSIDE_SCOPE
    owes_tax_itself = parties.kind is CustomerKind.BUSINESS and parties.has_valid_vat_id
    if seller != customer and owes_tax_itself and tax_class != TaxClass.EXEMPT:
        return REVERSE_CHARGE
    return _BY_CLASS[TaxClass(tax_class)] if tax_class in _BY_CLASS else None


def _rate_in(country: str, tax_class: str, supplied_on: date, rates: Iterable[TaxRate]) -> Tax:
    for rate in rates:
        is_of_class = rate.country == country and rate.tax_class == tax_class
        if is_of_class and rate.holds_on(supplied_on):
            return Tax(rate.category, rate.percent)
    raise TaxDataMissing(
        f"No tax rate is recorded for {country}, class {tax_class}, on {supplied_on}: "
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
