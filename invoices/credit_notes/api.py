"""Corrections: `/invoices/{id}/cancellation`, `/invoices/{id}/corrections`, `/corrections/{id}`."""

from collections.abc import Sequence
from typing import Any, cast

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import MONEY, AmountField, PlainDecimalField, money
from billing.api.answers.pages import listed
from billing.api.inputs.fields import ExactField, FlagField, OneOfField, TextField, WholeField
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.money import plain_decimal
from billing.sellers.models import ApiKey
from billing.wording.titles import document_title
from invoices.credit_notes import commands
from invoices.credit_notes.models import Correction, CorrectionLine
from invoices.credit_notes.queries.draft import CreditDraft
from invoices.credit_notes.queries.told import outcomes
from invoices.credit_notes.queries.wanted import (
    CorrectionDemands,
    CreditNoteCorrected,
    Discount,
    MoreThanLeft,
    NothingLeft,
    Part,
    PartUnclear,
    Wanted,
)
from invoices.issuing.api.invoices import TaxOutput, shown_taxes
from invoices.issuing.models import Invoice

LINES_AT_MOST = 1000

tell(
    exceptions={
        CreditNoteCorrected: Refusal(400, "credit_note_corrected"),
        PartUnclear: Refusal(400, "part_unclear"),
        MoreThanLeft: Refusal(409, "more_than_left"),
        NothingLeft: Refusal(409, "nothing_left"),
        CorrectionDemands: Refusal(409, "correction_demands"),
    }
)

SETTLE = (
    "Where the money goes. `invoice`: less is left to pay, what was prepaid goes to the balance; "
    "of an invoice that was paid already: `balance` or `payout`."
)


