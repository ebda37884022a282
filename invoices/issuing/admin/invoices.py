"""Pages of invoices and charges: looked at only."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from billing.contracts.admin import ContractAdmin, SubscriptionAdmin
from billing.customers.admin import CustomerAdmin
from billing.orders.models import Order
from billing.sellers.admin import (
    FactAdmin,
    FactInline,
    definitions,
    labelled,
    link,
    money,
    plain,
    table,
    transaction_link,
    unit_price,
)
from billing.wording.titles import document_title
from billing.wording.vat import vat_note
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.explained import EXPLAINED_BY, explained_line
from invoices.issuing.queries.left import correcting, open_minor
from invoices.issuing.queries.retention import retained_until, retention

ORDERS_SHOWN = 25
KIND_COLOURS = {"invoice": "info", "credit_note": "warning"}


class ChargeFigures:
    """How a charge's figures look in a list, on an invoice and on its own page."""

    @admin.display(description=_("period"), ordering="starts_on")
    def period(self, charge: Charge) -> str:
        return _period(charge.starts_on, charge.ends_on)

    @admin.display(description=_("quantity"))
    def shown_quantity(self, charge: Charge) -> str:
        return plain(charge.quantity)

    @admin.display(description=_("unit price"))
    def shown_unit_price(self, charge: Charge) -> str:
        return unit_price(charge.unit_price, charge.currency)

    @admin.display(description=_("net"), ordering="amount_minor")
    def net(self, charge: Charge) -> str:
        return money(charge.amount_minor, charge.currency)

    @admin.display(description=_("tax"))
    def tax(self, charge: Charge) -> str:
        return format_html("{} {} %", charge.tax_category, plain(charge.tax_percent))

    @admin.display(description=_("explanation"))
    def shown_explanation(self, charge: Charge) -> SafeString:
        return definitions({name: _tidy(value) for name, value in charge.explanation.items()})

    @admin.display(description=_("transaction"))
    def transaction(self, charge: Charge) -> str:
        return transaction_link(charge.transaction_id)


class InvoiceFigures:
    """How an invoice's figures look in a list and on its own page."""

    @admin.display(description=_("net"), ordering="net_minor")
    def net(self, invoice: Invoice) -> str:
        return money(invoice.net_minor, invoice.currency)

    @admin.display(description=_("tax"), ordering="tax_minor")
    def tax(self, invoice: Invoice) -> str:
        return money(invoice.tax_minor, invoice.currency)

    @admin.display(description=_("gross"), ordering="gross_minor")
    def gross(self, invoice: Invoice) -> str:
        return money(invoice.gross_minor, invoice.currency)

    @admin.display(description=_("prepaid"), ordering="prepaid_minor")
    def prepaid(self, invoice: Invoice) -> str:
        return money(invoice.prepaid_minor, invoice.currency)

    @admin.display(description=_("payable"), ordering="payable_minor")
    def payable(self, invoice: Invoice) -> str:
        return money(invoice.payable_minor, invoice.currency)

    @admin.display(description=_("transaction"))
    def transaction(self, invoice: Invoice) -> str:
        return transaction_link(invoice.transaction_id)

    @labelled(_("kind"), colours=KIND_COLOURS, ordering="kind")
    def shown_kind(self, invoice: Invoice) -> tuple[str, str]:
        return invoice.kind, invoice.get_kind_display()


class LineInline(ChargeFigures, FactInline):
    model = Charge
    fields = (
        "position", "shown_text", "period", "shown_quantity", "shown_unit_price", "net", "tax",
    )  # fmt: skip
    ordering = ("position",)
    verbose_name_plural = _("lines")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Charge]:
        return super().get_queryset(request).select_related(*EXPLAINED_BY)

    @admin.display(description=_("text"))
    def shown_text(self, charge: Charge) -> SafeString:
        explained = explained_line(charge)
        return format_html('{}<p class="anlass-explained">{}</p>', charge.text, explained)


class ChargeInline(ChargeFigures, FactInline):
    model = Charge
    fields = ("text", "period", "shown_quantity", "net", "shown_invoice", "shown_transaction")
    ordering = ("ordinal",)
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Charge]:
        return super().get_queryset(request).select_related("invoice")

    @admin.display(description=_("invoice"))
    def shown_invoice(self, charge: Charge) -> str:
        return link(charge.invoice)

    @admin.display(description=_("transaction"))
    def shown_transaction(self, charge: Charge) -> str:
        return transaction_link(charge.transaction_id, gettext("story"))


class WaitingInline(ChargeInline):
    fields = ("text", "period", "shown_quantity", "net", "cause", "shown_transaction")
    verbose_name_plural = _("waiting charges")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Charge]:
        return super().get_queryset(request).filter(invoice__isnull=True)


