"""Invoices and credit notes: `/invoices`. They are issued by events, never through the API."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import (
    MONEY_OR_NULL,
    AmountField,
    KnownMoneyField,
    MoneyField,
    PlainDecimalField,
    RowsShown,
    money,
)
from billing.api.lists.expansion import Nested, NestedMany, Showing
from billing.api.lists.filters import Filters, Identifier, Of, Text, Word, amounts, currency, days
from billing.api.lists.listing import Listing
from billing.api.scoped import Endpoint
from billing.contracts.api.contracts import CONTRACT
from billing.contracts.models import Contract, Subscription
from billing.customers.api import CUSTOMER
from billing.customers.models import Customer
from billing.money import plain_decimal
from billing.wording.titles import document_title
from billing.wording.vat import vat_note
from invoices.issuing.models import KINDS, Charge, Invoice
from invoices.issuing.queries.explained import EXPLAINED_BY, explained_line
from invoices.issuing.queries.left import correcting, left_of_lines, open_minor
from invoices.issuing.queries.retention import retained_until

LONGEST_NUMBER = 60


class OfSubscription(Of):
    """The subscription that stands on a document."""

    def filter(self, qs: QuerySet[Invoice], value: Subscription) -> QuerySet[Invoice]:
        """Return the documents with a line of it."""
        return qs.filter(pk__in=Charge.objects.filter(subscription=value).values("invoice"))


class DocumentFilters(Filters):
    customer = Of(Customer)
    contract = Of(Contract)
    subscription = OfSubscription(Subscription)
    number = Text(LONGEST_NUMBER, narrows=True, help_text="As printed.")
    transaction = Identifier(column="transaction_id")
    issued_from, issued_until = days("issue_date")


class CreditNoteFilters(DocumentFilters):
    corrected_invoice = Of(Invoice, known_as="")


class InvoiceFilters(DocumentFilters):
    kind = Word(kind for kind, _ in KINDS)
    due_from, due_until = days("due_date")
    currency = currency()
    gross_from, gross_until = amounts("gross_minor")


class InvoiceSummaryOutput(serializers.ModelSerializer[Invoice]):
    customer = serializers.UUIDField(source="customer_id")
    contract = serializers.UUIDField(source="contract_id", allow_null=True)
    net = MoneyField("net_minor")
    tax = MoneyField("tax_minor")
    gross = MoneyField("gross_minor")
    prepaid = MoneyField("prepaid_minor", help_text="Used of the customer's balance.")
    payable = MoneyField("payable_minor", help_text="Gross less what is prepaid.")

    class Meta:
        model = Invoice
        fields = [
            "id", "kind", "number", "customer", "contract", "issue_date", "due_date", "currency",
            "net", "tax", "gross", "prepaid", "payable", "transaction_id", "issued_at",
        ]  # fmt: skip


class InvoiceLineOutput(serializers.ModelSerializer[Charge]):
    subscription = serializers.UUIDField(source="subscription_id", allow_null=True)
    price = serializers.UUIDField(source="price_id", allow_null=True)
    order = serializers.UUIDField(source="order_line.order_id", default=None, allow_null=True)
    quantity = PlainDecimalField()
    unit_price = PlainDecimalField(
        allow_null=True, help_text="Null where units differ in price: see the explanation."
    )
    plan = serializers.UUIDField(
        source="plan_id", allow_null=True, help_text="Whose minimum commitment it tops up to."
    )
    net = MoneyField("amount_minor")
    tax_override = serializers.UUIDField(
        source="tax_override_id",
        allow_null=True,
        help_text="The seller's own decision on the tax, if it was that: GET /tax-overrides/{id}.",
    )
    tax_percent = PlainDecimalField()
    explained = serializers.SerializerMethodField(
        help_text="Why the line stands here, in the language of the customer."
    )

    class Meta:
        model = Charge
        fields = [
            "id", "position", "text", "starts_on", "ends_on", "quantity", "unit_price",
            "tax_included", "net", "is_credit", "tax_category", "tax_percent", "exemption_code",
            "exemption_text", "tax_override", "unit", "item_number", "description", "subscription",
            "price", "price_code", "plan", "order", "cause", "explained", "explanation",
        ]  # fmt: skip

    def get_explained(self, line: Charge) -> str:
        """Return a paragraph."""
        return explained_line(line)


class TaxOutput(serializers.Serializer[Any]):
    category = serializers.CharField(help_text="UNCL 5305 code, for example S.")
    percent = serializers.CharField()
    base = AmountField()
    tax = AmountField()
    note = serializers.CharField(
        help_text="Why there is no VAT, in the language of the customer; empty where there is."
    )
    exemption_code = serializers.CharField(
        help_text="VATEX code of that reason; empty where there is none, or there are several."
    )


def shown_taxes(
    printed: Iterable[Mapping[str, Any]], currency: str, *, locale: str
) -> list[dict[str, Any]]:
    """Return the totals per rate of a document as shown; `printed` as it keeps them."""
    return [
        {
            "category": tax["category"],
            "percent": tax["percent"],
            "base": money(tax["base_minor"], currency),
            "tax": money(tax["tax_minor"], currency),
            "note": tax.get("exemption_text") or vat_note(tax["category"], locale=locale),
            "exemption_code": tax.get("exemption_code", ""),
        }
        for tax in printed
    ]


class InvoicedLineOutput(InvoiceLineOutput):
    left = KnownMoneyField(
        "left_minor",
        help_text="What is left to take back of it, gross if `tax_included`; null on credit notes.",
    )

    class Meta(InvoiceLineOutput.Meta):
        fields = [*InvoiceLineOutput.Meta.fields, "left"]


class AccountingTaxOutput(serializers.Serializer[Any]):
    currency = serializers.CharField(help_text="The seller's. EN 16931 BT-6.")
    amount = serializers.CharField(
        allow_null=True, help_text="EN 16931 BT-111; null: it shows no VAT."
    )
    rate = serializers.CharField(help_text="Units of the document's currency for one of it.")
    rate_date = serializers.DateField(help_text="Of a month's rate its first day.")
    source = serializers.CharField()  # type: ignore[assignment]  # Not that of the field.


class CorrectingOutput(serializers.ModelSerializer[Invoice]):
    gross = MoneyField("gross_minor")

    class Meta:
        model = Invoice
        fields = ["id", "number", "issue_date", "correction_kind", "gross"]


class CorrectedOutput(serializers.Serializer[Any]):
    number = serializers.CharField()
    issue_date = serializers.DateField()


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            name: {"type": "string"}
            for name in (
                "name", "street", "postcode", "city", "country", "vat_id", "email", "locale",
            )
        },
        "additionalProperties": True,
    }
)  # fmt: skip
class PartyField(serializers.JSONField):
    """A party as a document says it, frozen: older documents may say less."""


class InvoiceOutput(InvoiceSummaryOutput):
    seller_as_printed = PartyField(help_text="As the document says it.")
    customer_as_printed = PartyField(help_text="As the document says it.")
    corrects = CorrectedOutput(
        many=True, help_text="The invoices that a credit note corrects; else empty."
    )
    title = serializers.SerializerMethodField(
        help_text="As printed, in the language of the customer."
    )
    corrected_invoice = serializers.UUIDField(
        source="corrected_invoice_id",
        allow_null=True,
        help_text="Of a credit note that was ordered: the invoice that it takes back.",
    )
    settled = MoneyField(
        "settled_minor",
        help_text="Of a credit note that was ordered: what it settles of that invoice.",
    )
    open = serializers.SerializerMethodField(
        help_text="Payable less what credit notes settle; null on credit notes."
    )
    corrected_by = serializers.SerializerMethodField(
        help_text="The credit notes that refer to it, oldest first."
    )
    taxes = serializers.SerializerMethodField(help_text="Per category and rate.")
    tax_in_accounting_currency = serializers.SerializerMethodField(
        help_text="Of a document in another currency than the seller's: its VAT in that, and the "
        "rate; null where no rate is known, which is only so where it shows no VAT."
    )
    lines = InvoicedLineOutput(many=True)
    retained_until = serializers.SerializerMethodField(
        help_text="Last day on which the seller must keep it."
    )

    class Meta(InvoiceSummaryOutput.Meta):
        fields = [
            *InvoiceSummaryOutput.Meta.fields,
            "title", "open", "seller_as_printed", "customer_as_printed", "corrects",
            "corrected_invoice", "correction_kind", "settled", "corrected_by", "taxes",
            "tax_in_accounting_currency", "lines",
            "retained_until", "previous_hash", "hash",
        ]  # fmt: skip

    @extend_schema_field(OpenApiTypes.DATE)
    def get_retained_until(self, invoice: Invoice) -> str:
        """Return the day."""
        return retained_until(invoice).isoformat()

    def get_title(self, invoice: Invoice) -> str:
        """Return the kind of document."""
        return document_title(
            invoice.kind,
            correction_kind=invoice.correction_kind,
            locale=invoice.customer_as_printed["locale"],
        )

    @extend_schema_field(MONEY_OR_NULL)
    def get_open(self, invoice: Invoice) -> dict[str, str] | None:
        """Return it as money."""
        if invoice.kind != "invoice":
            return None
        return money(open_minor(invoice), invoice.currency)

    @extend_schema_field(CorrectingOutput(many=True))
    def get_corrected_by(self, invoice: Invoice) -> Any:
        """Return each with its number and sum."""
        return _CORRECTING.show(correcting(invoice))

    @extend_schema_field(AccountingTaxOutput(allow_null=True))
    def get_tax_in_accounting_currency(self, invoice: Invoice) -> dict[str, Any] | None:
        """Return the currency, the amount, and by which rate."""
        if invoice.exchange_rate is None or invoice.exchange_rate_date is None:
            return None
        currency, tax_minor = invoice.accounting_currency, invoice.accounting_tax_minor
        return {
            "currency": currency,
            "amount": None if tax_minor is None else money(tax_minor, currency)["amount"],
            "rate": plain_decimal(invoice.exchange_rate),
            "rate_date": invoice.exchange_rate_date.isoformat(),
            "source": invoice.exchange_rate_source,
        }

    @extend_schema_field(TaxOutput(many=True))
    def get_taxes(self, invoice: Invoice) -> list[dict[str, Any]]:
        """Return the totals per category and rate, as money."""
        locale = invoice.customer_as_printed["locale"]
        return shown_taxes(invoice.taxes, invoice.currency, locale=locale)


_CORRECTING = RowsShown(CorrectingOutput)
_WHOLE = RowsShown(InvoiceOutput)


def _in_short(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    return invoices.defer("seller_as_printed", "customer_as_printed", "taxes", "accounting_taxes")


def _explained(lines: QuerySet[Charge]) -> QuerySet[Charge]:
    return lines.select_related("order_line", *EXPLAINED_BY)


_PARTIES = {"customer": CUSTOMER, "contract": CONTRACT}
_LINES = NestedMany(
    resource="invoices",
    model=Charge,
    column="invoice_id",
    output=InvoiceLineOutput,
    order="position",
    select=_explained,
)
INVOICE = Nested(
    resource="invoices",
    model=Invoice,
    column="invoice_id",
    output=InvoiceSummaryOutput,
    select=_in_short,
)
INVOICE_SHOWN = Showing(output=InvoiceOutput, expands=_PARTIES)
INVOICES = Listing[Invoice](
    output=InvoiceSummaryOutput,
    filters=InvoiceFilters,
    expands={**_PARTIES, "lines": _LINES},
    sparse=True,
    exports=True,
)
CREDIT_NOTES = Listing[Invoice](
    output=InvoiceSummaryOutput,
    name="CreditNotes",
    filters=CreditNoteFilters,
    expands=INVOICES.expands,
    sparse=True,
    exports=True,
)


class InvoicesView(Endpoint):
    @INVOICES.described
    def get(self, request: Request) -> Response:
        """List the invoices and credit notes, newest first."""
        return INVOICES.answer(self, self.rows(Invoice))


class InvoiceView(Endpoint):
    @INVOICE_SHOWN.described
    def get(self, request: Request, id: str) -> Response:
        """Show an invoice with its lines."""
        invoice = self.find(_with_lines(self.rows(Invoice)), id, known_as="")
        return INVOICE_SHOWN.answer(self, invoice, _shown(invoice))


class CreditNotesView(Endpoint):
    @CREDIT_NOTES.described
    def get(self, request: Request) -> Response:
        """List the credit notes, newest first."""
        return CREDIT_NOTES.answer(self, self.rows(Invoice).filter(kind="credit_note"))


class CreditNoteView(Endpoint):
    @INVOICE_SHOWN.described
    def get(self, request: Request, id: str) -> Response:
        """Show a credit note with its lines."""
        notes = _with_lines(self.rows(Invoice)).filter(kind="credit_note")
        note = self.find(notes, id, known_as="")
        return INVOICE_SHOWN.answer(self, note, _shown(note))


class InvoiceByNumberView(Endpoint):
    @INVOICE_SHOWN.described
    def get(self, request: Request, number: str) -> Response:
        """Show the invoice or credit note with a number, which may contain slashes."""
        is_possible = number.isprintable() and len(number) <= LONGEST_NUMBER
        rows = _with_lines(self.rows(Invoice))
        invoice = rows.filter(number=number).first() if is_possible else None
        if invoice is None:
            raise NotFound
        return INVOICE_SHOWN.answer(self, invoice, _shown(invoice))


def _with_lines(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Return invoices with what their lines, which know the invoice, are shown by."""
    lines = Charge.objects.order_by("position").select_related("order_line", "price__plan", "plan")
    return invoices.prefetch_related(Prefetch("lines", lines))


def _shown(invoice: Invoice) -> Any:
    lines = list(invoice.lines.all())
    left = left_of_lines(lines) if invoice.kind == "invoice" else {}
    for line in lines:
        line.left_minor = left.get(line.pk)  # type: ignore[attr-defined]
    return _WHOLE.show([invoice])[0]


urlpatterns = [
    path("invoices", InvoicesView.as_view(), name="invoices"),
    path(
        "invoices/by-number/<path:number>", InvoiceByNumberView.as_view(), name="invoice-by-number"
    ),
    path("invoices/<reference:id>", InvoiceView.as_view(), name="invoice"),
    path("credit-notes", CreditNotesView.as_view(), name="credit-notes"),
    path("credit-notes/<reference:id>", CreditNoteView.as_view(), name="credit-note"),
]
