"""Meters: `/meters`."""

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.pages import listed
from billing.api.inputs.fields import (
    FlagField,
    ListField,
    OneOfField,
    TextField,
)
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.catalog import commands
from billing.catalog.commands import NewMeter
from billing.catalog.models import Meter
from billing.pricing.prices import Aggregation

tell(
    constraints={
        "meter_code_once": Refusal(409, "code_taken", "code", "Another meter has this code.")
    }
)


class MeterInput(Input):
    code = TextField(max_length=100)
    name = TextField(max_length=200, help_text="As printed.")
    aggregation = OneOfField(choices=list(Aggregation))
    property = TextField(
        max_length=100,
        allow_null=True,
        default=None,
        help_text="The record's property that is aggregated; null: its value.",
    )
    carried = FlagField(default=False, help_text="Whether its level goes on over periods.")
    dimensions = ListField(
        child=TextField(max_length=100),
        default=[],
        max_length=20,
        help_text="Properties that prices may filter and group by.",
    )


class MeterOutput(serializers.ModelSerializer[Meter]):
    class Meta:
        model = Meter
        fields = [
            "id", "code", "name", "aggregation", "property", "carried", "dimensions",
            "created_at",
        ]  # fmt: skip


class MetersView(Endpoint):
    @listed(MeterOutput)
    def get(self, request: Request) -> Response:
        """List the meters, newest first."""
        return self.page(self.rows(Meter), _shown)

    @extend_schema(request=MeterInput, responses={201: MeterOutput})
    def post(self, request: Request) -> Response:
        """Record a meter: what is measured, and how records become a quantity."""
        new = NewMeter(**self.said(MeterInput))
        meter = commands.create_meter(seller=self.seller, new=new, at=timezone.now())
        return self.created(MeterOutput(meter).data, route="meter", id=meter.id)


class MeterView(Endpoint):
    @extend_schema(responses=MeterOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a meter."""
        return Response(MeterOutput(self.find(self.rows(Meter), id, known_as="code")).data)


def _shown(meters: Any) -> Any:
    return MeterOutput(meters, many=True).data


urlpatterns = [
    path("meters", MetersView.as_view(), name="meters"),
    path("meters/<reference:id>", MeterView.as_view(), name="meter"),
]
