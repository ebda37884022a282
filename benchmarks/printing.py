"""Printed documents: how many hybrids of ten lines a core makes, what many pages cost, memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

import psutil
import typst

from benchmarks.documents import BUYER, LINES, PAYMENT, RATES, SELLER
from invoices.documents.delivering import e_invoice
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.rendering import render
from invoices.documents.profiles import Profile
from invoices.documents.semantic.codes import TypeCode
from invoices.documents.semantic.document import Delivery, Document
from invoices.documents.semantic.lines import Item, Line, Price
from invoices.documents.sums import line_net, totals, vat_groups

ROUNDS = 7
TIMES = 20
MANY = 200
MANY_LINES = 460  # 20 pages
BARE = b"#for n in range(10) [ Zeile #n in #sys.inputs.at #h(1fr) 19,99 #linebreak()]"
EXPLANATION = (
    "89,00 € für November 2026, den ganzen Monat: „Grundgebühr“ im Tarif „Business M“."
    " Dieser Preis gilt seit dem 01.07.2026."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintingSpeed:
    """
    Medians of processor time per document, and MiB that many of them leave behind.

    `baseline_ms`: a bare page of ten lines, set by the same engine. `hybrid_ms`: the e-invoice
    written and checked, the page set, both put together.
    """

    baseline_ms: float
    hybrid_ms: float
    many_pages_ms: float
    growth_mib: float

    @property
    def hybrids_per_second(self) -> float:
        """Return how many hybrids a core makes in a second."""
        return 1e3 / self.hybrid_ms


def measure() -> PrintingSpeed:
    """Measure documents of one page with explanations, and of twenty pages."""
    compiler = typst.Compiler()
    return PrintingSpeed(
        baseline_ms=_median(
            lambda at: compiler.compile(input=BARE, format="pdf", sys_inputs={"at": str(at)}),
            TIMES,
        ),
        hybrid_ms=_median(lambda at: _hybrid(_document(at, LINES)), TIMES),
        many_pages_ms=_median(lambda at: _hybrid(_document(at, MANY_LINES)), 1),
        growth_mib=_growth(),
    )


def _document(at: int, size: int) -> Document:
    lines = tuple(_line(number) for number in range(1, size + 1))
    groups = vat_groups(lines)
    return Document(
        number=f"RE-2026-{at:05}",  # Another each time: nothing is remembered of the one before.
        issue_date=date(2026, 11, 2),
        type_code=TypeCode.INVOICE,
        currency="EUR",
        seller=SELLER,
        buyer=BUYER,
        due_date=date(2026, 12, 2),
        delivery=Delivery(on=date(2026, 10, 31)),
        payment=PAYMENT,
        lines=lines,
        vat_groups=groups,
        totals=totals(lines, groups),
    )


def _line(number: int) -> Line:
    quantity, price = Decimal(number), Price(Decimal("19.99") + number)
    return Line(
        id=str(number),
        item=Item(name=f"Leistung {number}", description="Beschreibung"),
        quantity=quantity,
        unit="C62",
        price=price,
        net=line_net(quantity, price),
        vat=RATES[number % 4 == 0],
    )


def _hybrid(document: Document) -> bytes:
    why = {line.id: EXPLANATION for line in document.lines[:LINES]}
    xml = e_invoice(document, Profile.ZUGFERD)
    return render(document, Printing(explanations=why), xml=xml)


def _median(work: Callable[[int], object], times: int) -> float:
    work(0)  # The first reads fonts.
    return median(_milliseconds(work, times, at) for at in range(ROUNDS))


def _milliseconds(work: Callable[[int], object], times: int, offset: int) -> float:
    started = time.process_time()
    for at in range(times):
        work(offset * times + at)
    return (time.process_time() - started) / times * 1e3


def _growth() -> float:
    """Return by how much the process grows over many documents, once its caches are filled."""
    process = psutil.Process()
    for at in range(MANY // 10):
        _hybrid(_document(at, LINES))
    before = process.memory_info().rss
    for at in range(MANY):
        _hybrid(_document(at, LINES))
    return float(process.memory_info().rss - before) / 2**20
