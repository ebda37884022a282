"""Pages of products, plans and meters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from billing.catalog.admin.fields import NamesField
from billing.catalog.admin.prices import REFUSALS, NewPriceInline, PriceInline, new_price
from billing.catalog.commands import (
    NewMeter,
    NewPlan,
    NewProduct,
    create_meter,
    create_plan,
    create_product,
)
from billing.catalog.models import Meter, Plan, Product
from billing.sellers.admin import FactAdmin, FactInline, Lines, OwnedForm, SellerScopedAdmin


class PlanForm(OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("product",)
    plain_words: ClassVar[Mapping[str, StrOrPromise]] = {
        "plan_code_once": _("Another plan has this code."),
        "plan_anchor_day_in_month": _(
            "Only periods of months have an anchor day, not days or weeks."
        ),
        "plan_calendar_has_no_count_or_anchor": _(
            "The calendar's periods are one week, month, "
            "quarter, half-year or year: use an interval count of 1 and no anchor day."
        ),
        "plan_commitment_not_negative": _("The minimum commitment must not be negative."),
    }


class ProductForm(OwnedForm):
    plain_words: ClassVar[Mapping[str, StrOrPromise]] = {
        "product_code_once": _("Another product has it.")
    }


class PlanInline(FactInline):
    model = Plan
    fields = ("code", "name", "interval_count", "interval", "alignment", "anchor_day")
    ordering = ("code",)


@admin.register(Product)
class ProductAdmin(SellerScopedAdmin):
    form = ProductForm
    list_display = ("name", "code", "created_at")
    search_fields = ("name", "code")
    inlines: Sequence[Any] = (PlanInline, PriceInline)
    terms = ("supply", "unit", "exemption_code", "exemption_text")
    add_fieldsets = (
        (None, {"fields": ("seller", "code", "name", "description")}),
        (_("Tax and unit"), {"fields": terms}),
    )
    fieldsets = (
        (None, {"fields": ("seller", "code", "name", "description", "created_at")}),
        (_("Tax and unit"), {"fields": terms}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "code", *self.terms, "created_at") if obj else fixed

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        names = ("code", "name", "description", *self.terms)
        new = NewProduct(**{name: form.cleaned_data[name] for name in names})
        return create_product(seller=form.cleaned_data["seller"], new=new, at=at)


@admin.register(Plan)
class PlanAdmin(SellerScopedAdmin):
    form = PlanForm
    refusals: ClassVar[tuple[type[Exception], ...]] = REFUSALS
    list_display = ("name", "code", "product", "interval_count", "interval", "alignment")
    list_filter = ("interval", "alignment")
    list_select_related = ("product",)
    search_fields = ("name", "code")
    autocomplete_fields = ("product",)
    inlines: Sequence[Any] = (PriceInline,)
    add_inlines = (NewPriceInline,)
    terms = (
        "product", "code", "interval", "interval_count", "alignment", "anchor_day", "trial_days",
        "minimum_commitment",
    )  # fmt: skip
    add_fieldsets = ((None, {"fields": ("product", "code", "name", *terms[2:])}),)
    fieldsets = ((None, {"fields": ("product", "code", "name", *terms[2:], "created_at")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, *self.terms, "created_at") if obj else fixed

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        usual = {"interval": "month", "interval_count": 1}
        return {**usual, **super().get_changeform_initial_data(request)}

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        new = NewPlan(
            **{name: form.cleaned_data[name] for name in ("name", *self.terms[1:])},
            prices=[new_price(line) for line in lines],
        )
        return create_plan(product=form.cleaned_data["product"], new=new, at=at)


class MeterForm(OwnedForm):
    plain_words: ClassVar[Mapping[str, StrOrPromise]] = {
        "meter_code_once": _("Another meter has this code.")
    }
    dimensions = NamesField(
        required=False, help_text=_("Properties that prices may filter or group by: model, region.")
    )


@admin.register(Meter)
class MeterAdmin(FactAdmin):
    form = MeterForm
    list_display = ("name", "code", "aggregation", "property", "carried")
    list_filter = ("aggregation",)
    search_fields = ("name", "code")
    terms = ("code", "name", "aggregation", "property", "carried", "dimensions")
    add_fieldsets = ((None, {"fields": ("seller", *terms)}),)
    fieldsets = ((None, {"fields": ("seller", *terms[:-1], "shown_dimensions", "created_at")}),)
    readonly_fields = ("shown_dimensions",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_meter")

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        new = NewMeter(**{name: form.cleaned_data[name] for name in self.terms})
        return create_meter(seller=form.cleaned_data["seller"], new=new, at=at)

    @admin.display(description=_("dimensions"), empty_value="-")
    def shown_dimensions(self, meter: Meter) -> str | None:
        return ", ".join(meter.dimensions) or None
