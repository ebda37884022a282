"""The tables of an auditor's archive, and their rows, read as a stream."""

from datetime import date

from django.db.models import Count, Max, Min

from billing.catalog.models import Price
from billing.customers.models import Customer
from billing.events.archived import archived_of
from billing.events.models import Attempt, Failure
from billing.money import from_minor
from invoices.balances.models import BalanceMovement
from invoices.issuing.queries.retention import retained_until
from invoices.reports.audit.description import Column
from invoices.reports.queries.accounts import Accounts
from invoices.reports.queries.audit_facts import FACTS
from invoices.reports.queries.audit_period import (
    AT_ONCE,
    CURRENCY,
    DAY,
    EXACT,
    INVOICE,
    MONEY,
    TEXT,
    TRANSACTION,
    WHOLE,
    Listed,
    Period,
    Rows,
    table,
)
from invoices.reports.queries.postings import entries
from invoices.reports.queries.stored import path_of


def _invoices(period: Period) -> Rows:
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


def _lines(period: Period) -> Rows:
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


def _taxes(period: Period) -> Rows:
    for each in period.invoices.iterator(chunk_size=AT_ONCE):
        for tax in each.taxes:
            yield (
                each.id, tax["category"], tax["percent"].replace(".", ","), each.currency,
                from_minor(tax["base_minor"], each.currency),
                from_minor(tax["tax_minor"], each.currency),
            )  # fmt: skip


def _corrections(period: Period) -> Rows:
    for each in period.invoices.exclude(corrects=[]).iterator(chunk_size=AT_ONCE):
        for corrected in each.corrects:
            day = date.fromisoformat(corrected["issue_date"])
            yield each.id, corrected["number"], each.number, day


def _conversions(period: Period) -> Rows:
    for each in period.invoices.exclude(accounting_currency="").iterator(chunk_size=AT_ONCE):
        tax_minor, currency = each.accounting_tax_minor, each.accounting_currency
        yield (
            each.id, currency, each.exchange_rate, each.exchange_rate_date,
            each.exchange_rate_source,
            None if tax_minor is None else from_minor(tax_minor, currency),
        )  # fmt: skip


def _postings(period: Period) -> Rows:
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


def _customers(period: Period) -> Rows:
    ids = period.invoices.order_by().values("customer_id")
    found = Customer.objects.filter(pk__in=ids).select_related("debtor_account").order_by("pk")
    for each in found.iterator(chunk_size=AT_ONCE):
        debtor = getattr(each, "debtor_account", None)
        yield (
            each.id, each.external_id or "", each.name, each.kind, each.street, each.postcode,
            each.city, each.country, each.vat_id, each.email, debtor.number if debtor else None,
        )  # fmt: skip


def _sellers(period: Period) -> Rows:
    each = period.seller
    yield (
        each.id, each.name, each.street, each.postcode, each.city, each.country, each.vat_id,
        each.tax_number, each.currency, each.timezone, each.invoice_number_format,
        each.credit_note_number_format,
    )  # fmt: skip


def _series(period: Period) -> Rows:
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


def _prices(period: Period) -> Rows:
    ids = period.charges.order_by().values("price_id")
    found = Price.objects.filter(pk__in=ids).select_related("plan", "product").order_by("pk")
    for each in found.iterator(chunk_size=AT_ONCE):
        yield (
            each.id, each.code, each.plan.code if each.plan else "",
            each.product.code if each.product else "", each.text, each.kind, each.model,
            each.currency, each.amount, each.unit_price, each.tax_class, each.tax_included,
            each.valid_from, each.valid_until,
        )  # fmt: skip


def _movements(period: Period) -> Rows:
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


def _documents(period: Period) -> Rows:
    for each in period.documents.iterator(chunk_size=AT_ONCE):
        yield (
            each.id, each.invoice_id, path_of(each), each.kind, each.format, each.media_type,
            each.size, each.sha256, each.template_version, each.rule_version, each.created_at,
        )  # fmt: skip


