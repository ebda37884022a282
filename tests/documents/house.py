"""What the cases are made of: a seller and its buyers, lines, and documents that add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from invoices.documents.exemptions import exemptions
from invoices.documents.profiles import Profile
from invoices.documents.semantic.codes import Category, Means, TypeCode
from invoices.documents.semantic.document import Delivery, Document
from invoices.documents.semantic.lines import AllowanceCharge, Item, Line, Price, Span, Vat
from invoices.documents.semantic.parties import Address, Contact, Identifier, Party
from invoices.documents.semantic.payment import (
    CreditTransfer,
    PaymentInstructions,
    PaymentTerms,
)
from invoices.documents.sums import Exemption, line_net, totals, vat_groups

ALL = frozenset(Profile)
XRECHNUNG = frozenset({Profile.XRECHNUNG_UBL, Profile.XRECHNUNG_CII})
IBAN = "DE02120300000000202051"

SELLER = Party(
    name="Anlass Energie GmbH",
    address=Address(country="DE", street="Hauptstraße 1", city="München", postcode="80331"),
    registration=Identifier("HRB 123456"),
    vat_id="DE136695976",
    tax_number="143/123/45678",
    legal_information="Amtsgericht München, HRB 123456; Geschäftsführerin: Erika Muster",
    electronic_address=Identifier("DE136695976", "9930"),
    contact=Contact(name="Erika Muster", phone="+49 89 123456", email="rechnung@anlass.example"),
)
CITY = Party(
    name='Stadt Musterhausen & Söhne <Amt> "Rat"',
    address=Address(country="DE", street="Rathausplatz 5", city="Musterhausen", postcode="12345"),
    electronic_address=Identifier("04011000-12345-03", "0204"),
)
DUTCH = Party(
    name="Tulip B.V.",
    address=Address(country="NL", street="Keizersgracht 100", city="Amsterdam", postcode="1015 AA"),
    vat_id="NL004495445B01",
    electronic_address=Identifier("NL004495445B01", "9944"),
)
SWISS = Party(
    name="Zürich Maschinen AG",
    address=Address(country="CH", street="Bahnhofstrasse 1", city="Zürich", postcode="8001"),
    electronic_address=Identifier("CHE107787577MWST", "9927"),
)

STANDARD = Vat(Category.STANDARD, Decimal(19))
REDUCED = Vat(Category.STANDARD, Decimal(7))
ZERO_RATED = Vat(Category.ZERO_RATED, Decimal(0))
EXEMPT = Vat(Category.EXEMPT, Decimal(0))
REVERSE_CHARGE = Vat(Category.REVERSE_CHARGE, Decimal(0))
INTRA_COMMUNITY = Vat(Category.INTRA_COMMUNITY, Decimal(0))
EXPORT = Vat(Category.EXPORT, Decimal(0))
OUTSIDE_SCOPE = Vat(Category.OUTSIDE_SCOPE, None)

EXEMPTIONS = exemptions("de") | {
    Category.EXEMPT: Exemption("Steuerfrei nach § 4 Nr. 12 UStG", "VATEX-EU-135-1")
}
BANK = PaymentInstructions(
    means=Means.SEPA_CREDIT_TRANSFER,
    remittance="RE-2026-0042",
    transfers=(CreditTransfer(account=IBAN, holder="Anlass Energie GmbH", bic="BYLADEM1001"),),
)
OCTOBER = Span(first_day=date(2026, 10, 1), last_day=date(2026, 10, 31))


@dataclass(frozen=True, slots=True)
class Case:
    """A document, the profiles that it fits, and the rules that keep it out of the others."""

    document: Document
    fits: frozenset[Profile] = ALL
    refused_by: Mapping[Profile, set[str]] = field(default_factory=dict)


def line(
    name: str,
    quantity: str,
    price: str,
    vat: Vat = STANDARD,
    *,
    per: str | None = None,
    unit: str = "C62",
    allowances_charges: tuple[AllowanceCharge, ...] = (),
    **more: Any,
) -> Line:
    """A line that adds up; `numbered` gives it its id."""
    each = Price(Decimal(price), Decimal(per) if per else None)
    net = more.pop("net", None) or line_net(Decimal(quantity), each, allowances_charges)
    return Line(
        id="",
        item=more.pop("item", None) or Item(name=name),
        quantity=Decimal(quantity),
        unit=unit,
        price=each,
        net=net,
        vat=vat,
        allowances_charges=allowances_charges,
        **more,
    )


def document(lines: Sequence[Line], **more: Any) -> Document:
    """A document of these lines whose sums are right; `more` says what is different."""
    numbered = tuple(replace(each, id=str(position)) for position, each in enumerate(lines, 1))
    adjusted = more.get("allowances_charges", ())
    reasons = more.pop("exemptions", EXEMPTIONS)
    groups = more.pop("vat_groups", None) or vat_groups(numbered, adjusted, reasons)
    sums = totals(
        numbered,
        groups,
        adjusted,
        prepaid=Decimal(more.pop("prepaid", 0)),
        rounding=Decimal(more.pop("rounding", 0)),
        vat_in_tax_currency=more.pop("vat_in_tax_currency", None),
    )
    said: dict[str, Any] = {
        "number": "RE-2026-0042",
        "issue_date": date(2026, 11, 2),
        "type_code": TypeCode.INVOICE,
        "currency": "EUR",
        "seller": SELLER,
        "buyer": CITY,
        "due_date": date(2026, 12, 2),
        "buyer_reference": "04011000-12345-03",
        "delivery": Delivery(on=date(2026, 10, 31)),
        "payment": BANK,
        "terms": PaymentTerms(text="Zahlbar innerhalb von 30 Tagen ohne Abzug."),
    }
    return Document(**said | more, lines=numbered, vat_groups=groups, totals=sums)
