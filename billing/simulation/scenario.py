"""A scenario as values: what a seller sells, what happens to a customer, what is expected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from billing.pricing.prices import MeterTerms, PlanTerms
from billing.pricing.taxes import Supply, SupplyKind, TaxTotal
from billing.pricing.terms import ChangeKind, Credit, Discount, Override, When
from billing.pricing.usage import UsageRecord


class Grouping(StrEnum):
    """What is put onto one document."""

    PER_EVENT = "per_event"
    PER_DAY = "per_day"
    MONTHLY = "monthly"


class BadScenario(ValueError):
    """A scenario can't be told or run: the text says where, what is wrong, and how to mend it."""

    def __init__(self, problem: str, *, where: str = "") -> None:
        """`where` is a line of a file or a path in JSON; empty where none is to blame."""
        super().__init__(f"{where}: {problem}" if where else problem)
        self.problem, self.where = problem, where


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerTerms:
    """
    Who sells. `zone` is an IANA time zone: days are the seller's.

    `registrations` are countries with the VAT ids that the seller has there.
    """

    country: str = "DE"
    zone: str = "Europe/Berlin"
    currency: str = "EUR"
    oss: bool = False
    small_business: bool = False
    registrations: tuple[tuple[str, str], ...] = ()

    @property
    def as_printed(self) -> dict[str, Any]:
        """What of it decides the VAT, as an invoice freezes it; what holds does so for ever."""
        always = {"valid_from": date.min.isoformat()}
        return {
            "country": self.country,
            "oss": self.oss,
            "small_business": always if self.small_business else None,
            "registrations": [
                {"country": country, "vat_id": vat_id, **always}
                for country, vat_id in self.registrations
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerTerms:
    """
    Who buys. `vat_id` counts if it is valid for the country.

    `delivery_country` is where goods go; None: to the country.
    """

    country: str = "DE"
    kind: str = "business"
    vat_id: str | None = None
    delivery_country: str | None = None

    @property
    def as_printed(self) -> dict[str, Any]:
        """What of it decides the VAT, as an invoice freezes it."""
        return {
            "country": self.country,
            "kind": self.kind,
            "vat_id": self.vat_id or "",
            "delivery": {"country": self.delivery_country or ""},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TermMonths:
    """A contract's term, counted from its first start."""

    initial_months: int
    renewal_months: int | None
    notice_months: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """What the contract says of invoices and of its end."""

    grouping: Grouping = Grouping.PER_EVENT
    invoice_day: int = 1
    term: TermMonths | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    A row of the timeline: a change that is ordered.

    `where` says where it stands, for errors (for example "line 12"), `places` where its keys do.
    """

    subscription: str
    on: date
    recorded_on: date
    kind: ChangeKind
    when: When = When.NOW
    plan: PlanTerms | None = None
    quantity: Decimal | None = None
    credit: Credit = Credit.PRORATED
    discount: Discount | None = None
    override: Override | None = None
    anchor_day: int | None = None
    where: str = ""
    places: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedLine:
    """A line of an order; its price is gross if tax is included."""

    text: str
    quantity: Decimal
    unit_price: Decimal
    tax_class: str = "standard"
    supply_kind: SupplyKind = SupplyKind.DIGITAL
    tax_included: bool = False

    @property
    def supply(self) -> Supply:
        """What decides its VAT."""
        return Supply(tax_class=self.tax_class, kind=self.supply_kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A single purchase of a day."""

    on: date
    lines: tuple[OrderedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A record of a meter; `subscription` is empty where the scenario has only one."""

    meter: str
    subscription: str
    record: UsageRecord
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """
    A story up to and including the day `until`. Meters and plans by their codes.

    `places` say where seller, customer and contract stand, for refusals; `expect` is as it was
    written; None: nothing is expected.
    """

    title: str
    seller: SellerTerms = field(default_factory=SellerTerms)
    customer: CustomerTerms = field(default_factory=CustomerTerms)
    contract: ContractTerms = field(default_factory=ContractTerms)
    meters: Mapping[str, MeterTerms] = field(default_factory=dict)
    plans: Mapping[str, PlanTerms] = field(default_factory=dict)
    timeline: tuple[Row, ...] = ()
    orders: tuple[Ordered, ...] = ()
    usage: tuple[Used, ...] = ()
    until: date
    places: Mapping[str, str] = field(default_factory=dict, compare=False)
    expect: Mapping[str, Any] | None = None

    def place(self, path: str) -> str:
        """Return where something stands, such as contract.term, or what is around it."""
        while path and path not in self.places:
            path = path.rpartition(".")[0]
        return self.places.get(path, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """A line of a document; amounts are net of tax, in minor units."""

    price: str | None
    text: str
    starts_on: date | None
    ends_on: date | None
    quantity: Decimal
    unit_price: Decimal | None
    net_minor: int
    tax_category: str
    tax_percent: Decimal
    explanation: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An invoice, or a credit note with negative figures."""

    on: date
    kind: str
    currency: str
    net_minor: int
    tax_minor: int
    gross_minor: int
    taxes: tuple[TaxTotal, ...]
    lines: tuple[DocumentLine, ...]
