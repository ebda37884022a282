"""The rows of an auditor's archive, table by table, read as a stream."""

from datetime import date

from django.db.models import Count, Max, Min

from billing.catalog.models import Price
from billing.customers.models import Customer
from billing.events.archived import archived_of
from billing.events.models import Attempt, Failure
from billing.money import from_minor
from invoices.balances.models import BalanceMovement
from invoices.issuing.queries.retention import retained_until
from invoices.reports.queries.accounts import Accounts
from invoices.reports.queries.audit_period import (
    AT_ONCE,
    Period,
    Rows,
)
from invoices.reports.queries.postings import entries
from invoices.reports.queries.stored import path_of


def invoices(period: Period) -> Rows:
    """Yield what was issued, credit notes among it."""
    for each in period.invoices.select_related("series").iterator(chunk_size=AT_ONCE):
        amounts = (
            each.net_minor, each.tax_minor, each.gross_minor, each.prepaid_minor,
            each.payable_minor,
        )  # fmt: skip
        yield (
            each.id, each.number, each.kind, each.issue_date, each.due_date, each.customer_id,
            each.currency, *(from_minor(amount, each.currency) for amount in amounts),
            f"{each.kind} {each.series.series} {each.series.year}", each.sequence,
            retained_until(each), each.corrected_invoice_id, each.correction_kind,
            from_minor(each.settled_minor, each.currency), each.event_id,
            each.transaction_id, each.issued_at, each.previous_hash, each.hash,
        )  # fmt: skip


def lines(period: Period) -> Rows:
    """Yield the lines of what was issued."""
    columns = (
        "id", "invoice_id", "position", "text", "quantity", "unit_price", "starts_on", "ends_on",
        "tax_category", "tax_percent", "exemption_code", "exemption_text", "seller_vat_id",
        "tax_override_id", "supply", "is_credit", "corrects_id", "price_id",
        "price_code", "subscription_id", "order_line__order_id", "cause",
        "transaction_id", "currency", "amount_minor",
    )  # fmt: skip
    for row in period.charges.values_list(*columns).iterator(chunk_size=AT_ONCE):
        *values, currency, amount = row
        yield (*values, currency, from_minor(amount, currency))


def taxes(period: Period) -> Rows:
    """Yield the VAT of each rate and reason."""
    for each in period.invoices.iterator(chunk_size=AT_ONCE):
        for tax in each.taxes:
            yield (
                each.id, tax["category"], tax["percent"].replace(".", ","), each.currency,
                from_minor(tax["base_minor"], each.currency),
                from_minor(tax["tax_minor"], each.currency),
            )  # fmt: skip


def corrections(period: Period) -> Rows:
    """Yield what each credit note takes back."""
    for each in period.invoices.exclude(corrects=[]).iterator(chunk_size=AT_ONCE):
        for corrected in each.corrects:
            day = date.fromisoformat(corrected["issue_date"])
            yield each.id, corrected["number"], each.number, day


def conversions(period: Period) -> Rows:
    """Yield VAT in the currency of the seller's accounts."""
    for each in period.invoices.exclude(accounting_currency="").iterator(chunk_size=AT_ONCE):
        tax_minor, currency = each.accounting_tax_minor, each.accounting_currency
        yield (
            each.id, currency, each.exchange_rate, each.exchange_rate_date,
            each.exchange_rate_source,
            None if tax_minor is None else from_minor(tax_minor, currency),
        )  # fmt: skip


def postings(period: Period) -> Rows:
    """Yield the entries of the journal."""
    accounts = Accounts(period.seller.pk, chart=period.chart)
    for entry in entries(period.invoices):
        invoice = entry.invoice
        for number, each in enumerate(entry.postings, start=1):
            yield (
                invoice.id, number, each.purpose, accounts.number(each, invoice),
                invoice.issue_date, invoice.currency,
                from_minor(each.amount_minor, invoice.currency), each.tax_category, each.percent,
                each.country, each.supply, each.product_id or "", each.starts_on, each.ends_on,
            )  # fmt: skip


