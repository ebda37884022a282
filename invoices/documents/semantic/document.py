"""The document itself, with its sums."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoices.documents.semantic.codes import Category, TypeCode
from invoices.documents.semantic.lines import AllowanceCharge, Line, Span
from invoices.documents.semantic.parties import Address, Party, Payee, TaxRepresentative
from invoices.documents.semantic.payment import PaymentInstructions, PaymentTerms

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Note:
    """A note (BG-1): text BT-22, subject (UNTDID 4451) BT-21."""

    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Preceding:
    """A document that this one corrects or credits (BG-3): number BT-25, date BT-26."""

    number: str
    issue_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    What was supplied when and where (BG-13): to whom BT-70, date BT-72, address BG-15.

    German law wants the date on every document; of a service over a period it is the last day.
    """

    on: date | None = None
    name: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """
    The sums (BG-22).

    `lines` BT-106 · `allowances` BT-107 · `charges` BT-108 · `net` BT-109 · `vat` BT-110 ·
    `vat_in_tax_currency` BT-111 · `gross` BT-112 · `prepaid` BT-113 · `rounding` BT-114 ·
    `payable` BT-115.
    """

    lines: Decimal
    net: Decimal
    vat: Decimal
    gross: Decimal
    payable: Decimal
    allowances: Decimal = ZERO
    charges: Decimal = ZERO
    prepaid: Decimal = ZERO
    rounding: Decimal = ZERO
    vat_in_tax_currency: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VatGroup:
    """
    The VAT of one category and rate (BG-23).

    `base` BT-116 · `tax` BT-117 · `category` BT-118 · `rate` BT-119 (0 outside the scope) ·
    `exemption_reason` BT-120 · `exemption_code` (VATEX) BT-121.
    """

    category: Category
    rate: Decimal
    base: Decimal
    tax: Decimal
    exemption_reason: str = ""
    exemption_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """
    An invoice or a credit note.

    `number` BT-1 · `issue_date` BT-2 · `type_code` BT-3 · `currency` BT-5 · `tax_currency` (only
    another than that) BT-6 · `due_date` BT-9 · `buyer_reference` (in Germany the Leitweg-ID) BT-10
    · `project` BT-11 · `contract` BT-12 · `order` BT-13 · `terms` BT-20 · `preceding` BG-3 ·
    `period` BG-14 · `allowances_charges` BG-20, BG-21 · `vat_groups` BG-23 · `lines` BG-25.
    """

    number: str
    issue_date: date
    type_code: TypeCode
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    totals: Totals
    vat_groups: tuple[VatGroup, ...]
    tax_currency: str = ""
    due_date: date | None = None
    buyer_reference: str = ""
    project: str = ""
    contract: str = ""
    order: str = ""
    notes: tuple[Note, ...] = ()
    preceding: tuple[Preceding, ...] = ()
    payee: Payee | None = None
    tax_representative: TaxRepresentative | None = None
    delivery: Delivery | None = None
    period: Span | None = None
    payment: PaymentInstructions | None = None
    terms: PaymentTerms | None = None
    allowances_charges: tuple[AllowanceCharge, ...] = ()