class PartInput(Input):
    line = WholeField(min_value=1, help_text="Position on the invoice.")
    quantity = ExactField(required=False, help_text="Units to take back.")
    amount = ExactField(required=False, help_text="In the terms of the line: see `tax_included`.")
    percent = ExactField(required=False, max_value=100, help_text="Of what is left of the line.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse none or several of the three, and what takes nothing back."""
        return _one_of(attrs, ("quantity", "amount", "percent"))


class DiscountInput(Input):
    percent = ExactField(required=False, max_value=100, help_text="Of all that is left.")
    amount = ExactField(required=False, help_text="In the terms of the lines.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse none or both, and what takes nothing back."""
        return _one_of(attrs, ("percent", "amount"))


class CancellationInput(Input):
    reason = TextField(max_length=300, help_text="Printed on the credit note.")
    bill_again = FlagField(
        help_text="Whether what is owed by the facts as they are now is billed at once on a new "
        "invoice, with the customer's data of today; else it is never charged again."
    )
    settle = OneOfField(choices=Correction.Settle.values, default="invoice", help_text=SETTLE)


class CorrectionInput(Input):
    reason = TextField(max_length=300, help_text="Printed on the credit note.")
    lines = PartInput(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=LINES_AT_MOST, required=False
    )
    discount = DiscountInput(required=False, help_text="Afterwards, spread over all lines.")
    settle = OneOfField(choices=Correction.Settle.values, default="invoice", help_text=SETTLE)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse neither and both."""
        if ("lines" in attrs) == ("discount" in attrs):
            why = serializers.ErrorDetail("Give lines or a discount, one of them.", "required")
            raise serializers.ValidationError({"lines": [why]})
        return attrs


def _one_of(attrs: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    given = [name for name in names if name in attrs]
    if len(given) != 1:
        why = serializers.ErrorDetail(f"Give one of {', '.join(names)}.", "required")
        raise serializers.ValidationError({given[-1] if given else names[0]: [why]})
    if attrs[given[0]] <= 0:
        why = serializers.ErrorDetail("It must be greater than 0.", "min_value")
        raise serializers.ValidationError({given[0]: [why]})
    return attrs


class CorrectionLineOutput(serializers.ModelSerializer[CorrectionLine]):
    line = serializers.IntegerField(source="charge.position", help_text="Position on the invoice.")
    quantity = PlainDecimalField(allow_null=True, help_text="Null where it wasn't said in units.")
    amount = serializers.SerializerMethodField(help_text="In the terms of the line.")

    class Meta:
        model = CorrectionLine
        fields = ["line", "quantity", "amount"]

    @extend_schema_field(MONEY)
    def get_amount(self, line: CorrectionLine) -> dict[str, str]:
        """Return it as money."""
        return money(line.amount_minor, line.charge.currency)


class CorrectionOutput(serializers.ModelSerializer[Correction]):
    invoice = serializers.UUIDField(source="invoice_id")
    lines = CorrectionLineOutput(many=True)
    credit_note = serializers.SerializerMethodField(help_text="Null until it is issued.")
    transaction_id = serializers.SerializerMethodField(
        help_text="Follow it: GET /transactions/{transaction_id}."
    )

    class Meta:
        model = Correction
        fields = [
            "id", "invoice", "kind", "reason", "bill_again", "settle", "lines", "ordered_by",
            "ordered_on", "ordered_at", "credit_note", "transaction_id",
        ]  # fmt: skip

    @extend_schema_field({"type": ["string", "null"], "format": "uuid"})
    def get_credit_note(self, correction: Correction) -> str | None:
        """Return the id of the credit note."""
        note_id = self.context["outcomes"][correction.pk].credit_note_id
        return str(note_id) if note_id else None

    @extend_schema_field(OpenApiTypes.UUID)
    def get_transaction_id(self, correction: Correction) -> str:
        """Return the id of the story that the correction began."""
        return str(self.context["outcomes"][correction.pk].transaction_id)


class CreditLineOutput(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="Position on the invoice.")
    text = serializers.CharField()
    quantity = serializers.CharField()
    net = AmountField()
    tax_category = serializers.CharField()
    tax_percent = serializers.CharField()


class CreditNoteOutput(serializers.Serializer[Any]):
    title = serializers.CharField(help_text="As printed, in the language of the customer.")
    net = AmountField()
    tax = AmountField()
    gross = AmountField()
    taxes = TaxOutput(many=True)
    lines = CreditLineOutput(many=True)
    settled = AmountField(help_text="What it settles of the invoice.")
    to_balance = AmountField(help_text="What goes to the customer's balance.")
    paid_out = AmountField(help_text="What is to be paid out.")


class CorrectingEndpoint(Endpoint, writes=False):
    def invoice(self, id: str) -> Invoice:
        """Return the invoice that the address names."""
        return self.find(self.rows(Invoice).select_related("seller"), id, known_as="")

    def ordered(self, invoice: Invoice, wanted: Wanted) -> Response:
        """Order a correction, and answer with it."""
        correction = commands.order_correction(
            invoice_id=invoice.pk, wanted=wanted, by=self.caller, at=timezone.now()
        )
        return self.created(_shown([correction])[0], route="correction", id=correction.pk)

    def previewed(self, invoice: Invoice, wanted: Wanted) -> Response:
        """Answer with the credit note that a correction would make."""
        draft = commands.checked_correction(
            invoice=invoice, wanted=wanted, by=self.caller, at=timezone.now()
        )
        return Response(CreditNoteOutput(_previewed(invoice, wanted, draft)).data)

    def cancellation(self) -> Wanted:
        """Return what the body wants cancelled."""
        said = self.said(CancellationInput)
        return Wanted(**{**said, "settle": Correction.Settle(said["settle"])})

    def correction(self) -> Wanted:
        """Return what the body wants taken back."""
        said = self.said(CorrectionInput)
        parts = [
            Part(position=part["line"], **{name: part[name] for name in part if name != "line"})
            for part in said.get("lines", ())
        ]
        discount = Discount(**said["discount"]) if "discount" in said else None
        return Wanted(
            reason=said["reason"],
            settle=Correction.Settle(said["settle"]),
            parts=parts,
            discount=discount,
        )

    @property
    def caller(self) -> str:
        """The name of the caller's key."""
        return f"API key {cast(ApiKey, self.request.auth).name}"[:150]


class CancellationView(CorrectingEndpoint):
    @extend_schema(request=CancellationInput, responses={201: CorrectionOutput})
    def post(self, request: Request, id: str) -> Response:
        """Cancel an invoice: all that is left of it is taken back by a credit note."""
        return self.ordered(self.invoice(id), self.cancellation())


class CancellationPreviewView(CorrectingEndpoint, writes=False):
    @extend_schema(request=CancellationInput, responses=CreditNoteOutput)
    def post(self, request: Request, id: str) -> Response:
        """Show the credit note of a cancellation. Nothing is stored."""
        return self.previewed(self.invoice(id), self.cancellation())


class CorrectionsView(CorrectingEndpoint):
    @listed(CorrectionOutput)
    def get(self, request: Request, id: str) -> Response:
        """List what was ordered to be taken back of an invoice, newest first."""
        return self.page(
            _with_lines(self.rows(Correction)).filter(invoice=self.invoice(id)), _shown
        )

    @extend_schema(request=CorrectionInput, responses={201: CorrectionOutput})
    def post(self, request: Request, id: str) -> Response:
        """Correct an invoice: parts of lines, or a discount, are given back by a credit note."""
        return self.ordered(self.invoice(id), self.correction())


class CorrectionPreviewView(CorrectingEndpoint, writes=False):
    @extend_schema(request=CorrectionInput, responses=CreditNoteOutput)
    def post(self, request: Request, id: str) -> Response:
        """Show the credit note of a correction. Nothing is stored."""
        return self.previewed(self.invoice(id), self.correction())


class CorrectionView(Endpoint):
    @extend_schema(responses=CorrectionOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a correction, and what became of it."""
        correction = self.find(_with_lines(self.rows(Correction)), id, known_as="")
        return Response(_shown([correction])[0])


def _with_lines(corrections: QuerySet[Correction]) -> QuerySet[Correction]:
    return corrections.prefetch_related("lines__charge")


def _shown(corrections: Sequence[Correction]) -> list[Any]:
    context = {"outcomes": outcomes(corrections)}
    return list(CorrectionOutput(corrections, many=True, context=context).data)


def _previewed(invoice: Invoice, wanted: Wanted, draft: CreditDraft) -> dict[str, Any]:
    currency, locale = invoice.currency, invoice.customer_as_printed["locale"]
    totals = draft.totals
    paid_out_minor = -totals.gross_minor - draft.settled_minor - draft.to_balance_minor
    return {
        "title": document_title("credit_note", correction_kind=wanted.kind, locale=locale),
        "net": money(totals.net_minor, currency),
        "tax": money(totals.tax_minor, currency),
        "gross": money(totals.gross_minor, currency),
        "taxes": shown_taxes([tax.printed for tax in totals.taxes], currency, locale=locale),
        "lines": [
            {
                "line": charge.corrects.position if charge.corrects else None,
                "text": charge.text,
                "quantity": plain_decimal(charge.quantity),
                "net": money(charge.amount_minor, currency),
                "tax_category": charge.tax_category,
                "tax_percent": plain_decimal(charge.tax_percent),
            }
            for charge in draft.charges
        ],
        "settled": money(draft.settled_minor, currency),
        "to_balance": money(draft.to_balance_minor, currency),
        "paid_out": money(paid_out_minor, currency),
    }


urlpatterns = [
    path("invoices/<reference:id>/cancellation", CancellationView.as_view(), name="cancellation"),
    path(
        "invoices/<reference:id>/cancellation/preview",
        CancellationPreviewView.as_view(),
        name="cancellation-preview",
    ),
    path("invoices/<reference:id>/corrections", CorrectionsView.as_view(), name="corrections"),
    path(
        "invoices/<reference:id>/corrections/preview",
        CorrectionPreviewView.as_view(),
        name="correction-preview",
    ),
    path("corrections/<reference:id>", CorrectionView.as_view(), name="correction"),
]