def _events(period: Period) -> Rows:
    columns = (
        "id", "type", "stream_id", "as_of_date", "occurred_at", "recorded_at", "state",
        "transaction_id", "idempotency_key",
    )  # fmt: skip
    rows = period.events.order_by("position").values_list(*columns)
    yield from rows.iterator(chunk_size=AT_ONCE)


def _attempts(period: Period) -> Rows:
    columns = (
        "id", "event_id", "task", "worker", "started_at", "ended_at", "outcome", "error_class",
    )  # fmt: skip
    for each in archived_of(period.seller.pk, period.events):
        yield tuple(getattr(each, column) for column in columns)
    found = Attempt.objects.filter(event__in=period.events).order_by("pk")
    yield from found.values_list(*columns).iterator(chunk_size=AT_ONCE)


def _failures(period: Period) -> Rows:
    columns = (
        "id", "event_id", "code", "reason", "state", "opened_at", "closed_at", "closed_by",
        "closing_note",
    )  # fmt: skip
    found = Failure.objects.filter(event__in=period.events).order_by("opened_at", "pk")
    for row in found.values_list(*columns).iterator(chunk_size=AT_ONCE):
        yield tuple("" if value is None else value for value in row)


TABLES = (
    Listed(
        table(
            "invoices", "Invoices and credit notes as issued",
            Column("id", TEXT, "Identity"), Column("number", TEXT, "Number, as printed"),
            Column("kind", TEXT, "invoice or credit_note"),
            Column("issue_date", DAY, "Date of issue"), Column("due_date", DAY, "Payable by"),
            Column("customer_id", TEXT, "Customer", "customers"), CURRENCY,
            Column("net", MONEY, "Net"), Column("tax", MONEY, "VAT"),
            Column("gross", MONEY, "Gross"), Column("prepaid", MONEY, "Paid from the balance"),
            Column("payable", MONEY, "Left to pay"),
            Column("series", TEXT, "Number series", "series"),
            Column("sequence", WHOLE, "1, 2, 3 in the series"),
            Column("retained_until", DAY, "Kept at least until"),
            Column("corrected_invoice_id", TEXT, "What a credit note that was ordered takes back"),
            Column("correction_kind", TEXT, "cancellation or correction"),
            Column("settled", MONEY, "What it settles of the corrected invoice"),
            Column("event_id", TEXT, "Event that caused it"), TRANSACTION,
            Column("issued_at", TEXT, "Instant of issue, UTC"),
            Column("previous_hash", TEXT, "SHA-256 of the one before in the series"),
            Column("hash", TEXT, "SHA-256 of its content: a line of content.jsonl"),
        ),
        _invoices,
    ),
    Listed(
        table(
            "lines", "Lines of the documents",
            Column("id", TEXT, "Identity of the charge"), INVOICE,
            Column("position", WHOLE, "On the document"), Column("text", TEXT, "As printed"),
            Column("quantity", EXACT, "Quantity"), Column("unit_price", EXACT, "Price of a unit"),
            Column("starts_on", DAY, "First day of the service"),
            Column("ends_on", DAY, "First day after it"),
            Column("tax_category", TEXT, "UNCL 5305 code"), Column("tax_percent", EXACT, "Rate"),
            Column("exemption_code", TEXT, "Why it bears no VAT, as VATEX code"),
            Column("exemption_text", TEXT, "Why it bears no VAT, as printed"),
            Column("seller_vat_id", TEXT, "Of the seller's registration in another country"),
            Column("tax_override_id", TEXT, "The seller's own decision", "tax_overrides"),
            Column("supply", TEXT, "goods, service or digital"),
            Column("is_credit", TEXT, "Whether it takes back a charge"),
            Column("corrects_id", TEXT, "The line that someone had taken back by it"),
            Column("price_id", TEXT, "Version of the price", "prices"),
            Column("price_code", TEXT, "Code of the price"),
            Column("subscription_id", TEXT, "Subscription"), Column("order_id", TEXT, "Order"),
            Column("cause", TEXT, "Fact that caused it"), TRANSACTION, CURRENCY,
            Column("net", MONEY, "Net"),
        ),
        _lines,
    ),
    Listed(
        table(
            "taxes", "VAT of the documents by category and rate", INVOICE,
            Column("category", TEXT, "UNCL 5305 code"), Column("percent", TEXT, "Rate"), CURRENCY,
            Column("base", MONEY, "Net"), Column("tax", MONEY, "VAT"), keys=3,
        ),
        _taxes,
    ),
    Listed(
        table(
            "corrections", "Documents that credit notes refer to", INVOICE,
            Column("corrected_number", TEXT, "Number of the corrected document"),
            Column("number", TEXT, "Number of the credit note"),
            Column("corrected_date", DAY, "Date of the corrected document"), keys=2,
        ),
        _corrections,
    ),
    Listed(
        table(
            "conversions", "VAT of documents in other currencies, in the seller's", INVOICE,
            Column("currency", TEXT, "The seller's, ISO 4217 code"),
            Column("rate", EXACT, "Units of the document's currency for one of it"),
            Column("rate_date", DAY, "Of the rate; of a month's average its first day"),
            Column("source", TEXT, "Whose rate"), Column("tax", MONEY, "VAT, if it shows any"),
        ),
        _conversions,
    ),
    Listed(
        table(
            "postings", "Journal entries derived from the documents", INVOICE,
            Column("posting", WHOLE, "1, 2, 3 of the entry"),
            Column("purpose", TEXT, "What it is for"), Column("account", TEXT, "Of the chart"),
            Column("day", DAY, "Date of issue"), CURRENCY,
            Column("amount", MONEY, "Debit; negative: credit"),
            Column("tax_category", TEXT, "UNCL 5305 code"), Column("percent", EXACT, "Rate"),
            Column("country", TEXT, "Whose VAT"), Column("supply", TEXT, "Kind of supply"),
            Column("product_id", TEXT, "Product"),
            Column("starts_on", DAY, "First day of the service"),
            Column("ends_on", DAY, "First day after it"), keys=2,
        ),
        _postings,
    ),
    Listed(
        table(
            "customers", "Customers of these documents, as they are now",
            Column("id", TEXT, "Identity"), Column("external_id", TEXT, "Own number"),
            Column("name", TEXT, "Name"), Column("kind", TEXT, "business or consumer"),
            Column("street", TEXT, "Street"), Column("postcode", TEXT, "Postcode"),
            Column("city", TEXT, "City"), Column("country", TEXT, "ISO 3166 code"),
            Column("vat_id", TEXT, "VAT id"), Column("email", TEXT, "E-mail"),
            Column("debtor", WHOLE, "Account in the books"),
        ),
        _customers,
    ),
    Listed(
        table(
            "sellers", "Who issued them, as it is now",
            Column("id", TEXT, "Identity"), Column("name", TEXT, "Name"),
            Column("street", TEXT, "Street"), Column("postcode", TEXT, "Postcode"),
            Column("city", TEXT, "City"), Column("country", TEXT, "ISO 3166 code"),
            Column("vat_id", TEXT, "VAT id"), Column("tax_number", TEXT, "Tax number"), CURRENCY,
            Column("timezone", TEXT, "Whose days decide"),
            Column("invoice_numbers", TEXT, "Form of numbers"),
            Column("credit_note_numbers", TEXT, "Form of numbers"),
        ),
        _sellers,
    ),
    Listed(
        table(
            "series", "Number series: what of them is in the period",
            Column("series", TEXT, "Kind, name and year"),
            Column("first_sequence", WHOLE, "First of the period"),
            Column("first_number", TEXT, "Its number"),
            Column("last_sequence", WHOLE, "Last of the period"),
            Column("last_number", TEXT, "Its number"), Column("documents", WHOLE, "How many"),
            Column("hash_before", TEXT, "SHA-256 of the one before the first"),
            Column("hash_of_last", TEXT, "SHA-256 of the last"),
        ),
        _series,
    ),
    Listed(
        table(
            "prices", "Versions of prices that the lines were charged by",
            Column("id", TEXT, "Identity"), Column("code", TEXT, "Code"),
            Column("plan", TEXT, "Plan"), Column("product", TEXT, "Product"),
            Column("text", TEXT, "As printed"), Column("kind", TEXT, "When it is charged"),
            Column("model", TEXT, "How it is computed"), CURRENCY,
            Column("amount", EXACT, "Of flat prices"), Column("unit_price", EXACT, "Of a unit"),
            Column("tax_class", TEXT, "What the law makes of it"),
            Column("tax_included", TEXT, "Whether it is gross"),
            Column("valid_from", DAY, "On sale from"), Column("valid_until", DAY, "Up to, without"),
        ),
        _prices,
    ),
    Listed(
        table(
            "balance_movements", "Money on customers' balances",
            Column("id", TEXT, "Identity"), Column("customer_id", TEXT, "Customer"),
            Column("kind", TEXT, "What moved it"), Column("booked_on", DAY, "Day"), CURRENCY,
            Column("amount", MONEY, "Negative takes away"), Column("lot_id", TEXT, "From which"),
            Column("invoice_id", TEXT, "Document"), Column("reason", TEXT, "As stated"),
            TRANSACTION,
        ),
        _movements,
    ),
    Listed(
        table(
            "documents", "Files of the documents, below documents/",
            Column("id", TEXT, "Identity"), INVOICE, Column("path", TEXT, "In this archive"),
            Column("kind", TEXT, "pdf or xml"), Column("format", TEXT, "Profile"),
            Column("media_type", TEXT, "Media type"), Column("size", WHOLE, "Bytes"),
            Column("sha256", TEXT, "SHA-256"), Column("template_version", WHOLE, "Of its look"),
            Column("rule_version", TEXT, "By which it was checked"),
            Column("created_at", TEXT, "Instant, UTC"),
        ),
        _documents,
    ),
    Listed(
        table(
            "events", "What happened on these days",
            Column("id", TEXT, "Identity"), Column("type", TEXT, "What it is"),
            Column("stream_id", TEXT, "Contract, order or customer"),
            Column("as_of_date", DAY, "Day as of which it was handled"),
            Column("occurred_at", TEXT, "Instant, UTC"),
            Column("recorded_at", TEXT, "Instant, UTC"),
            Column("state", TEXT, "How far it got"), TRANSACTION,
            Column("idempotency_key", TEXT, "The fact that it tells of"),
        ),
        _events,
    ),
    Listed(
        table(
            "attempts", "Tries to act on these events",
            Column("id", WHOLE, "Identity"), Column("event_id", TEXT, "Event", "events"),
            Column("task", TEXT, "What was tried"), Column("worker", TEXT, "Where"),
            Column("started_at", TEXT, "Instant, UTC"), Column("ended_at", TEXT, "Instant, UTC"),
            Column("outcome", TEXT, "How it ended"), Column("error_class", TEXT, "What went wrong"),
        ),
        _attempts,
    ),
    Listed(
        table(
            "failures", "What could not be handled, and what became of it",
            Column("id", TEXT, "Identity"), Column("event_id", TEXT, "Event", "events"),
            Column("class", TEXT, "What kind"), Column("reason", TEXT, "In plain words"),
            Column("state", TEXT, "What became of it"), Column("opened_at", TEXT, "Instant, UTC"),
            Column("closed_at", TEXT, "Instant, UTC"), Column("closed_by", TEXT, "By whom"),
            Column("closing_note", TEXT, "Why"),
        ),
        _failures,
    ),
    *FACTS,
)  # fmt: skip
