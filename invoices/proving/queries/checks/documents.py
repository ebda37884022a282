"""Each document's hash, totals and postings, computed again from its row and its lines."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter
from uuid import UUID

from django.db import connection

from billing.exchange.queries import is_recorded
from billing.money import plain_decimal
from billing.pricing.conversion import Conversion, convert_parts
from billing.pricing.taxes import DocumentTotals, TaxedLine, totals
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.accounting import conversion_of
from invoices.issuing.queries.content import CHARGE_COLUMNS, INVOICE_COLUMNS, content_hash
from invoices.issuing.queries.taxes import tax_of
from invoices.proving.queries.checks.books import Books, Check, Problem
from invoices.proving.queries.plain import as_objects
from invoices.reports.queries.postings import Purpose, entry_of

_AT_ONCE = 250
_CHECK = "documents_recomputed"
_RATES = "exchange_rates_recorded"

_INVOICE_COLUMNS = (*INVOICE_COLUMNS, "hash")
_INVOICES = f"""
SELECT {", ".join(_INVOICE_COLUMNS)} FROM invoices_invoice
WHERE seller_id = ANY(%(sellers)s) ORDER BY seller_id, id
"""  # noqa: S608  No text of a caller.
_LINE_COLUMNS = ("invoice_id", *CHARGE_COLUMNS)
_LINES = f"""
SELECT {", ".join(_LINE_COLUMNS)} FROM invoices_charge
WHERE invoice_id = ANY(%s) ORDER BY invoice_id, position
"""  # noqa: S608


def _recomputed(books: Books) -> Iterator[Problem]:
    """Yield the documents whose hash, totals or postings aren't those of their row and lines."""
    invoices = as_objects(Invoice, _INVOICE_COLUMNS, books.rows(_INVOICES))
    while chunk := list(islice(invoices, _AT_ONCE)):
        lines = _lines(chunk)
        for invoice in chunk:
            yield from _of_hash(books, invoice, lines.get(invoice.id, []))
            yield from _of_totals(books, invoice, lines.get(invoice.id, []))
            yield from _of_postings(books, invoice, lines.get(invoice.id, []))
            yield from _of_conversion(books, invoice)
        books.heard(len(chunk))


def _lines(invoices: Iterable[Invoice]) -> dict[UUID, list[Charge]]:
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [[invoice.id for invoice in invoices]])
        charges = as_objects(Charge, _LINE_COLUMNS, cursor.fetchall())
        return {
            invoice_id: list(lines)
            for invoice_id, lines in groupby(charges, key=attrgetter("invoice_id"))
        }


def _of_hash(books: Books, invoice: Invoice, lines: Sequence[Charge]) -> Iterator[Problem]:
    if content_hash(invoice, lines) != invoice.hash:
        yield books.problem(
            _CHECK,
            invoice.seller_id,
            f"invoice {invoice.number}",
            "its content is not what its hash was made of: a figure, text or date of it, or of"
            f" one of its {len(lines)} lines, was changed, added or removed",
        )


def _of_totals(books: Books, invoice: Invoice, lines: Sequence[Charge]) -> Iterator[Problem]:
    """Compare the stored sums with those that the lines' prices give."""
    if invoice.corrected_invoice_id:
        return  # Its sums depend on what was corrected before: see `corrections`.
    taxed = [
        TaxedLine(
            amount_minor=line.priced_minor,
            tax=tax_of(line),
            tax_included=line.tax_included,
        )
        for line in lines
    ]
    wrong = differences(invoice, lines, totals(taxed, invoice.currency))
    if wrong:
        yield books.problem(
            _CHECK, invoice.seller_id, f"invoice {invoice.number}", "; ".join(wrong)
        )


def _of_postings(books: Books, invoice: Invoice, lines: Sequence[Charge]) -> Iterator[Problem]:
    """Make its journal entry, and compare debit with credit and each with the document."""
    try:
        entry = entry_of(invoice, lines)
    except (
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
    ):  # What it says of taxes makes no sense.
        why = "it can't be posted: its taxes are incomplete"
        yield books.problem(_CHECK, invoice.seller_id, f"invoice {invoice.number}", why)
        return
    posted = {
        "debit less credit": (entry.difference_minor, 0),
        "receivable": (
            entry.total(Purpose.RECEIVABLE),
            invoice.gross_minor - invoice.prepaid_minor,
        ),
        "revenue": (-entry.total(Purpose.REVENUE), invoice.net_minor),
        "VAT": (-entry.total(Purpose.VAT), invoice.tax_minor),
    }
    wrong = [f"{name} is {is_}, not {due}" for name, (is_, due) in posted.items() if is_ != due]
    if wrong:
        why = f"its postings don't hold: {'; '.join(wrong)}"
        yield books.problem(_CHECK, invoice.seller_id, f"invoice {invoice.number}", why)


def _of_conversion(books: Books, invoice: Invoice) -> Iterator[Problem]:
    """Convert its taxes again by the rate that it froze."""
    conversion, found = conversion_of(invoice), []
    if conversion is not None and not invoice.corrected_invoice_id:
        taxes = [tax["tax_minor"] for tax in invoice.taxes]
        found = convert_parts(taxes, conversion) if any(taxes) else []
    if not invoice.corrected_invoice_id and found != invoice.accounting_taxes:
        why = "its VAT in the seller's currency is not that by its rate"
        yield books.problem(_CHECK, invoice.seller_id, f"invoice {invoice.number}", why)


def _rates(books: Books) -> Iterator[Problem]:
    """Yield the documents whose rate of exchange nobody recorded."""
    known: dict[tuple[UUID, Conversion], bool] = {}
    stated = Invoice.objects.filter(
        seller_id__in=books.names, exchange_rate__isnull=False, corrected_invoice__isnull=True
    )
    for invoice in stated.order_by("seller_id", "id").iterator(chunk_size=_AT_ONCE):
        books.heard(1)
        conversion = conversion_of(invoice)
        if conversion is None:
            continue
        key = invoice.seller_id, conversion
        if key not in known:
            known[key] = is_recorded(*key)
        if not known[key]:
            why = (
                f"nobody recorded its rate: 1 {conversion.into} = {plain_decimal(conversion.rate)} "
                f"{conversion.currency} of {conversion.day} ({conversion.source})"
            )
            yield books.problem(_RATES, invoice.seller_id, f"invoice {invoice.number}", why)


def differences(invoice: Invoice, lines: Sequence[Charge], computed: DocumentTotals) -> list[str]:
    """Return in what a document's sums and positions differ from those computed again."""
    wrong = [
        f"{name} is {stored}, but its lines give {again}"
        for name, stored, again in (
            ("net", invoice.net_minor, computed.net_minor),
            ("tax", invoice.tax_minor, computed.tax_minor),
            ("gross", invoice.gross_minor, computed.gross_minor),
        )
        if stored != again
    ]
    if invoice.taxes != [tax.printed for tax in computed.taxes]:
        wrong.append("its taxes per rate are not those of its lines")
    if [line.amount_minor for line in lines] != list(computed.line_nets):
        wrong.append("its lines' net amounts are not those of their prices")
    if [line.position for line in lines] != list(range(1, len(lines) + 1)) or not lines:
        wrong.append("its lines are not numbered 1 to n")
    return wrong


CHECKS = (
    Check(
        name=_CHECK,
        says="each document's hash and totals are the stored ones, and its postings balance",
        of="invoices",
        find=_recomputed,
        is_long=True,
    ),
    Check(
        name=_RATES,
        says="each document in another currency has a rate that was recorded",
        of="invoices",
        find=_rates,
    ),
)
