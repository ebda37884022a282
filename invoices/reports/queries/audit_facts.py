"""Tables of what people did about documents: corrections, decisions on VAT, deliveries."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from billing.money import from_minor
from billing.sellers.models import SellerRegistration
from billing.vat.models import TaxOverride, VatIdCheck
from invoices.credit_notes.models import Correction, CorrectionLine
from invoices.delivery.models import Delivery, DeliveryAttempt
from invoices.reports.audit.description import Column
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


def _orders(period: Period) -> Rows:
    columns = (
        "id", "invoice_id", "invoice__number", "kind", "reason", "bill_again", "settle",
        "ordered_by", "ordered_on", "ordered_at",
    )  # fmt: skip
    found = Correction.objects.filter(seller=period.seller, **period.days("ordered_on"))
    yield from found.order_by("pk").values_list(*columns).iterator(chunk_size=AT_ONCE)


def _order_lines(period: Period) -> Rows:
    columns = "id", "correction_id", "charge_id", "quantity", "charge__currency", "amount_minor"
    days = period.days("correction__ordered_on")
    found = CorrectionLine.objects.filter(seller=period.seller, **days)
    in_order = found.order_by("correction", "charge__position")
    for row in in_order.values_list(*columns).iterator(chunk_size=AT_ONCE):
        *values, currency, amount = row
        yield (*values, currency, from_minor(amount, currency))


def _registrations(period: Period) -> Rows:
    found = SellerRegistration.objects.filter(_holding(period), seller=period.seller)
    columns = "id", "country", "vat_id", "valid_from", "valid_until", "created_at"
    yield from found.order_by("pk").values_list(*columns)


def _overrides(period: Period) -> Rows:
    columns = (
        "id", "customer_id", "product_id", "tax_class", "country", "category", "percent",
        "exemption_code", "exemption_text", "reason", "valid_from", "valid_until", "recorded_by",
        "created_at",
    )  # fmt: skip
    used = Q(pk__in=period.charges.order_by().values("tax_override_id"))
    found = TaxOverride.objects.filter(used | _holding(period), seller=period.seller)
    yield from found.order_by("pk").values_list(*columns).iterator(chunk_size=AT_ONCE)


def _vat_id_checks(period: Period) -> Rows:
    columns = (
        "id", "customer_id", "vat_id", "outcome", "consultation_number", "name", "address",
        "checked_at",
    )  # fmt: skip
    found = VatIdCheck.objects.filter(seller=period.seller, **_instants(period, "checked_at"))
    yield from found.order_by("pk").values_list(*columns).iterator(chunk_size=AT_ONCE)


def _deliveries(period: Period) -> Rows:
    columns = (
        "id", "invoice_id", "channel", "type", "address", "message_id", "state", "tries",
        "created_at", "settled_at", "transaction_id",
    )  # fmt: skip
    found = Delivery.objects.filter(seller=period.seller, **period.days("invoice__issue_date"))
    yield from found.order_by("pk").values_list(*columns).iterator(chunk_size=AT_ONCE)


def _delivery_attempts(period: Period) -> Rows:
    columns = (
        "id", "delivery_id", "number", "started_at", "ended_at", "outcome", "status", "answer",
    )  # fmt: skip
    days = period.days("delivery__invoice__issue_date")
    found = DeliveryAttempt.objects.filter(seller=period.seller, **days)
    yield from found.order_by("pk").values_list(*columns).iterator(chunk_size=AT_ONCE)


def _holding(period: Period) -> Q:
    """Return what holds on some day of the period."""
    ended = Q(valid_until__isnull=False, valid_until__lte=period.first_day)
    return Q(valid_from__lte=period.last_day) & ~ended


def _instants(period: Period, column: str) -> dict[str, Any]:
    """Return what a column of instants must be to lie on the period's days."""
    zone = ZoneInfo(period.seller.timezone)
    end = period.last_day + timedelta(days=1)
    return {
        f"{column}__gte": datetime.combine(period.first_day, time(), zone),
        f"{column}__lt": datetime.combine(end, time(), zone),
    }