class InvoiceInline(InvoiceFigures, FactInline):
    model = Invoice
    fields = ("shown_number", "kind", "issue_date", "due_date", "net", "gross", "story")
    ordering = ("-pk",)
    show_change_link = False

    @admin.display(description=_("number"))
    def shown_number(self, invoice: Invoice) -> str:
        return link(invoice)

    @admin.display(description=_("transaction"))
    def story(self, invoice: Invoice) -> str:
        return transaction_link(invoice.transaction_id, gettext("story"))


CustomerAdmin.also_show(WaitingInline, InvoiceInline)
ContractAdmin.also_show(InvoiceInline)
SubscriptionAdmin.also_show(ChargeInline)


@admin.register(Invoice)
class InvoiceAdmin(InvoiceFigures, FactAdmin):
    list_display = (
        "number", "customer", "issue_date", "shown_kind", "net", "tax", "gross", "correction",
    )  # fmt: skip
    list_filter = ("kind", "issue_date", "currency")
    list_select_related = ("customer",)
    search_fields = ("number", "customer__name")
    search_ids = ("pk", "transaction_id", "customer", "contract")
    inlines: Sequence[Any] = (LineInline,)
    readonly_fields = (
        "net", "tax", "gross", "prepaid", "payable", "transaction", "shown_taxes", "shown_seller",
        "shown_customer", "shown_corrects", "shown_corrected_by", "shown_title", "open", "settled",
        "accounting_tax", "shown_exchange_rate", "shown_retained_until", "correction",
        "shown_orders",
    )  # fmt: skip
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "number", "shown_title", "issue_date", "due_date", "customer", "contract",
                    "shown_corrects", "correction", "shown_corrected_by", "event", "shown_orders",
                    "transaction",
                )
            },
        ),
        (
            _("Totals"),
            {
                "fields": (
                    "net", "tax", "gross", "prepaid", "payable", "settled", "open", "shown_taxes",
                    "accounting_tax", "shown_exchange_rate",
                )
            },
        ),
        (_("As printed"), {"fields": ("shown_seller", "shown_customer")}),
        (_("Proof"), {"fields": ("hash", "previous_hash", "issued_at", "shown_retained_until")}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        ordered = Invoice.objects.filter(corrected_invoice=OuterRef("pk"))
        rows: QuerySet[Invoice] = super().get_queryset(request)
        return rows.annotate(
            is_cancelled=Exists(ordered.filter(correction_kind="cancellation")),
            is_corrected=Exists(ordered),
        )

    @admin.display(description=_("taken back"), empty_value="-")
    def correction(self, invoice: Invoice) -> str | None:
        if getattr(invoice, "is_cancelled", False):
            return gettext("cancelled")
        return gettext("corrected") if getattr(invoice, "is_corrected", False) else None

    @admin.display(description=_("taxes"))
    def shown_taxes(self, invoice: Invoice) -> SafeString:
        return table(
            (gettext("Category and rate"), gettext("Base"), gettext("Tax"), gettext("Note")),
            (
                (
                    f"{tax['category']} {tax['percent']} %",
                    money(tax["base_minor"], invoice.currency),
                    money(tax["tax_minor"], invoice.currency),
                    tax.get("exemption_text")
                    or vat_note(tax["category"], locale=invoice.customer_as_printed["locale"]),
                )
                for tax in invoice.taxes
            ),
        )

    @admin.display(description=_("seller"))
    def shown_seller(self, invoice: Invoice) -> SafeString:
        return _party(invoice.seller_as_printed)

    @admin.display(description=_("customer"))
    def shown_customer(self, invoice: Invoice) -> SafeString:
        return _party(invoice.customer_as_printed)

    @admin.display(description=_("retained until"))
    def shown_retained_until(self, invoice: Invoice) -> str:
        return f"{_day(retained_until(invoice))} ({retention(invoice).source})"

    @admin.display(description=_("corrects"), empty_value="-")
    def shown_corrects(self, invoice: Invoice) -> str | None:
        if invoice.corrected_invoice:
            return link(invoice.corrected_invoice)
        numbers = (
            gettext("{number} of {day}").format(number=row["number"], day=row["issue_date"])
            for row in invoice.corrects
        )
        return ", ".join(numbers) or None

    @admin.display(description=_("corrected by"), empty_value="-")
    def shown_corrected_by(self, invoice: Invoice) -> SafeString | None:
        notes = correcting(invoice) if invoice.kind == "invoice" else ()
        return format_html_join(", ", "{}", ((link(note),) for note in notes)) or None

    @admin.display(description=_("orders"), empty_value="-")
    def shown_orders(self, invoice: Invoice) -> SafeString | None:
        of_lines = Charge.objects.filter(invoice=invoice, order_line__isnull=False)
        billed = Order.objects.filter(pk__in=of_lines.values("order_line__order"))
        rows = billed.order_by("pk")[:ORDERS_SHOWN]
        return format_html_join(", ", "{}", ((link(row),) for row in rows)) or None

    @admin.display(description=_("kind"))
    def shown_title(self, invoice: Invoice) -> str:
        title = document_title(
            invoice.kind, correction_kind=invoice.correction_kind, locale=get_language() or ""
        )
        return f"{invoice.get_kind_display()} ({title})" if invoice.corrects else title

    @admin.display(description=_("left to pay"), empty_value="-")
    def open(self, invoice: Invoice) -> str | None:
        is_invoice = invoice.kind == "invoice"
        return money(open_minor(invoice), invoice.currency) if is_invoice else None

    @admin.display(description=_("settles of the invoice"), empty_value="-")
    def settled(self, invoice: Invoice) -> str | None:
        settled_minor = invoice.settled_minor
        return money(settled_minor, invoice.currency) if settled_minor else None

    @admin.display(description=_("tax in the seller's currency"), empty_value="-")
    def accounting_tax(self, invoice: Invoice) -> str | None:
        tax_minor = invoice.accounting_tax_minor
        return None if tax_minor is None else money(tax_minor, invoice.accounting_currency)

    @admin.display(description=_("exchange rate"), empty_value="-")
    def shown_exchange_rate(self, invoice: Invoice) -> str | None:
        if invoice.exchange_rate is None:
            return None
        return format_html(
            "1 {} = {} {} ({}, {})",
            invoice.accounting_currency,
            plain(invoice.exchange_rate),
            invoice.currency,
            invoice.exchange_rate_source,
            _day(invoice.exchange_rate_date) if invoice.exchange_rate_date else "",
        )


@admin.register(Charge)
class ChargeAdmin(ChargeFigures, FactAdmin):
    list_display = ("text", "customer", "period", "shown_quantity", "net", "invoice")
    list_filter = ("is_credit", "starts_on")
    list_select_related = ("customer", "invoice")
    search_fields = ("text", "customer__name", "invoice__number")
    search_ids = ("pk", "transaction_id", "customer", "subscription", "invoice")
    readonly_fields = (
        "period", "shown_quantity", "shown_unit_price", "net", "tax", "transaction",
        "shown_explained", "shown_explanation",
    )  # fmt: skip
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "text", "customer", "subscription", "price", "plan", "invoice", "position",
                )
            },
        ),
        (
            _("Amount"),
            {
                "fields": (
                    "period", "shown_quantity", "shown_unit_price", "net", "tax", "tax_included",
                    "is_credit", "shown_explained", "shown_explanation",
                )
            },
        ),
        (_("Cause"), {"fields": ("cause", "transaction", "created_at")}),
    )  # fmt: skip

    @admin.display(description=_("in words"))
    def shown_explained(self, charge: Charge) -> str:
        return explained_line(charge)


