"""Prices: `/prices`."""

from collections.abc import Iterable
from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import PlainDecimalField
from billing.api.description.schema import refusing
from billing.api.inputs.fields import (
    CurrencyField,
    DayField,
    ExactField,
    FlagField,
    ListField,
    ObjectField,
    OneOfField,
    ReferenceField,
    TextField,
    UnitField,
    WholeField,
    optional,
)
from billing.api.inputs.form import Input
from billing.api.lists.filters import Filters, Of, Text, Word, currency
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.catalog import commands
from billing.catalog.commands import NewPrice, PriceEndedAlready, PriceEndsTooEarly
from billing.catalog.models import TAX_CLASSES, Meter, Plan, Price, Product
from billing.identifiers import check_code_of_exempt
from billing.pricing.prices import (
    AppliesTo,
    PriceKind,
    PriceModel,
    Proration,
    Rounding,
    Tier,
    Timing,
)

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
        "price_code_of_one_kind": Refusal(
            409,
            "price_of_another_kind",
            "code",
            "The versions of a price have one kind and timing: give this one another code.",
        ),
        "price_ends_once": Refusal(409, "price_ended_already", detail="The price has an end."),
    },
)


def _amount(help_text: str) -> ExactField:
    return ExactField(min_value=0, allow_null=True, default=None, help_text=help_text)


class TierInput(Input):
    up_to = ExactField(allow_null=True, help_text="The last unit that it holds; null: the rest.")
    unit_price = ExactField(min_value=0, required=False)
    flat = ExactField(min_value=0, required=False)
    rate = ExactField(min_value=0, required=False, help_text="Percent.")


class NestedPriceInput(Input):
    code = TextField(
        max_length=100,
        help_text="Versions of one price share it. What was agreed keeps its version.",
    )
    text = TextField(
        max_length=200, allow_blank=True, default="", help_text="As printed; default: the name."
    )
    kind = OneOfField(choices=list(PriceKind), required=False)
    timing = OneOfField(
        choices=list(Timing),
        required=False,
        help_text="Default: advance; of usage always arrears, of a price that is charged once "
        "always advance.",
    )
    model = OneOfField(choices=list(PriceModel), default="per_unit")
    amount = _amount("For flat: of a period. For package: of one package.")
    unit_price = _amount("For per_unit.")
    tiers = TierInput(  # type: ignore[call-arg]
        many=True,
        required=False,
        max_length=100,
        help_text="For graduated, volume, stairstep, graduated_percentage.",
    )
    size = _amount("For package: its units.")
    free_units = _amount("For package: units before the first one is paid.")
    rounding = OneOfField(
        choices=list(Rounding), default="up", help_text="Whether a begun package counts."
    )
    rate = _amount("For percentage: percent.")
    fixed_fee = _amount("For percentage: of each record.")
    free_events = WholeField(
        min_value=0, max_value=2**31 - 1, allow_null=True, default=None, help_text="Per period."
    )
    free_amount = _amount("For percentage: per period.")
    min_per_event = _amount("For percentage: least that the rate takes of a record.")
    max_per_event = _amount("For percentage: most that the rate takes of a record.")
    minimum = _amount("Least that a period costs.")
    maximum = _amount("Most that a period costs.")
    meter = ReferenceField(known_as="code", required=False)
    filters = ObjectField(
        child=ListField(child=TextField(max_length=200), max_length=100),
        required=False,
        help_text="Dimension of the meter: the values that count.",
    )
    group_by = ListField(
        child=TextField(max_length=100),
        required=False,
        max_length=20,
        help_text="Dimensions of the meter whose values have the tiers for themselves.",
    )
    currency = CurrencyField(required=False, help_text="Default: the seller's.")
    tax_class = OneOfField(choices=TAX_CLASSES)
    tax_included = FlagField(default=False)
    exemption_code = optional(
        30,
        "Of class exempt: the VATEX code of the reason; default: the product's.",
        check_code_of_exempt,
    )
    exemption_text = optional(
        300, "Of class exempt: the paragraph, as printed; default: the product's."
    )
    unit = UnitField(required=False)
    proration = OneOfField(choices=list(Proration), default="daily")
    valid_from = DayField(default=None, allow_null=True, help_text="Default: today.")
    valid_until = DayField(default=None, allow_null=True, help_text="First day no longer on sale.")
    applies_to = OneOfField(
        choices=list(AppliesTo),
        default="next_period",
        help_text="Whom a later version reaches: new agreements only, or also who has an earlier "
        "one, from the next period on that begins while it is valid, or at once.",
    )

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
    meter = serializers.UUIDField(source="meter_id", allow_null=True)
    amount = PlainDecimalField(allow_null=True)
    unit_price = PlainDecimalField(allow_null=True)
    size = PlainDecimalField(allow_null=True)
    free_units = PlainDecimalField(allow_null=True)
    rate = PlainDecimalField(allow_null=True)
    fixed_fee = PlainDecimalField(allow_null=True)
    free_amount = PlainDecimalField(allow_null=True)
    min_per_event = PlainDecimalField(allow_null=True)
    max_per_event = PlainDecimalField(allow_null=True)
    minimum = PlainDecimalField(allow_null=True)
    maximum = PlainDecimalField(allow_null=True)

    class Meta:
        model = Price
        fields = [
            "id", "plan", "product", "code", "text", "kind", "timing", "model", "amount",
            "unit_price", "tiers", "size", "free_units", "rounding", "rate", "fixed_fee",
            "free_events", "free_amount", "min_per_event", "max_per_event", "minimum", "maximum",
            "meter", "filters", "group_by", "currency", "tax_class", "tax_included", "supply",
            "exemption_code", "exemption_text", "unit", "proration",
            "valid_from", "valid_until", "applies_to", "recorded_on", "created_at",
        ]  # fmt: skip


class PriceFilters(Filters):
    plan = Of(Plan, known_as="code")
    product = Of(Product, known_as="code")
    meter = Of(Meter, known_as="code")
    code = Text(help_text="Of all versions of a price.")
    kind = Word(PriceKind)
    currency = currency()


PRICES = Listing[Price](output=PriceOutput, filters=PriceFilters)


class PricesView(Endpoint):
    @PRICES.described
    def get(self, request: Request) -> Response:
        """List the prices, newest first."""
        return PRICES.answer(self, self.rows(Price))

    @refusing("plan_contradicts")
    @extend_schema(request=PriceInput, responses={201: PriceOutput})
    def post(self, request: Request) -> Response:
        """Record a price of a plan or of a product."""
        said = self.said(PriceInput)
        of: Plan | Product
        if "plan" in said:
            of = self.resolve(Plan, said.pop("plan"), field="plan")
        else:
            of = self.resolve(Product, said.pop("product"), field="product")
        if "meter" in said:
            said["meter"] = self.resolve(Meter, said["meter"], field="meter")
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
    if said.get("meter"):
        follows["kind"] = "usage"
    return NewPrice(**{**follows, **said, "tiers": new_tiers(said.get("tiers", ()))})


def new_tiers(said: Iterable[dict[str, Any]]) -> tuple[Tier, ...]:
    """Return tiers as they were said."""
    return tuple(Tier(**tier) for tier in said)


urlpatterns = [
    path("prices", PricesView.as_view(), name="prices"),
    path("prices/<reference:id>/end", EndPriceView.as_view(), name="price-end"),
    path("prices/<reference:id>", PriceView.as_view(), name="price"),
]
