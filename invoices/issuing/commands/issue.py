"""
From drafts to issued documents: charges, numbers, hashes, all in the caller's transaction.

Many documents of a seller are written as one is: in as many statements.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from billing.contracts.models import Contract
from billing.copying import copy_rows, relate, unsaved
from billing.customers.models import Customer
from billing.events.models import Event
from billing.ids import new_id
from billing.pricing.taxes import DocumentTotals
from billing.sellers.models import Seller
from invoices.balances.commands import (
    Booking,
    Use,
    apply_balances,
    give_back,
    keep_credit_note,
)
from invoices.issuing import metrics
from invoices.issuing.commands.telling import is_told_at_once, tell_issued, tell_of_issued
from invoices.issuing.models import Charge, Invoice, NumberSeries
from invoices.issuing.queries.accounting import correction_in_accounting_currency
from invoices.issuing.queries.basis import Between
from invoices.issuing.queries.content import GENESIS, content_hash
from invoices.issuing.queries.drafts import Draft, DraftLine, Taxed
from invoices.issuing.queries.prepared import Prepared, check_prepared, prepared
from invoices.issuing.queries.series import issue_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Who demands from whom, caused by which event, on which day."""

    event: Event
    between: Between
    currency: str
    today: date
    at: datetime

    @property
    def seller(self) -> Seller:
        """Who demands."""
        return self.between.seller

    @property
    def customer(self) -> Customer:
        """From whom."""
        return self.between.customer

    @property
    def contract(self) -> Contract | None:
        """Of which contract; None if it is of an order, or of several contracts."""
        return self.between.contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A document of which all but its number is known. Its lines name its id."""

    demand: Demand
    lines: Sequence[Charge]
    totals: DocumentTotals
    prepared: Prepared


class Tip(NamedTuple):
    """The latest document of a series: what the next one follows."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correcting:
    """
    What a credit note that was ordered corrects, and how.

    `kind` is that of the correction. `settled_minor` of it settles what is open of the invoice;
    the rest goes to the balance, or is paid out.
    """

    invoice: Invoice
    kind: str
    settled_minor: int
    is_paid_out: bool


def charges_of(demand: Demand, lines: Sequence[DraftLine], taxed: Taxed) -> list[Charge]:
    """Return the lines of a draft as the charges that an event makes of them; none is written."""
    charges = Draft(lines=lines, taxed=taxed).charges(currency=demand.currency)
    for charge in charges:
        charge.seller_id = demand.seller.id
        charge.customer_id = demand.customer.id
        charge.event_id = demand.event.id
        charge.transaction_id = demand.event.transaction_id
        charge.created_at = demand.at
    return charges


def ready(demand: Demand, lines: Sequence[Charge], totals: DocumentTotals) -> Ready:
    """
    Put lines on a document, and return all of it but its number; nothing is written.

    :raises InvoiceContentMissing: or another, if it doesn't say all that the law wants.
    :raises ExchangeRateMissing: if its VAT must be stated in another currency, at no known rate.
    """
    invoice_id = new_id()
    for position, line in enumerate(lines, start=1):
        line.invoice_id, line.position = invoice_id, position
    found = prepared(lines, totals, between=demand.between, on=demand.today)
    check_prepared(found, lines, totals, seller=demand.seller)
    return Ready(demand=demand, lines=lines, totals=totals, prepared=found)


def issue(documents: Sequence[Ready]) -> list[Invoice]:
    """
    Write documents of one seller and their lines, as `write_documents` does.

    :raises NumberSeriesAhead: if the series' latest document is dated after tomorrow.
    """
    write_charges([line for document in documents for line in document.lines])  # Sealed by it.
    return write_documents(documents)


def write_charges(charges: Sequence[Charge]) -> None:
    """Write charges; those of a document before it."""
    copy_rows(charges)
    metrics.note_charges(charges)


def write_documents(documents: Sequence[Ready]) -> list[Invoice]:
    """
    Write documents of one seller whose lines are written already, and name them.

    An invoice uses the customer's balance; a credit note adds to it. The number series is locked
    last, that of invoices before that of credit notes, so that it is held as briefly as can be:
    nothing is asked any more while it is.

    :raises NumberSeriesAhead: if the series' latest document is dated after tomorrow.
    """
    at_once = is_told_at_once(documents[0].demand.seller)
    used = apply_balances([_use(document) for document in documents])
    written: list[Invoice] = []
    for kind in ("invoice", "credit_note"):
        mine = [
            (document, prepaid)
            for document, prepaid in zip(documents, used, strict=True)
            if document.prepared.kind == kind
        ]
        if mine:
            written += _numbered(mine, kind=kind)
    for document in documents:
        if document.prepared.kind == "credit_note":
            use = _use(document)
            keep_credit_note(use.booking, invoice_id=use.invoice_id, gross_minor=use.gross_minor)
    tell_of_issued(written, at_once=at_once, at=written[0].issued_at)
    tell_issued(written, [document.demand.event for document in documents])
    metrics.note_issued(written, [_cause(document.demand) for document in documents])
    return written


