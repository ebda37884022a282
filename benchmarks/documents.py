"""E-invoices: how many of ten lines a core writes, amounts included, and whether memory grows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

import psutil
from lxml import etree

from invoices.documents.delivering import e_invoice
from invoices.documents.profiles import Profile
from invoices.documents.semantic.codes import Category, Means, TypeCode
from invoices.documents.semantic.document import Delivery, Document
from invoices.documents.semantic.lines import Item, Line, Price, Vat
from invoices.documents.semantic.parties import Address, Contact, Identifier, Party
from invoices.documents.semantic.payment import (
    CreditTransfer,
    PaymentInstructions,
    PaymentTerms,
)
from invoices.documents.sums import line_net, totals, vat_groups
from invoices.documents.writing import write

LINES = 10
TIMES = 100
ROUNDS = 7
MANY = 3_000
RATES = (Vat(Category.STANDARD, Decimal(19)), Vat(Category.STANDARD, Decimal(7)))
SELLER = Party(
    name="Anlass Energie GmbH",
    address=Address(country="DE", street="Hauptstraße 1", city="München", postcode="80331"),
    vat_id="DE136695976",
    electronic_address=Identifier("DE136695976", "9930"),
    contact=Contact(name="Erika Muster", phone="+49 89 123456", email="rechnung@anlass.example"),
)
BUYER = Party(
    name="Stadt Musterhausen",
    address=Address(country="DE", street="Rathausplatz 5", city="Musterhausen", postcode="12345"),
    electronic_address=Identifier("04011000-12345-03", "0204"),
)
PAYMENT = PaymentInstructions(
    means=Means.SEPA_CREDIT_TRANSFER,
    remittance="RE-2026-0042",
    transfers=(CreditTransfer(account="DE02120300000000202051", holder="Anlass Energie GmbH"),),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSpeed:
    """
    Medians in microseconds per document, and MiB that many of them leave behind.

    `baseline_us`: a bare tree of as many elements and texts as the UBL has, written out.
    `delivered_us`: checked before, and against the schema behind.
    """

    baseline_us: float
    ubl_us: float
    cii_us: float
    ubl_delivered_us: float
    cii_delivered_us: float
    growth_mib: float

    @property
    def ubl_per_second(self) -> float:
        """Return how many documents a core writes in a second."""
        return 1e6 / self.ubl_us

    @property
    def cii_per_second(self) -> float:
        """Return how many documents a core writes in a second."""
        return 1e6 / self.cii_us


def measure() -> DocumentSpeed:
    """Measure documents of ten lines and two rates, from the lines' prices to the bytes."""
    elements = sum(1 for _ in etree.fromstring(write(_document(), Profile.XRECHNUNG_UBL)).iter())
    return DocumentSpeed(
        baseline_us=_median(lambda: _bare(elements)),
        ubl_us=_median(lambda: write(_document(), Profile.XRECHNUNG_UBL)),
        cii_us=_median(lambda: write(_document(), Profile.XRECHNUNG_CII)),
        ubl_delivered_us=_median(lambda: e_invoice(_document(), Profile.XRECHNUNG_UBL)),
        cii_delivered_us=_median(lambda: e_invoice(_document(), Profile.XRECHNUNG_CII)),
        growth_mib=_growth(),
    )


def _bare(elements: int) -> bytes:
    root = etree.Element("{urn:bare}root")
    for number in range(1, elements):
        etree.SubElement(root, "{urn:bare}element").text = str(number)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _document() -> Document:
    lines = tuple(_line(number) for number in range(1, LINES + 1))
    groups = vat_groups(lines)
    return Document(
        number="RE-2026-0042",
        issue_date=date(2026, 11, 2),
        type_code=TypeCode.INVOICE,
        currency="EUR",
        seller=SELLER,
        buyer=BUYER,
        buyer_reference="04011000-12345-03",
        due_date=date(2026, 12, 2),
        delivery=Delivery(on=date(2026, 10, 31)),
        payment=PAYMENT,
        terms=PaymentTerms(text="Zahlbar innerhalb von 30 Tagen ohne Abzug."),
        lines=lines,
        vat_groups=groups,
        totals=totals(lines, groups),
    )


def _line(number: int) -> Line:
    quantity, price = Decimal(number), Price(Decimal("19.99") + number)
    return Line(
        id=str(number),
        item=Item(
            name=f"Leistung {number}", description="Beschreibung", sellers_id=f"SKU-{number}"
        ),
        quantity=quantity,
        unit="C62",
        price=price,
        net=line_net(quantity, price),
        vat=RATES[number % 4 == 0],
    )


def _median(work: Callable[[], object]) -> float:
    work()  # The first reads schemas and code lists.
    return median(_microseconds(work) for _ in range(ROUNDS))


def _microseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    for _ in range(TIMES):
        work()
    return (time.perf_counter() - started) / TIMES * 1e6


def _growth() -> float:
    """Return by how much the process has grown over many documents in both syntaxes."""
    process = psutil.Process()
    before = process.memory_info().rss
    for _ in range(MANY // 2):
        e_invoice(_document(), Profile.XRECHNUNG_UBL)
        e_invoice(_document(), Profile.XRECHNUNG_CII)
    return float(process.memory_info().rss - before) / 2**20