# What stands in the address, and what decided the tax without being printed.
_SHOWN_OTHERWISE = {
    "postcode", "city", "name", "street", "country", "kind", "locale", "vat_id_policy",
    "document_format",
}  # fmt: skip


def _period(starts_on: date, ends_on: date | None) -> str:
    # Half-open: the last day is not part of it.
    first = _day(starts_on)
    if not ends_on:
        return first
    return gettext("{first} to {end} (excluded)").format(first=first, end=_day(ends_on))


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _tidy(value: object) -> object:
    """Return a number given as a text without its trailing zeros, a list as a line per entry."""
    if isinstance(value, list):
        return format_html_join("", "<div>{}</div>", ((_in_words(row),) for row in value))
    if isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+", value):
        return value.rstrip("0").rstrip(".")
    return value


def _in_words(row: Mapping[str, object]) -> str:
    return ", ".join(
        f"{gettext(name.replace('_', ' '))} {_tidy(value)}" for name, value in row.items() if value
    )


def _party(printed: Mapping[str, Any]) -> SafeString:
    town = " ".join(filter(None, [printed.get("postcode"), printed.get("city")]))
    rest = {
        name: value
        for name, value in printed.items()
        if name not in _SHOWN_OTHERWISE and value and isinstance(value, str)
    }
    lines = (printed.get("name"), printed.get("street"), town, printed.get("country"))
    return format_html(
        '<address class="anlass-address">{}</address>{}',
        "\n".join(line for line in lines if line),
        definitions(rest),
    )