def write_correction(
    demand: Demand, lines: Sequence[Charge], totals: DocumentTotals, correcting: Correcting
) -> Invoice:
    """
    Write the credit note that was ordered, whose lines are written already, and name it.

    It shows the parties of the invoice that it corrects: it corrects the supply as it was made.

    :raises NumberSeriesAhead: if the series' latest document is dated after tomorrow.
    """
    invoice_id, corrected_ = lines[0].invoice_id, correcting.invoice
    assert invoice_id is not None
    at_once = is_told_at_once(demand.seller)
    series = _lock_series(demand.seller, kind="credit_note", year=demand.today.year)
    made = _invoice(demand, totals, series=series, after=_tip(series))
    made.id, made.corrected_invoice = invoice_id, corrected_
    made.correction_kind, made.settled_minor = correcting.kind, correcting.settled_minor
    made.corrects = [{"number": corrected_.number, "issue_date": corrected_.issue_date.isoformat()}]
    made.seller_as_printed = corrected_.seller_as_printed
    made.customer_as_printed = corrected_.customer_as_printed
    made.prepaid_minor, made.payable_minor = 0, made.gross_minor
    correction_in_accounting_currency(corrected_, totals).put_on(made)
    made.hash = content_hash(made, lines)
    _store([made], series)
    if not correcting.is_paid_out:
        rest_minor = -made.gross_minor - made.settled_minor
        give_back(_booking(demand), invoice_id=invoice_id, amount_minor=rest_minor)
    tell_of_issued([made], at_once=at_once, at=demand.at)
    tell_issued([made], [demand.event])
    metrics.note_issued([made], [_cause(demand)])
    return made


def _cause(demand: Demand) -> tuple[str, datetime]:
    return demand.event.type, demand.event.recorded_at


def _use(document: Ready) -> Use:
    invoice_id = document.lines[0].invoice_id
    assert invoice_id is not None
    return Use(
        booking=_booking(document.demand),
        invoice_id=invoice_id,
        gross_minor=document.totals.gross_minor,
    )


def _numbered(documents: Sequence[tuple[Ready, int]], *, kind: str) -> list[Invoice]:
    """Write documents of one kind: each names the hash of the one before."""
    first = documents[0][0].demand
    series = _lock_series(first.seller, kind=kind, year=first.today.year)
    written: list[Invoice] = []
    tip = _tip(series)
    for document, prepaid in documents:
        invoice = _named(document, prepaid, series=series, after=tip)
        tip = Tip(invoice.sequence, invoice.hash)
        written.append(invoice)
    _store(written, series)
    return written


def _named(document: Ready, prepaid_minor: int, *, series: NumberSeries, after: Tip) -> Invoice:
    found = document.prepared
    invoice = _invoice(document.demand, document.totals, series=series, after=after)
    invoice.id, invoice.corrects = document.lines[0].invoice_id, found.corrects
    invoice.seller_as_printed, invoice.customer_as_printed = found.seller, found.customer
    invoice.prepaid_minor = prepaid_minor
    invoice.payable_minor = document.totals.gross_minor - prepaid_minor
    found.stated.put_on(invoice)
    invoice.hash = content_hash(invoice, document.lines)
    return invoice


def _tip(series: NumberSeries) -> Tip:
    return Tip(series.latest_sequence, series.latest_hash)


def _store(invoices: Sequence[Invoice], series: NumberSeries) -> None:
    """Write documents, and count them in their series."""
    copy_rows(invoices)
    latest = invoices[-1]
    series.latest_sequence = latest.sequence
    series.latest_date = latest.issue_date
    series.latest_hash = latest.hash
    series.save(update_fields=["latest_sequence", "latest_date", "latest_hash"])


def _booking(demand: Demand) -> Booking:
    return Booking(
        customer=demand.customer,
        currency=demand.currency,
        on=demand.today,
        at=demand.at,
        transaction_id=demand.event.transaction_id,
    )


def _lock_series(seller: Seller, *, kind: str, year: int) -> NumberSeries:
    key = {"seller": seller, "kind": kind, "series": "", "year": year}
    began = time.monotonic()
    series = NumberSeries.objects.select_for_update().filter(**key).first()
    if series is None:
        first = NumberSeries(**key, latest_hash=GENESIS)
        NumberSeries.objects.bulk_create([first], ignore_conflicts=True)  # Another may be first.
        series = NumberSeries.objects.select_for_update().get(**key)
    metrics.note_lock_wait(kind, time.monotonic() - began)
    return series


def _invoice(demand: Demand, total: DocumentTotals, *, series: NumberSeries, after: Tip) -> Invoice:
    """Return the document that follows the latest of its series."""
    issued_on = issue_date(series, today=demand.today)
    sequence = after.sequence + 1
    invoice = unsaved(
        Invoice,
        seller_id=demand.seller.id,
        customer_id=demand.customer.id,
        event_id=demand.event.id,
        contract_id=demand.contract.id if demand.contract else None,
        transaction_id=demand.event.transaction_id,
        kind=series.kind,
        series_id=series.id,
        sequence=sequence,
        number=_number(demand.seller, kind=series.kind, year=series.year, sequence=sequence),
        issue_date=issued_on,
        due_date=issued_on + timedelta(days=_payment_days(demand)),
        currency=demand.currency,
        corrected_invoice_id=None,
        correction_kind="",
        net_minor=total.net_minor,
        tax_minor=total.tax_minor,
        gross_minor=total.gross_minor,
        settled_minor=0,
        taxes=[tax.printed for tax in total.taxes],
        accounting_currency="",
        exchange_rate=None,
        exchange_rate_date=None,
        exchange_rate_source="",
        accounting_tax_minor=None,
        accounting_taxes=[],
        previous_hash=after.hash,
        issued_at=demand.at,
    )
    relate(invoice, seller=demand.seller, customer=demand.customer)
    return invoice


def _number(seller: Seller, *, kind: str, year: int, sequence: int) -> str:
    pattern = (
        seller.invoice_number_format if kind == "invoice" else seller.credit_note_number_format
    )
    return pattern.format(year=year, sequence=sequence)


def _payment_days(demand: Demand) -> int:
    choices = (
        demand.contract.payment_days if demand.contract else None,
        demand.customer.payment_days,
        demand.seller.payment_days,
    )
    return next(days for days in choices if days is not None)
