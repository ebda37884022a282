"""VAT: overrides, registrations in other countries, and what registers said of VAT ids."""

from typing import Any, cast

from django.conf import settings
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import PlainDecimalField
from billing.api.answers.pages import listed
from billing.api.inputs.fields import (
    CountryField,
    DayField,
    ExactField,
    OneOfField,
    ReferenceField,
    TextField,
    optional,
)
from billing.api.inputs.form import Input
from billing.api.lists.filters import Filters, Of
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.api.sellers import (
    ListedRegistrationsView,
    RegistrationInput,
    RegistrationOutput,
)
from billing.catalog.models import TAX_CLASSES, Product
from billing.customers.models import Customer
from billing.identifiers import check_exemption_code
from billing.pricing.refused import Refused
from billing.sellers.models import ApiKey
from billing.vat import commands
from billing.vat.commands import NewOverride
from billing.vat.models import CATEGORIES, PERCENT_PLACES, TaxOverride, VatIdCheck


class NothingToAsk(Refused):
    """No register can be asked about a customer's VAT id."""


tell(
    exceptions={
        commands.ContradictoryOverride: Refusal(400, "override_contradicts"),
        commands.OverrideEndsTooEarly: Refusal(400, "override_ends_too_early"),
        commands.OverrideEndedAlready: Refusal(409, "override_ended_already"),
        NothingToAsk: Refusal(409, "nothing_to_ask"),
    },
    constraints={
        "tax_override_once_a_day": Refusal(
            409,
            "override_overlaps",
            "valid_from",
            "An override of the same supplies holds on some of these days: end it first"
            " (POST /tax-overrides/{id}/end), and let this one begin on that day.",
        )
    },
)


class OverrideInput(Input):
    category = OneOfField(choices=CATEGORIES, help_text="UNCL 5305 code.")
    percent = ExactField(
        places=PERCENT_PLACES, min_value=0, max_value=99, default=0, help_text="Of category S."
    )
    reason = TextField(max_length=500, help_text="Why the seller decides so.")
    customer = ReferenceField(known_as="ext", required=False)
    product = ReferenceField(known_as="code", required=False)
    tax_class = OneOfField(choices=TAX_CLASSES, required=False)
    country = CountryField(required=False, help_text="Of the customer, or of delivery.")
    exemption_code = optional(30, "VATEX code.", check_exemption_code)
    exemption_text = optional(300, "Why there is no VAT, as printed.")
    valid_from = DayField(default=None, allow_null=True, help_text="Day of supply; today.")
    valid_until = DayField(default=None, allow_null=True, help_text="First day without it.")


class EndOverrideInput(Input):
    valid_until = DayField(help_text="First day of supply without it; after today.")


class OverrideOutput(serializers.ModelSerializer[TaxOverride]):
    customer = serializers.UUIDField(source="customer_id", allow_null=True)
    product = serializers.UUIDField(source="product_id", allow_null=True)
    percent = PlainDecimalField()

    class Meta:
        model = TaxOverride
        fields = [
            "id", "customer", "product", "tax_class", "country", "category", "percent",
            "exemption_code", "exemption_text", "reason", "valid_from", "valid_until",
            "recorded_by", "created_at",
        ]  # fmt: skip


class VatIdCheckOutput(serializers.ModelSerializer[VatIdCheck]):
    class Meta:
        model = VatIdCheck
        fields = [
            "id", "vat_id", "outcome", "consultation_number", "name", "address", "checked_at",
            "next_check_at",
        ]  # fmt: skip


class AskedOutput(serializers.ModelSerializer[Customer]):
    class Meta:
        model = Customer
        fields = ["id", "vat_id"]


class OverrideFilters(Filters):
    customer = Of(Customer)
    product = Of(Product, known_as="code")


OVERRIDES = Listing[TaxOverride](output=OverrideOutput, filters=OverrideFilters)


class OverridesView(Endpoint):
    @OVERRIDES.described
    def get(self, request: Request) -> Response:
        """List the seller's own decisions on VAT, newest first."""
        return OVERRIDES.answer(self, self.rows(TaxOverride))

    @extend_schema(request=OverrideInput, responses={201: OverrideOutput})
    def post(self, request: Request) -> Response:
        """Record that the seller decides itself how certain supplies are taxed, and why."""
        said = self.said(OverrideInput)
        if "customer" in said:
            said["customer"] = self.resolve(Customer, said["customer"], field="customer")
        if "product" in said:
            said["product"] = self.resolve(Product, said["product"], field="product")
        key = cast(ApiKey, request.auth)
        override = commands.record_override(
            seller=self.seller, new=NewOverride(**said), by=f"API key {key}", at=timezone.now()
        )
        return self.created(OverrideOutput(override).data, route="tax-override", id=override.id)


class OverrideView(Endpoint):
    @extend_schema(responses=OverrideOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show an override."""
        row = self.find(self.rows(TaxOverride), id, known_as="")
        return Response(OverrideOutput(row).data)


class EndOverrideView(Endpoint):
    @extend_schema(request=EndOverrideInput, responses=OverrideOutput)
    def post(self, request: Request, id: str) -> Response:
        """End an override on a day to come."""
        row = self.find(self.rows(TaxOverride), id, known_as="")
        valid_until = self.said(EndOverrideInput)["valid_until"]
        row = commands.end_override(override_id=row.id, valid_until=valid_until, at=timezone.now())
        return Response(OverrideOutput(row).data)


class RegistrationsView(ListedRegistrationsView):
    @extend_schema(request=RegistrationInput, responses={201: RegistrationOutput})
    def post(self, request: Request) -> Response:
        """Record that the seller is registered for VAT in another country."""
        registration = commands.register_abroad(
            seller=self.seller, **self.said(RegistrationInput), at=timezone.now()
        )
        shown = RegistrationOutput(registration).data
        return self.created(shown, route="registration", id=registration.id)


class VatIdChecksView(Endpoint):
    @listed(VatIdCheckOutput)
    def get(self, request: Request, id: str) -> Response:
        """List what a register said of a customer's VAT ids, newest first."""
        customer = self.find(self.rows(Customer), id)
        return self.page(self.rows(VatIdCheck).filter(customer=customer), _checks)

    @extend_schema(request=None, responses={202: AskedOutput})
    def post(self, request: Request, id: str) -> Response:
        """Have the register asked about a customer's VAT id; the answer comes later."""
        customer = self.find(self.rows(Customer), id)
        if not settings.VIES_URL:
            raise NothingToAsk("This installation asks no register: set VIES_URL.")
        if not commands.can_be_asked(customer):
            raise NothingToAsk("The customer has no VAT id of the European Union: give one first.")
        commands.ask_again(customer=customer, at=timezone.now())
        return Response(AskedOutput(customer).data, status=202)


def _checks(rows: Any) -> Any:
    return VatIdCheckOutput(rows, many=True).data


urlpatterns = [
    path("seller/registrations", RegistrationsView.as_view(), name="registrations"),
    path("tax-overrides", OverridesView.as_view(), name="tax-overrides"),
    path("tax-overrides/<reference:id>/end", EndOverrideView.as_view(), name="tax-override-end"),
    path("tax-overrides/<reference:id>", OverrideView.as_view(), name="tax-override"),
    path(
        "customers/<reference:id>/vat-id-checks",
        VatIdChecksView.as_view(),
        name="vat-id-checks",
    ),
]
