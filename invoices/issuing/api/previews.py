"""What a change would cost: `/subscriptions/{id}/preview` and `/contracts/{id}/preview`."""

from decimal import Decimal
from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import AmountField, money
from billing.api.description.schema import refusing
from billing.api.inputs.fields import DayField, ExactField, ReferenceField, TextField
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell
from billing.catalog.models import Plan
from billing.contracts import commands
from billing.contracts.api.changes import ChangeInput
from billing.contracts.api.subscriptions import ChangeEndpoint
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.exchange.queries import ExchangeRateMissing
from billing.pricing.taxes import TaxDataMissing, TaxNotDecided
from invoices.issuing.api.invoices import InvoiceLineOutput, TaxOutput, shown_taxes
from invoices.issuing.models import Charge
from invoices.issuing.queries.contents import (
    CustomerDataMissing,
    FormatDoesNotFit,
    InvoiceContentMissing,
    SellerDataMissing,
    SeveralVatIds,
)
from invoices.issuing.queries.drafts import Draft
from invoices.issuing.queries.explained import explained_line
from invoices.issuing.queries.preview import Preview, preview

tell(
    exceptions={
        SellerDataMissing: Refusal(409, "seller_data_missing"),
        CustomerDataMissing: Refusal(409, "customer_data_missing"),
        InvoiceContentMissing: Refusal(409, "invoice_content_missing"),
        SeveralVatIds: Refusal(409, "several_vat_ids"),
        FormatDoesNotFit: Refusal(409, "format_does_not_fit"),
        ExchangeRateMissing: Refusal(409, "exchange_rate_missing"),
        TaxDataMissing: Refusal(409, "tax_data_missing"),
        TaxNotDecided: Refusal(409, "tax_not_decided"),
    }
)


class StartInput(Input):
    plan = ReferenceField(known_as="code")
    quantity = ExactField(min_value=0, default=Decimal(1))
    on = DayField(default=None, allow_null=True, help_text="Default: the seller's today.")
    coupon = TextField(
        max_length=50,
        default=None,
        allow_null=True,
        help_text="Code of a coupon that would be redeemed.",
    )


class PreviewLineOutput(InvoiceLineOutput):
    explanation = serializers.SerializerMethodField(help_text="The facts behind `explained`.")

    class Meta(InvoiceLineOutput.Meta):
        fields = [
            "position", "text", "price", "plan", "starts_on", "ends_on", "quantity", "unit_price",
            "tax_included", "net", "is_credit", "tax_category", "tax_percent", "explained",
            "explanation",
        ]  # fmt: skip

    def get_explained(self, line: Charge) -> str:
        """Return a paragraph."""
        return explained_line(line, language=self.context["language"])

    def get_explanation(self, line: Charge) -> dict[str, Any]:
        """Return the facts, without the ids of changes that nobody can look up."""
        unborn = self.context["unborn"]
        return {
            name: value
            for name, value in line.explanation.items()
            if not isinstance(value, str) or value not in unborn
        }


class PreviewDocumentOutput(serializers.Serializer[Any]):
    currency = serializers.CharField()
    net = AmountField()
    tax = AmountField()
    gross = AmountField(help_text="Negative: it would be a credit note.")
    taxes = TaxOutput(many=True)
    lines = PreviewLineOutput(many=True)


class PreviewInvoiceOutput(PreviewDocumentOutput):
    prepaid = AmountField(help_text="What it would use of the customer's balance.")
    payable = AmountField(help_text="Gross less what is prepaid.")


class PreviewPeriodOutput(PreviewDocumentOutput):
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="First day that no longer belongs to it.")


class PreviewOutput(serializers.Serializer[Any]):
    effective_on = serializers.DateField(help_text="First day of the new terms.")
    now = PreviewInvoiceOutput(
        allow_null=True,
        help_text="What the change charges at once, on the next invoice where charges are "
        "collected; null: nothing.",
    )
    then = PreviewPeriodOutput(
        allow_null=True,
        help_text="What the first whole billing period on the new terms comes to, without usage; "
        "null: there is none, or it costs nothing.",
    )


