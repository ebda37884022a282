"""Prices: `/prices`."""

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.catalog import commands
from billing.catalog.commands import NewPrice, PriceEndedAlready, PriceEndsTooEarly
from billing.catalog.models import TAX_CLASSES, Plan, Price, Product
from billing.pricing.prices import PriceKind, PriceModel, Proration, Timing
from billing.sellers.api.fields import (
    CurrencyField,
    DayField,
    ExactField,
    FlagField,
    ReferenceField,
    TextField,
)
from billing.sellers.api.inputs import Input
from billing.sellers.api.outputs import PlainDecimalField
from billing.sellers.api.pages import listed
from billing.sellers.api.problems import Refusal, tell
from billing.sellers.api.scoped import Endpoint

tell(
    exceptions={
        PriceEndsTooEarly: Refusal(400, "price_ends_too_early", field="valid_until"),
        PriceEndedAlready: Refusal(409, "price_ended_already"),
    },
    constraints={
        "price_code_on_sale_once": Refusal(
            409,
            "price_overlaps",
            "valid_from",
            "A price with this code and currency is on sale on some of these days: end it first"
            " (POST /prices/{id}/end), and let this one begin on that day.",
        ),
        "price_of_product_on_sale_once": Refusal(
            409,
            "price_overlaps",
            "valid_from",
            "The product has a price in this currency on some of these days: end it first"
            " (POST /prices/{id}/end), and let this one begin on that day.",
        ),
        "price_ends_once": Refusal(409, "price_ended_already", detail="The price has an end."),
    },
)


class NestedPriceInput(Input):
    code = TextField(
        max_length=100,
        help_text="Versions of one price share it. What was agreed keeps its version.",
    )
    text = TextField(
        max_length=200, allow_blank=True, default="", help_text="As printed; default: the name."
    )
    unit_price = ExactField(min_value=0)
    currency = CurrencyField(required=False, help_text="Default: the seller's.")
    tax_class = serializers.ChoiceField(choices=TAX_CLASSES)
    tax_included = FlagField(default=False)
    kind = serializers.ChoiceField(choices=list(PriceKind), required=False)
    timing = serializers.ChoiceField(choices=list(Timing), default="advance")
    model = serializers.ChoiceField(choices=list(PriceModel), default="per_unit")
    proration = serializers.ChoiceField(choices=list(Proration), default="daily")
    valid_from = DayField(default=None, allow_null=True, help_text="Default: today.")
    valid_until = DayField(default=None, allow_null=True, help_text="First day no longer on sale.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a validity without days."""
        first, end = attrs["valid_from"], attrs["valid_until"]
        if first and end and end <= first:
            raise serializers.ValidationError(
                {"valid_until": ["It must lie after valid_from."]}, code="empty_validity"
            )
        return attrs


class PriceInput(NestedPriceInput):
    plan = ReferenceField(known_as="code", required=False)
    product = ReferenceField(known_as="code", required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a price of nothing, or of two things."""
        if ("plan" in attrs) == ("product" in attrs):
            raise serializers.ValidationError(
                "Name either the plan or the product that it is the price of.",
                code="plan_or_product",
            )
        if "product" in attrs and attrs.get("kind", "once") != "once":
            raise serializers.ValidationError(
                {"kind": ["A product's price is charged once: recurring prices belong to plans."]},
                code="product_is_bought_once",
            )
        return super().validate(attrs)


class EndInput(Input):
    valid_until = DayField(help_text="First day no longer on sale; after today.")


class PriceOutput(serializers.ModelSerializer[Price]):
    plan = serializers.UUIDField(source="plan_id", allow_null=True)
    product = serializers.UUIDField(source="product_id", allow_null=True)
    unit_price = PlainDecimalField()

    class Meta:
        model = Price
        fields = [
            "id", "plan", "product", "code", "text", "kind", "timing", "model", "unit_price",
            "currency", "tax_class", "tax_included", "proration", "valid_from", "valid_until",
            "created_at",
        ]  # fmt: skip


class PricesView(Endpoint):
    @listed(PriceOutput)
    def get(self, request: Request) -> Response:
        """List the prices, newest first."""
        return self.page(self.rows(Price), _shown)

    @extend_schema(request=PriceInput, responses={201: PriceOutput})
    def post(self, request: Request) -> Response:
        """Record a price of a plan or of a product."""
        said = self.said(PriceInput)
        of: Plan | Product
        if "plan" in said:
            of = self.resolve(Plan, said.pop("plan"), field="plan")
        else:
            of = self.resolve(Product, said.pop("product"), field="product")
        new = new_price(said, currency=self.seller.currency, of_plan=isinstance(of, Plan))
        price = commands.create_price(of=of, new=new, at=timezone.now())
        return self.created(PriceOutput(price).data, route="price", id=price.id)


class PriceView(Endpoint):
    @extend_schema(responses=PriceOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a price."""
        return Response(PriceOutput(self.find(self.rows(Price), id, known_as="")).data)


class EndPriceView(Endpoint):
    @extend_schema(request=EndInput, responses=PriceOutput)
    def post(self, request: Request, id: str) -> Response:
        """End the sale of a price on a day to come; what was sold keeps it."""
        price = self.find(self.rows(Price), id, known_as="")
        valid_until = self.said(EndInput)["valid_until"]
        price = commands.end_price(price_id=price.id, valid_until=valid_until, at=timezone.now())
        return Response(PriceOutput(price).data)


def new_price(said: dict[str, Any], *, currency: str, of_plan: bool) -> NewPrice:
    """Return what shall be made, with what follows from the seller and from what it is for."""
    follows = {"currency": currency, "kind": "recurring" if of_plan else "once"}
    return NewPrice(**{**follows, **said})


def _shown(prices: Any) -> Any:
    return PriceOutput(prices, many=True).data


urlpatterns = [
    path("prices", PricesView.as_view(), name="prices"),
    path("prices/<reference:id>/end", EndPriceView.as_view(), name="price-end"),
    path("prices/<reference:id>", PriceView.as_view(), name="price"),
]
