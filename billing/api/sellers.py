"""The seller itself, and its test clock."""

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.pages import listed
from billing.api.description.schema import refusing
from billing.api.inputs.fields import (
    CountryField,
    DayField,
    FlagField,
    MailField,
    TextField,
    optional,
)
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.identifiers import check_address_scheme
from billing.sellers import commands
from billing.sellers.models import Seller, SellerRegistration, TestClock
from billing.sellers.queries import today

tell(
    exceptions={
        commands.DetailsIncomplete: Refusal(400, "details_incomplete"),
        commands.RegistrationRefused: Refusal(400, "registration_refused"),
        commands.RegistrationEndedAlready: Refusal(409, "registration_ended_already"),
    },
    constraints={
        "seller_registered_once_a_day": Refusal(
            409,
            "registration_overlaps",
            "valid_from",
            "The seller is registered in the country on some of these days: end that first.",
        )
    },
)


class SellerOutput(serializers.ModelSerializer[Seller]):
    class Meta:
        model = Seller
        fields = [
            "id", "name", "trading_name", "street", "postcode", "city", "country", "contact_name",
            "phone", "email", "register_number", "legal_information", "electronic_address",
            "electronic_address_scheme", "vat_id", "tax_number", "oss", "vat_id_policy",
            "small_business_from", "small_business_until", "small_business_text",
            "account_holder", "iban", "bic", "creditor_id", "timezone", "currency",
            "exchange_rate_policy", "locale",
            "payment_days", "invoice_number_format", "credit_note_number_format", "is_test",
            "created_at",
        ]  # fmt: skip


class SellerInput(Input):
    trading_name = optional(200, "Where it differs from the legal name.")
    contact_name = optional(100, "Person or department that answers questions.")
    phone = optional(40)
    email = MailField(allow_blank=True, default="")
    register_number = optional(100, "With its court: Amtsgericht Berlin, HRB 12345 B.")
    legal_information = optional(500, "What the law wants on business letters.")
    electronic_address = optional(100, "Where e-invoices to the seller go.")
    electronic_address_scheme = optional(
        4, "EAS code of the electronic address, for example 9930.", check_address_scheme
    )


class RegistrationInput(Input):
    country = CountryField()
    vat_id = TextField(max_length=30, help_text="That of the country.")
    valid_from = DayField(help_text="First day of supply under it.")
    valid_until = DayField(default=None, allow_null=True, help_text="First day no longer under it.")


class EndRegistrationInput(Input):
    valid_until = DayField(help_text="First day of supply no longer under it.")


class RegistrationOutput(serializers.ModelSerializer[SellerRegistration]):
    class Meta:
        model = SellerRegistration
        fields = ["id", "country", "vat_id", "valid_from", "valid_until", "created_at"]


class TestClockOutput(serializers.Serializer[Any]):
    today = serializers.DateField(help_text="The seller's day.")
    target_date = serializers.DateField(help_text="Null while it stands still.", allow_null=True)
    held_date = serializers.DateField(
        help_text="Day of which what is due waits; null: none.", allow_null=True
    )
    is_moving = serializers.BooleanField(help_text="Whether it is on its way to `target_date`.")


class AdvanceInput(Input):
    to = DayField(help_text="Day to go to; today or later.")
    hold_due = FlagField(
        default=False,
        help_text="Stop at the day's first moment: what is due on it waits until the clock is "
        "told to go on, to the same day or a later one.",
    )


class SellerView(Endpoint):
    @extend_schema(responses=SellerOutput)
    def get(self, request: Request) -> Response:
        """Show the settings of the seller that the key belongs to."""
        return Response(SellerOutput(self.thing()).data)

    @extend_schema(request=SellerInput, responses=SellerOutput)
    def patch(self, request: Request) -> Response:
        """Change what later documents say of the seller: nothing of its name, taxes and bank."""
        details = self.said(SellerInput, partial=True)
        return Response(
            SellerOutput(commands.change_seller(seller_id=self.seller.id, details=details)).data
        )

    def thing(self) -> Seller:
        """Return the seller as it is now: the key's was read before it was held."""
        return Seller.objects.get(pk=self.seller.pk)


class ListedRegistrationsView(Endpoint):
    @listed(RegistrationOutput)
    def get(self, request: Request) -> Response:
        """List where else the seller is or was registered for VAT, newest first."""
        return self.page(self.rows(SellerRegistration), _registrations)


class RegistrationView(Endpoint):
    @extend_schema(responses=RegistrationOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a registration."""
        row = self.find(self.rows(SellerRegistration), id, known_as="")
        return Response(RegistrationOutput(row).data)


class EndRegistrationView(Endpoint):
    @extend_schema(request=EndRegistrationInput, responses=RegistrationOutput)
    def post(self, request: Request, id: str) -> Response:
        """End a registration; issued documents stay."""
        row = self.find(self.rows(SellerRegistration), id, known_as="")
        valid_until = self.said(EndRegistrationInput)["valid_until"]
        row = commands.end_registration(registration_id=row.id, valid_until=valid_until)
        return Response(RegistrationOutput(row).data)


class TestClockView(Endpoint):
    @extend_schema(responses=TestClockOutput)
    def get(self, request: Request) -> Response:
        """Show the seller's day."""
        clock = self.rows(TestClock).first()
        return Response(_clock(self.seller, clock))


class AdvanceTestClockView(Endpoint):
    @refusing("test_clock_refused")
    @extend_schema(request=AdvanceInput, responses={202: TestClockOutput})
    def post(self, request: Request) -> Response:
        """Let days pass for a seller in test mode, due day by due day."""
        said = self.said(AdvanceInput)
        clock = commands.advance_test_clock(seller=self.seller, **said, at=timezone.now())
        return Response(_clock(self.seller, clock), status=202)


def _registrations(rows: Any) -> Any:
    return RegistrationOutput(rows, many=True).data


def _clock(seller: Seller, clock: TestClock | None) -> Any:
    target = clock.target_date if clock else None
    day = clock.today if clock else today(seller, at=timezone.now())
    return TestClockOutput(
        {
            "today": day,
            "target_date": target,
            "held_date": clock.held_date if clock else None,
            "is_moving": target is not None,
        }
    ).data


urlpatterns = [
    path("seller", SellerView.as_view(), name="seller"),
    path(
        "seller/registrations/<reference:id>/end",
        EndRegistrationView.as_view(),
        name="registration-end",
    ),
    path("seller/registrations/<reference:id>", RegistrationView.as_view(), name="registration"),
    path("test-clock", TestClockView.as_view(), name="test-clock"),
    path("test-clock/advance", AdvanceTestClockView.as_view(), name="test-clock-advance"),
]