def customers(period: Period) -> Rows:
    """Yield whom invoices were issued to."""
    ids = period.invoices.order_by().values("customer_id")
    found = Customer.objects.filter(pk__in=ids).select_related("debtor_account").order_by("pk")
    for each in found.iterator(chunk_size=AT_ONCE):
        debtor = getattr(each, "debtor_account", None)
        yield (
            each.id, each.external_id or "", each.name, each.kind, each.street, each.postcode,
            each.city, each.country, each.vat_id, each.email, debtor.number if debtor else None,
        )  # fmt: skip


def sellers(period: Period) -> Rows:
    """Yield the seller itself."""
    each = period.seller
    yield (
        each.id, each.name, each.street, each.postcode, each.city, each.country, each.vat_id,
        each.tax_number, each.currency, each.timezone, each.invoice_number_format,
        each.credit_note_number_format,
    )  # fmt: skip


def series(period: Period) -> Rows:
    """Yield the number series, with their first and last numbers."""
    found = period.invoices.order_by().values_list(
        "series__kind", "series__series", "series__year", "series_id"
    )
    bounds = found.annotate(first=Min("sequence"), last=Max("sequence"), count=Count("id"))
    for kind, series, year, key, *low_high, count in bounds.order_by("series_id"):
        of_series = period.invoices.filter(series_id=key)
        first, last = (of_series.get(sequence=sequence) for sequence in low_high)
        yield (
            f"{kind} {series} {year}", first.sequence, first.number, last.sequence, last.number,
            count, first.previous_hash, last.hash,
        )  # fmt: skip


def prices(period: Period) -> Rows:
    """Yield the versions of prices that were charged."""
    ids = period.charges.order_by().values("price_id")
    found = Price.objects.filter(pk__in=ids).select_related("plan", "product").order_by("pk")
    for each in found.iterator(chunk_size=AT_ONCE):
        yield (
            each.id, each.code, each.plan.code if each.plan else "",
            each.product.code if each.product else "", each.text, each.kind, each.model,
            each.currency, each.amount, each.unit_price, each.tax_class, each.tax_included,
            each.valid_from, each.valid_until,
        )  # fmt: skip


def movements(period: Period) -> Rows:
    """Yield the movements of customers' balances."""
    found = BalanceMovement.objects.filter(
        seller=period.seller,
        booked_on__gte=period.first_day,
        booked_on__lte=period.last_day,
    )
    for each in found.order_by("pk").iterator(chunk_size=AT_ONCE):
        yield (
            each.id, each.customer_id, each.kind, each.booked_on, each.currency,
            from_minor(each.amount_minor, each.currency), each.lot_id or "",
            each.invoice_id or "", each.reason, each.transaction_id,
        )  # fmt: skip


def documents(period: Period) -> Rows:
    """Yield the files, and where they lie in the archive."""
    for each in period.documents.iterator(chunk_size=AT_ONCE):
        yield (
            each.id, each.invoice_id, path_of(each), each.kind, each.format, each.media_type,
            each.size, each.sha256, each.template_version, each.rule_version, each.created_at,
        )  # fmt: skip


def events(period: Period) -> Rows:
    """Yield the events that led to what was issued."""
    columns = (
        "id", "type", "stream_id", "as_of_date", "occurred_at", "recorded_at", "state",
        "transaction_id", "idempotency_key",
    )  # fmt: skip
    rows = period.events.order_by("position").values_list(*columns)
    yield from rows.iterator(chunk_size=AT_ONCE)


def attempts(period: Period) -> Rows:
    """Yield the attempts to handle these events."""
    columns = (
        "id", "event_id", "task", "worker", "started_at", "ended_at", "outcome", "error_class",
    )  # fmt: skip
    for each in archived_of(period.seller.pk, period.events):
        yield tuple(getattr(each, column) for column in columns)
    found = Attempt.objects.filter(event__in=period.events).order_by("pk")
    yield from found.values_list(*columns).iterator(chunk_size=AT_ONCE)


def failures(period: Period) -> Rows:
    """Yield the failures of these events."""
    columns = (
        "id", "event_id", "code", "reason", "state", "opened_at", "closed_at", "closed_by",
        "closing_note",
    )  # fmt: skip
    found = Failure.objects.filter(event__in=period.events).order_by("opened_at", "pk")
    for row in found.values_list(*columns).iterator(chunk_size=AT_ONCE):
        yield tuple("" if value is None else value for value in row)
