"""Pages of usage by day, each with the records that it adds up."""

import json
from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.paginator import InfinitePaginator

from billing.catalog.models import Meter
from billing.periods import add_months
from billing.sellers.admin import FactAdmin, definitions, first_of, link, plain, scoped, table
from billing.usage.models import UsageBucket
from billing.usage.queries.records import records_of_day

SHOWN = 200  # Records on a page; the API reads them all.
MONTHS = 12


class MeterFilter(admin.SimpleListFilter):
    """Narrows the list to one meter."""

    title = _("meter")
    parameter_name = "meter"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        meters = scoped(Meter.objects.order_by("code"), request)
        return [(str(meter.pk), meter.code) for meter in meters]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        known = {choice for choice, _ in self.lookup_choices}
        return queryset.filter(meter=self.value()) if self.value() in known else queryset.none()


class MonthFilter(admin.SimpleListFilter):
    """Narrows the list to one of the months before the latest usage."""

    title = _("month")
    parameter_name = "month"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        latest = scoped(UsageBucket.objects.order_by("-pk"), request).first()
        if latest is None:
            return []
        first = latest.day.replace(day=1)
        months = [f"{add_months(first, -back):%Y-%m}" for back in range(MONTHS)]
        return [(month, month) for month in months]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = {choice for choice, _ in self.lookup_choices}
        month = self.value()
        if month is None:
            return queryset
        if month not in known:
            return queryset.none()
        first = date.fromisoformat(f"{month}-01")
        return queryset.filter(day__gte=first, day__lt=add_months(first, 1))


@admin.register(UsageBucket)
class UsageBucketAdmin(FactAdmin):
    paginator = InfinitePaginator  # Counting all usage would read all of it.
    list_display = (
        "day", "shown_customer", "subscription", "meter", "shown_properties", "count",
        "shown_total", "recorded_on",
    )  # fmt: skip
    list_filter = (MonthFilter, MeterFilter)
    list_select_related = ("meter", "subscription__contract__customer", "seller")
    search_fields = (
        "subscription__external_id", "subscription__contract__customer__name",
        "subscription__contract__customer__external_id", "meter__code",
    )  # fmt: skip
    search_ids = ("pk", "subscription", "subscription__contract__customer", "meter")
    search_help_text = _("Customer, subscription or meter")
    readonly_fields = (
        "shown_customer", "shown_subscription", "shown_meter", "shown_properties", "shown_total",
        "shown_records",
    )  # fmt: skip
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "day", "shown_customer", "shown_subscription", "shown_meter",
                    "shown_properties", "count", "shown_total", "recorded_on",
                )
            },
        ),
        (_("Records of the day"), {"fields": ("shown_records",)}),
    )  # fmt: skip

    @admin.display(description=_("customer"))
    def shown_customer(self, bucket: UsageBucket) -> str:
        return link(bucket.subscription.contract.customer)

    @admin.display(description=_("subscription"))
    def shown_subscription(self, bucket: UsageBucket) -> str:
        return link(bucket.subscription)

    @admin.display(description=_("meter"))
    def shown_meter(self, bucket: UsageBucket) -> str:
        return link(bucket.meter)

    @admin.display(description=_("properties"))
    def shown_properties(self, bucket: UsageBucket) -> str:
        return _properties(json.loads(bucket.properties))

    @admin.display(description=_("sum of values"))
    def shown_total(self, bucket: UsageBucket) -> str:
        return plain(bucket.total)

    @admin.display(description=_("records"))
    def shown_records(self, bucket: UsageBucket) -> SafeString:
        records = records_of_day(bucket, at_most=SHOWN + 1)
        rows = [
            (
                f"{record.at:%Y-%m-%d %H:%M:%S}",
                record.key,
                plain(record.value),
                _properties(record.properties),
                record.recorded_on,
            )
            for record in records[:SHOWN]
        ]
        head = (
            gettext("At (UTC)"),
            gettext("Key"),
            gettext("Value"),
            gettext("Properties"),
            gettext("Counts since"),
        )
        more = {"": first_of(SHOWN)} if len(records) > SHOWN else {}
        return table(head, rows) + definitions(more)


def _properties(properties: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(properties.items())) or "-"
