"""VAT: what is taxed, at which rates, and the totals of a document by rate."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from billing.mending import Mend, Mendable
from billing.money import plain_decimal, round_half_up, round_parts, share_of


class TaxClass(StrEnum):
    """
    What the law makes of a kind of goods or service, whatever the rate of the day.

    A country's second reduced rate and its lowest one are classes of their own; so are what only
    some countries' laws name: heat and gas, food in restaurants, photovoltaics.
    """

    STANDARD = "standard"
    REDUCED = "reduced"
    SECOND_REDUCED = "second_reduced"
    SUPER_REDUCED = "super_reduced"
    ZERO = "zero"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"  # At home, to businesses: UStG § 13b (2).
    HEAT = "heat"
    RESTAURANT = "restaurant"
    SOLAR = "solar"


class SupplyKind(StrEnum):
    """
    What kind of thing is sold: it decides where it is taxed, and what a border makes of it.

    Digital are electronic, telecommunications and broadcasting services (Directive 2006/112/EC
    Art. 58), services all others.
    """

    SERVICE = "service"
    DIGITAL = "digital"
    GOODS = "goods"


class CustomerKind(StrEnum):
    """Whether a customer buys as a business or as a consumer."""

    BUSINESS = "business"
    CONSUMER = "consumer"


class TaxDataMissing(LookupError, Mendable):
    """No tax rate is recorded for a country, tax class and day."""

    def __init__(self, problem: str, *, country: str = "", tax_class: str = "") -> None:
        """Say what is missing, of which country and class."""
        super().__init__(problem)
        self.mend = Mend("tax_rate", part=f"{country} {tax_class}")


class TaxNotDecided(ValueError, Mendable):
    """The engine has no rule for taxing this supply."""

    def __init__(self, problem: str, *, home: str = "", goes_to: str = "") -> None:
        """Say what isn't decided, between which countries."""
        super().__init__(problem)
        self.mend = Mend("registration", part=f"{home} to {goes_to}")


@dataclass(frozen=True, slots=True)
class Tax:
    """
    A VAT category (code list UNTDID 5305: S, Z, E, AE, K, G, O) and its rate in percent.

    Without VAT, `exemption_code` (code list VATEX; empty where none fits) and `exemption_text` say
    why. `override_id` names the seller's override that decided, `seller_vat_id` the registration
    in another country under which it is charged. Two taxes are equal without these four.
    """

    category: str
    percent: Decimal
    exemption_code: str = field(default="", compare=False)
    exemption_text: str = field(default="", compare=False)
    override_id: str = field(default="", compare=False)
    seller_vat_id: str = field(default="", compare=False)


class Supply(Struct, frozen=True, kw_only=True):
    """
    What decides the VAT of a thing that is sold, apart from who sells it to whom and when.

    Where it is exempt, `exemption_code` and `exemption_text` say why, in the seller's words; both
    may be empty. `product_id` is what overrides may name.
    """

    tax_class: str = TaxClass.STANDARD.value
    kind: SupplyKind = SupplyKind.DIGITAL
    exemption_code: str = ""
    exemption_text: str = ""
    product_id: str = ""


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


class TaxedLine(Struct, frozen=True):
    """A line's amount with its tax; the amount is gross if `tax_included`."""

    amount_minor: int
    tax: Tax
    tax_included: bool


class TaxTotal(Struct, frozen=True):
    """
    The sum of one category and rate of a document, and why it bears no VAT.

    Lines of one category may be so for several reasons: their texts stand side by side, and there
    is a code only if all have the same.
    """

    category: str
    percent: Decimal
    base_minor: int
    tax_minor: int
    exemption_code: str = ""
    exemption_text: str = ""

    @property
    def printed(self) -> dict[str, str | int]:
        """The total as an invoice keeps it: with a reason only where there is one."""
        reason = {"exemption_code": self.exemption_code, "exemption_text": self.exemption_text}
        return {
            "category": self.category,
            "percent": plain_decimal(self.percent),
            "base_minor": self.base_minor,
            "tax_minor": self.tax_minor,
            **{name: text for name, text in reason.items() if text},
        }


class DocumentTotals(Struct, frozen=True):
    """A document's sums; `line_nets` are the lines' net amounts in their order."""

    currency: str
    net_minor: int
    tax_minor: int
    gross_minor: int
    taxes: tuple[TaxTotal, ...]
    line_nets: tuple[int, ...]


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


def tax_total(taxes: Sequence[Tax], base_minor: int, tax_minor: int) -> TaxTotal:
    """Return the total of lines of one category and rate, with the reasons of their taxes."""
    codes = {tax.exemption_code for tax in taxes}
    texts = dict.fromkeys(tax.exemption_text for tax in taxes)
    return TaxTotal(
        taxes[0].category,
        taxes[0].percent,
        base_minor,
        tax_minor,
        exemption_code=codes.pop() if len(codes) == 1 else "",
        exemption_text="; ".join(text for text in texts if text),
    )


def net_of(gross_minor: int, percent: Decimal) -> Decimal:
    """Return the net amount of a gross one, unrounded."""
    return share_of(Decimal(gross_minor), 100, 100 + percent)


def _total(
    category: str, percent: Decimal, lines: Sequence[tuple[int, TaxedLine]], nets: list[int]
) -> TaxTotal:
    """Return the total of one rate, and put the nets of its gross lines into `nets`."""
    net_base = sum(line.amount_minor for _, line in lines if not line.tax_included)
    gross = [(index, line.amount_minor) for index, line in lines if line.tax_included]
    gross_sum = sum(amount for _, amount in gross)
    gross_base = round_half_up(net_of(gross_sum, percent))
    parts = round_parts([net_of(amount, percent) for _, amount in gross], gross_base)
    for (index, _), net in zip(gross, parts, strict=True):
        nets[index] = net
    tax_minor = round_half_up(share_of(percent, net_base, 100)) + gross_sum - gross_base
    return tax_total([line.tax for _, line in lines], net_base + gross_base, tax_minor)
