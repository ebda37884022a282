"""The seller itself, its test clock, and whether the process is alive."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.sellers import commands
from billing.sellers.api.fields import DayField, FlagField
from billing.sellers.api.inputs import Input
from billing.sellers.api.scoped import Endpoint
from billing.sellers.models import Seller, TestClock
from billing.sellers.queries import today


class SellerOutput(serializers.ModelSerializer[Seller]):
    class Meta:
        model = Seller
        fields = [
            "id", "name", "street", "postcode", "city", "country", "email", "vat_id", "tax_number",
            "oss", "iban", "bic", "timezone", "currency", "locale", "payment_days",
            "invoice_number_format", "credit_note_number_format", "is_test", "created_at",
        ]  # fmt: skip


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
        return Response(SellerOutput(self.seller).data)


class TestClockView(Endpoint):
    @extend_schema(responses=TestClockOutput)
    def get(self, request: Request) -> Response:
        """Show the seller's day."""
        clock = self.rows(TestClock).first()
        return Response(_clock(self.seller, clock))


class AdvanceTestClockView(Endpoint):
    @extend_schema(request=AdvanceInput, responses={202: TestClockOutput})
    def post(self, request: Request) -> Response:
        """Let days pass for a seller in test mode, due day by due day."""
        said = self.said(AdvanceInput)
        clock = commands.advance_test_clock(seller=self.seller, **said, at=timezone.now())
        return Response(_clock(self.seller, clock), status=202)


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive; the database is not asked."""
    return JsonResponse({"status": "ok"})


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
    path("test-clock", TestClockView.as_view(), name="test-clock"),
    path("test-clock/advance", AdvanceTestClockView.as_view(), name="test-clock-advance"),
]
