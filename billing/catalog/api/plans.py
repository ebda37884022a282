"""Plans: `/plans`."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import PlainDecimalField
from billing.api.description.schema import refusing
from billing.api.inputs.fields import (
    ExactField,
    OneOfField,
    ReferenceField,
    TextField,
    WholeField,
)
from billing.api.inputs.form import Input
from billing.api.lists.expansion import Nested, Showing
from billing.api.lists.filters import Filters, Of
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.references import Reference
from billing.api.scoped import Endpoint
from billing.catalog import commands
from billing.catalog.api.prices import NestedPriceInput, PriceOutput, new_price
from billing.catalog.api.products import PRODUCT
from billing.catalog.commands import NewPlan, NewPrice
from billing.catalog.models import Meter, Plan, Price, Product
from billing.periods import Alignment, Interval

_CONTRADICTS = "The interval, its count, the alignment and the anchor day exclude each other."

tell(
    constraints={
        "plan_code_once": Refusal(409, "code_taken", "code", "Another plan has this code."),
        "plan_anchor_day_in_month": Refusal(
            400,
            "plan_contradicts",
            "anchor_day",
            "Only periods of months can have an anchor_day, not days or weeks.",
        ),
        "plan_calendar_has_no_count_or_anchor": Refusal(400, "plan_contradicts", "", _CONTRADICTS),
        "plan_interval_known": Refusal(400, "plan_contradicts", "", _CONTRADICTS),
    }
)


class PlanInput(Input):
    product = ReferenceField(known_as="code")
    code = TextField(max_length=100)
    name = TextField(max_length=200, help_text="As printed.")
    interval = OneOfField(choices=list(Interval))
    interval_count = WholeField(min_value=1, max_value=100, default=1)
    alignment = OneOfField(choices=list(Alignment), default="anniversary")
    anchor_day = WholeField(
        min_value=1,
        max_value=31,
        default=None,
        allow_null=True,
        help_text="Day of month on which periods begin; 31 means the last day where shorter.",
    )
    trial_days = WholeField(
        min_value=0,
        max_value=3650,
        default=0,
        help_text="Days from the start for which recurring prices aren't owed.",
    )
    minimum_commitment = ExactField(
        min_value=0,
        allow_null=True,
        default=None,
        help_text="What the charges of a whole period come to at least.",
    )
    prices = NestedPriceInput(many=True, default=[], max_length=100)  # type: ignore[call-arg]


class PlanOutput(serializers.ModelSerializer[Plan]):
    product = serializers.UUIDField(source="product_id")
    minimum_commitment = PlainDecimalField(allow_null=True)
    prices = PriceOutput(many=True)

    class Meta:
        model = Plan
        fields = [
            "id", "product", "code", "name", "interval", "interval_count", "alignment",
            "anchor_day", "trial_days", "minimum_commitment", "prices", "created_at",
        ]  # fmt: skip


class PlanFilters(Filters):
    product = Of(Product, known_as="code")


def _priced(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    return plans.prefetch_related(Prefetch("prices", Price.objects.order_by("id")))


PLAN = Nested(resource="plans", model=Plan, column="plan_id", output=PlanOutput, select=_priced)
PLAN_SHOWN = Showing(output=PlanOutput, expands={"product": PRODUCT})
PLANS = Listing[Plan](output=PlanOutput, filters=PlanFilters, expands=PLAN_SHOWN.expands)


class PlansView(Endpoint):
    @PLANS.described
    def get(self, request: Request) -> Response:
        """List the plans with their prices, newest first."""
        return PLANS.answer(self, _priced(self.rows(Plan)))

    @refusing("plan_contradicts")
    @extend_schema(request=PlanInput, responses={201: PlanOutput})
    def post(self, request: Request) -> Response:
        """Record a plan, and prices with it."""
        said = self.said(PlanInput)
        product = self.resolve(Product, said.pop("product"), field="product")
        said["prices"] = self._prices(said["prices"])
        plan = commands.create_plan(product=product, new=NewPlan(**said), at=timezone.now())
        return self.created(PlanOutput(plan).data, route="plan", id=plan.id)

    def _prices(self, said: list[dict[str, Any]]) -> list[NewPrice]:
        """Return the prices with their meters, found in one query however many there are."""
        named: dict[str, Reference] = {
            f"prices.{index}.meter": price["meter"]
            for index, price in enumerate(said)
            if "meter" in price
        }
        meters = self.resolve_all(Meter, named)
        return [
            new_price(
                {**price, "meter": meters.get(f"prices.{index}.meter")},
                currency=self.seller.currency,
                of_plan=True,
            )
            for index, price in enumerate(said)
        ]


class PlanView(Endpoint):
    @PLAN_SHOWN.described
    def get(self, request: Request, id: str) -> Response:
        """Show a plan with its prices."""
        plan = self.find(_priced(self.rows(Plan)), id, known_as="code")
        return PLAN_SHOWN.answer(self, plan, PlanOutput(plan).data)


urlpatterns = [
    path("plans", PlansView.as_view(), name="plans"),
    path("plans/<reference:id>", PlanView.as_view(), name="plan"),
]
