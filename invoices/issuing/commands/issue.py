"""From a draft to an issued invoice: charges, number, hash, all in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.events import log
from billing.events.models import Event
from billing.ids import new_id
from billing.pricing.taxes import DocumentTotals
from billing.sellers.models import Seller
from invoices.balances.commands import Booking, apply_balance, give_back, keep_credit_note
from invoices.issuing.events import invoice_issued
from invoices.issuing.models import Charge, Invoice, NumberSeries
from invoices.issuing.queries.accounting import correction_in_accounting_currency
from invoices.issuing.queries.content import GENESIS, content_hash
from invoices.issuing.queries.drafts import Draft, DraftLine, Taxed
from invoices.issuing.queries.legal_contents import check_document
from invoices.issuing.queries.prepared import Between, prepared
from invoices.issuing.queries.series import issue_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Who demands from whom, caused by which event, on which day."""

    event: Event
    seller: Seller
    customer: Customer
    contract: Contract | None
    currency: str
    today: date
    at: datetime

    @property
    def between(self) -> Between:
        """Whose document it makes."""
        return Between(seller=self.seller, customer=self.customer, contract=self.contract)


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


def issue_invoice(demand: Demand, lines: Sequence[DraftLine], taxed: Taxed) -> Invoice:
    """
    Write the charges of a draft and the invoice or credit note that demands them.

    :raises NumberSeriesAhead: if the series' latest document is dated after tomorrow.
    """
    charges = _charges(demand, lines, taxed)
    invoice_id = new_id()
    for position, charge in enumerate(charges, start=1):
        charge.invoice_id, charge.position = invoice_id, position
    Charge.objects.bulk_create(charges)  # Before their invoice: it seals them.
    return write_invoice(demand, charges, taxed.totals)


def keep_waiting(demand: Demand, lines: Sequence[DraftLine], taxed: Taxed) -> None:
    """Write the charges of a draft; they wait to be collected onto an invoice."""
    Charge.objects.bulk_create(_charges(demand, lines, taxed))


def write_invoice(demand: Demand, lines: Sequence[Charge], totals: DocumentTotals) -> Invoice:
    """
    Write the document whose lines are written already, and name it.

    A credit note refers to the invoices that it corrects, and adds to the customer's balance; an
    invoice uses it. The number series is locked last, so that it is held as briefly as can be:
    nothing is asked any more while it is.

    :raises NumberSeriesAhead: if the series' latest document is dated after tomorrow.
    :raises InvoiceContentMissing: or another, if it doesn't say all that the law wants.
    :raises ExchangeRateMissing: if its VAT must be stated in another currency, at no known rate.
    """
    invoice_id, gross = lines[0].invoice_id, totals.gross_minor
    assert invoice_id is not None
    ready, booking = (
        prepared(lines, totals, between=demand.between, on=demand.today),
        _booking(demand),
    )
    prepaid = apply_balance(booking, invoice_id=invoice_id, gross_minor=gross)
    series = _lock_series(demand.seller, kind=ready.kind, year=demand.today.year)
    invoice = _invoice(demand, totals, series=series, kind=ready.kind)
    invoice.id, invoice.corrects = invoice_id, ready.corrects
    invoice.seller_as_printed, invoice.customer_as_printed = ready.seller, ready.customer
    invoice.prepaid_minor, invoice.payable_minor = prepaid, gross - prepaid
    ready.stated.put_on(invoice)
    check_document(invoice, lines)
    _store(invoice, lines, series)
    if ready.kind == "credit_note":
        keep_credit_note(booking, invoice_id=invoice_id, gross_minor=gross)
    log.append([invoice_issued(invoice)], at=demand.at)
    return invoice


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
    series = _lock_series(demand.seller, kind="credit_note", year=demand.today.year)
    made = _invoice(demand, totals, series=series, kind="credit_note")
    made.id, made.corrected_invoice = invoice_id, corrected_
    made.correction_kind, made.settled_minor = correcting.kind, correcting.settled_minor
    made.corrects = [{"number": corrected_.number, "issue_date": corrected_.issue_date.isoformat()}]
    made.seller_as_printed = corrected_.seller_as_printed
    made.customer_as_printed = corrected_.customer_as_printed
    made.prepaid_minor, made.payable_minor = 0, made.gross_minor
    correction_in_accounting_currency(corrected_, totals).put_on(made)
    _store(made, lines, series)
    if not correcting.is_paid_out:
        rest_minor = -made.gross_minor - made.settled_minor
        give_back(_booking(demand), invoice_id=invoice_id, amount_minor=rest_minor)
    log.append([invoice_issued(made)], at=demand.at)
    return made


def _store(invoice: Invoice, lines: Sequence[Charge], series: NumberSeries) -> None:
    """Seal a document by its hash, and count it in its series."""
    invoice.hash = content_hash(invoice, lines)
    invoice.save(force_insert=True)
    series.latest_sequence = invoice.sequence
    series.latest_date = invoice.issue_date
    series.latest_hash = invoice.hash
    series.save(update_fields=["latest_sequence", "latest_date", "latest_hash"])


def _booking(demand: Demand) -> Booking:
    return Booking(
        customer=demand.customer,
        currency=demand.currency,
        on=demand.today,
        at=demand.at,
        transaction_id=demand.event.transaction_id,
    )


def _charges(demand: Demand, lines: Sequence[DraftLine], taxed: Taxed) -> list[Charge]:
    charges = Draft(lines=lines, taxed=taxed).charges(currency=demand.currency)
    for charge in charges:
        charge.seller = demand.seller
        charge.customer = demand.customer
        charge.event = demand.event
        charge.transaction_id = demand.event.transaction_id
        charge.created_at = demand.at
    return charges


def _lock_series(seller: Seller, *, kind: str, year: int) -> NumberSeries:
    key = {"seller": seller, "kind": kind, "series": "", "year": year}
    series = NumberSeries.objects.select_for_update().filter(**key).first()
    if series is None:
        first = NumberSeries(**key, latest_hash=GENESIS)
        NumberSeries.objects.bulk_create([first], ignore_conflicts=True)  # Another may be first.
        series = NumberSeries.objects.select_for_update().get(**key)
    return series


def _invoice(demand: Demand, total: DocumentTotals, *, series: NumberSeries, kind: str) -> Invoice:
    issued_on = issue_date(series, today=demand.today)
    sequence = series.latest_sequence + 1
    return Invoice(
        seller=demand.seller,
        customer=demand.customer,
        contract=demand.contract,
        event=demand.event,
        transaction_id=demand.event.transaction_id,
        kind=kind,
        series=series,
        sequence=sequence,
        number=_number(demand.seller, kind=kind, year=series.year, sequence=sequence),
        issue_date=issued_on,
        due_date=issued_on + timedelta(days=_payment_days(demand)),
        currency=demand.currency,
        net_minor=total.net_minor,
        tax_minor=total.tax_minor,
        gross_minor=total.gross_minor,
        taxes=[tax.printed for tax in total.taxes],
        previous_hash=series.latest_hash,
        issued_at=demand.at,
    )


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