FACTS = (
    Listed(
        table(
            "correction_orders", "What people had taken back of invoices",
            Column("id", TEXT, "Identity"), Column("invoice_id", TEXT, "Corrected document"),
            Column("number", TEXT, "Its number"), Column("kind", TEXT, "cancellation, correction"),
            Column("reason", TEXT, "As printed"),
            Column("bill_again", TEXT, "Whether what is owed was billed anew"),
            Column("settle", TEXT, "Where the money went: invoice, balance or payout"),
            Column("ordered_by", TEXT, "By whom"), Column("ordered_on", DAY, "Day"),
            Column("ordered_at", TEXT, "Instant, UTC"),
        ),
        _orders,
    ),
    Listed(
        table(
            "correction_order_lines", "How much of which line they had taken back",
            Column("id", TEXT, "Identity"),
            Column("correction_id", TEXT, "Order", "correction_orders"),
            Column("charge_id", TEXT, "Corrected line"),
            Column("quantity", EXACT, "Units, where it was said in units"), CURRENCY,
            Column("amount", MONEY, "In the terms of the line's price"),
        ),
        _order_lines,
    ),
    Listed(
        table(
            "registrations", "Where else the seller is registered for VAT",
            Column("id", TEXT, "Identity"), Column("country", TEXT, "ISO 3166 code"),
            Column("vat_id", TEXT, "VAT id"), Column("valid_from", DAY, "First day of supply"),
            Column("valid_until", DAY, "Up to, without"),
            Column("created_at", TEXT, "Instant, UTC"),
        ),
        _registrations,
    ),
    Listed(
        table(
            "tax_overrides", "The seller's own decisions on VAT",
            Column("id", TEXT, "Identity"), Column("customer_id", TEXT, "Customer; empty: all"),
            Column("product_id", TEXT, "Product; empty: all"), Column("tax_class", TEXT, "Class"),
            Column("country", TEXT, "Where goods go or the customer is"),
            Column("category", TEXT, "UNCL 5305 code"), Column("percent", EXACT, "Rate"),
            Column("exemption_code", TEXT, "VATEX code"), Column("exemption_text", TEXT, "Printed"),
            Column("reason", TEXT, "Why"), Column("valid_from", DAY, "First day of supply"),
            Column("valid_until", DAY, "Up to, without"), Column("recorded_by", TEXT, "By whom"),
            Column("created_at", TEXT, "Instant, UTC"),
        ),
        _overrides,
    ),
    Listed(
        table(
            "vat_id_checks", "What registers said of customers' VAT ids on these days",
            Column("id", TEXT, "Identity"), Column("customer_id", TEXT, "Customer"),
            Column("vat_id", TEXT, "VAT id"), Column("outcome", TEXT, "What it was"),
            Column("consultation_number", TEXT, "The register's number of its answer"),
            Column("name", TEXT, "As the register has it"),
            Column("address", TEXT, "As the register has it"),
            Column("checked_at", TEXT, "Instant, UTC"),
        ),
        _vat_id_checks,
    ),
    Listed(
        table(
            "deliveries", "How these documents were to reach someone",
            Column("id", TEXT, "Identity"), INVOICE, Column("channel", TEXT, "Way"),
            Column("type", TEXT, "What it tells"), Column("address", TEXT, "To whom"),
            Column("message_id", TEXT, "The same with every try"),
            Column("state", TEXT, "How far it got"), Column("tries", WHOLE, "How many"),
            Column("created_at", TEXT, "Instant, UTC"), Column("settled_at", TEXT, "Instant, UTC"),
            TRANSACTION,
        ),
        _deliveries,
    ),
    Listed(
        table(
            "delivery_attempts", "Tries to deliver them",
            Column("id", TEXT, "Identity"), Column("delivery_id", TEXT, "Delivery", "deliveries"),
            Column("number", WHOLE, "1, 2, 3 of the delivery"),
            Column("started_at", TEXT, "Instant, UTC"), Column("ended_at", TEXT, "Instant, UTC"),
            Column("outcome", TEXT, "How it ended"), Column("status", WHOLE, "Of HTTP or SMTP"),
            Column("answer", TEXT, "What the receiver said"),
        ),
        _delivery_attempts,
    ),
)  # fmt: skip