class ChangePreviewView(ChangeEndpoint, writes=False):
    @refusing("timeline_contradicts")
    @extend_schema(request=ChangeInput, responses=PreviewOutput)
    def post(self, request: Request, id: str) -> Response:
        """Show what a change would cost now and per period. Nothing is stored."""
        subscription = self.find(self.rows(Subscription).select_related("contract"), id)
        coupon = self.said(ChangeInput).get("coupon")
        which: dict[str, Any] = {
            "contract": subscription.contract,
            "subscription": subscription,
            "request": self.wanted(subscription),
            "at": timezone.now(),
        }
        if coupon:
            change = commands.checked_redemption(**which, code=coupon)
        else:
            change = commands.checked_change(**which)
        return _previewed(subscription.contract, change)


class StartPreviewView(ChangeEndpoint, writes=False):
    @refusing("timeline_contradicts")
    @extend_schema(request=StartInput, responses=PreviewOutput)
    def post(self, request: Request, id: str) -> Response:
        """Show what a new subscription would cost now and per period. Nothing is stored."""
        contract = self.find(self.rows(Contract), id)
        said = self.said(StartInput)
        plan = self.resolve(Plan, said.pop("plan"), field="plan")
        coupon = said.pop("coupon")
        wanted = ChangeRequest(kind=SubscriptionChange.Kind.START, plan=plan, **said)
        unborn = Subscription(seller_id=contract.seller_id, contract=contract)
        self.check_amounts(unborn, wanted)
        which: dict[str, Any] = {
            "contract": contract,
            "subscription": unborn,
            "at": timezone.now(),
        }
        start = commands.checked_change(**which, request=wanted)
        if not coupon:
            return _previewed(contract, start)
        discount = commands.checked_redemption(
            **which,
            code=coupon,
            request=ChangeRequest(kind=SubscriptionChange.Kind.DISCOUNT, on=start.effective_on),
            after=[start],
        )
        return _previewed(contract, start, discount)


def _previewed(contract: Contract, *changes: SubscriptionChange) -> Response:
    found = preview(contract, *changes, at=changes[0].recorded_at)
    unborn = {str(change.id) for change in changes}
    context = {"language": contract.customer.locale, "unborn": unborn}
    return Response(PreviewOutput(_shown(found, contract), context=context).data)


def _shown(found: Preview, contract: Contract) -> dict[str, Any]:
    now = found.now and _document(found.now, contract)
    if now and found.now:
        gross_minor = found.now.taxed.totals.gross_minor
        now |= {
            "prepaid": money(found.prepaid_minor, contract.currency),
            "payable": money(gross_minor - found.prepaid_minor, contract.currency),
        }
    then = found.then and _document(found.then, contract)
    if then and found.period:
        then |= {"starts_on": found.period.starts_on, "ends_on": found.period.ends_on}
    return {"effective_on": found.effective_on, "now": now, "then": then}


def _document(draft: Draft, contract: Contract) -> dict[str, Any]:
    currency, locale = contract.currency, contract.customer.locale
    total = draft.taxed.totals
    return {
        "currency": currency,
        "net": money(total.net_minor, currency),
        "tax": money(total.tax_minor, currency),
        "gross": money(total.gross_minor, currency),
        "taxes": shown_taxes([tax.printed for tax in total.taxes], currency, locale=locale),
        "lines": _positioned(draft.charges(currency=currency)),
    }


def _positioned(lines: list[Charge]) -> list[Charge]:
    for position, line in enumerate(lines, start=1):
        line.position = position
    return lines


urlpatterns = [
    path("subscriptions/<reference:id>/preview", ChangePreviewView.as_view(), name="preview"),
    path("contracts/<reference:id>/preview", StartPreviewView.as_view(), name="start-preview"),
]
