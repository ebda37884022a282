"""A seller's own rates of exchange: `/exchange-rates`."""

from typing import Any, cast

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import PlainDecimalField
from billing.api.answers.pages import listed
from billing.api.inputs.fields import CurrencyField, DayField, ExactField, OneOfField, TextField
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.exchange.commands import NewRate, RateRefused, record_own_rate
from billing.exchange.models import DAY, PERIODS, OwnExchangeRate
from billing.sellers.models import ApiKey

tell(exceptions={RateRefused: Refusal(400, "rate_refused")})


class RateInput(Input):
    currency = CurrencyField(help_text="For example USD.")
    base = CurrencyField(required=False, help_text="Default: the seller's.")
    rate = ExactField(
        min_value=0, help_text='Units of the currency for one of the base: "1.0823" USD for 1 EUR.'
    )
    period = OneOfField(choices=PERIODS, default=DAY)
    day = DayField(help_text="For which it holds; of a month any of its days.")
    source = TextField(  # type: ignore[assignment]  # Not that of the field.
        max_length=200,
        help_text="As printed: whose rate it is, and by what leave it is used.",
    )


class RateOutput(serializers.ModelSerializer[OwnExchangeRate]):
    rate = PlainDecimalField()

    class Meta:
        model = OwnExchangeRate
        fields = [
            "id", "currency", "base", "rate", "period", "day", "source", "recorded_by",
            "created_at",
        ]  # fmt: skip


class RatesView(Endpoint):
    @listed(RateOutput)
    def get(self, request: Request) -> Response:
        """List the seller's own rates of exchange, newest first."""
        return self.page(self.rows(OwnExchangeRate), _rates)

    @extend_schema(request=RateInput, responses={201: RateOutput})
    def post(self, request: Request) -> Response:
        """Record a rate by which VAT in another currency is stated in the seller's own."""
        new = NewRate(**self.said(RateInput))
        by = f"API key {cast(ApiKey, request.auth)}"
        row = record_own_rate(seller=self.seller, new=new, by=by, at=timezone.now())
        return self.created(RateOutput(row).data, route="exchange-rate", id=row.id)


class RateView(Endpoint):
    @extend_schema(responses=RateOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a rate of exchange."""
        row = self.find(self.rows(OwnExchangeRate), id, known_as="")
        return Response(RateOutput(row).data)


def _rates(rows: Any) -> Any:
    return RateOutput(rows, many=True).data


urlpatterns = [
    path("exchange-rates", RatesView.as_view(), name="exchange-rates"),
    path("exchange-rates/<reference:id>", RateView.as_view(), name="exchange-rate"),
]
