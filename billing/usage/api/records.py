"""Reads of usage: records as they were sent, and what they add up to by day."""

from typing import Any

from django.db.models import Max, QuerySet, Sum
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import PlainDecimalField
from billing.api.answers.pages import PageQuery, address_from, page_of
from billing.api.inputs.fields import DayField, ReferenceField
from billing.api.lists.filters import Filters, Of, moments
from billing.api.lists.listing import Listing
from billing.api.scoped import Endpoint
from billing.catalog.models import Meter
from billing.contracts.models import Subscription
from billing.usage.models import UsageBucket, UsageRecord


class UsageRecordOutput(serializers.ModelSerializer[UsageRecord]):
    subscription = serializers.UUIDField(source="subscription_id")
    meter = serializers.UUIDField(source="meter_id")
    value = PlainDecimalField()
    amount = PlainDecimalField(allow_null=True)
    measured = PlainDecimalField(help_text="What the meter takes of it.")

    class Meta:
        model = UsageRecord
        fields = [
            "subscription", "meter", "key", "at", "value", "amount", "properties", "measured",
            "day", "recorded_on", "recorded_at",
        ]  # fmt: skip


class UsageFilters(Filters):
    subscription = Of(Subscription, required=True, narrows=False)
    meter = Of(Meter, known_as="code")
    used_from, used_until = moments("at", leads=False, needs=True)


USAGE = Listing[UsageRecord](
    output=UsageRecordOutput,
    filters=UsageFilters,
    by=("meter", "at", "key"),
    marks=UsageRecord,
    sparse=True,
    exports=True,
)


class UsageDaysQuery(PageQuery):
    subscription = ReferenceField(known_as="ext")
    meter = ReferenceField(known_as="code")
    cursor = DayField(required=False, help_text="From `next`.")  # type: ignore[assignment]
    day_from = DayField(required=False, help_text="First day wanted.")
    day_until = DayField(required=False, help_text="First day no longer wanted.")


class UsageDayOutput(serializers.Serializer[Any]):
    day = serializers.DateField(help_text="The seller's.")
    records = serializers.IntegerField()
    total = PlainDecimalField(help_text="Sum of what the meter takes of them.")
    highest = PlainDecimalField()
    amount = PlainDecimalField(help_text="Sum of their money, for dynamic prices.")


class UsageDaysView(Endpoint):
    @extend_schema(parameters=[UsageDaysQuery], responses=page_of(UsageDayOutput))
    def get(self, request: Request) -> Response:
        """List what a subscription's records of a meter add up to by day, the latest day first."""
        asked = self.asked(UsageDaysQuery)
        days = (
            self._days(asked)
            .values("day")
            .annotate(
                records=Sum("count"), sum=Sum("total"), most=Max("highest"), money=Sum("amount")
            )
        )
        found = list(days.order_by("-day")[: asked["limit"] + 1])
        shown = found[: asked["limit"]]
        following = address_from(request, shown[-1]["day"]) if len(found) > len(shown) else None
        rows = [
            {**day, "total": day["sum"], "highest": day["most"], "amount": day["money"]}
            for day in shown
        ]
        return Response({"results": UsageDayOutput(rows, many=True).data, "next": following})

    get.is_list = True  # type: ignore[attr-defined]

    def _days(self, asked: dict[str, Any]) -> QuerySet[UsageBucket]:
        """Return the buckets that are wanted: their index goes from day to day."""
        bounds = {"day_from": "day__gte", "day_until": "day__lt", "cursor": "day__lt"}
        rows = self.rows(UsageBucket).filter(
            subscription=self.resolve(Subscription, asked["subscription"], field="subscription"),
            meter=self.resolve(Meter, asked["meter"], field="meter"),
        )
        for name, bound in bounds.items():
            rows = rows.filter(**{bound: asked[name]}) if name in asked else rows
        return rows
