"""Pages of the catalog: products, plans, prices and tax rates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from billing.catalog.commands import (
    NewPlan,
    NewPrice,
    PriceEndedAlready,
    PriceEndsTooEarly,
    create_plan,
    create_price,
    create_product,
    end_price,
)
from billing.catalog.models import Plan, Price, Product, TaxRate
from billing.pricing.prices import ContradictoryPlan
from billing.sellers.admin import (
    FactInline,
    FormPage,
    Lines,
    OwnedForm,
    OwnedFormSet,
    OwnedLineForm,
    PageForm,
    SellerScopedAdmin,
    StackedLineInline,
    button,
    unit_price,
)

REFUSALS = (IntegrityError, ContradictoryPlan)
TERMS = (
    "code", "text", "kind", "timing", "model", "unit_price", "currency", "tax_class",
    "tax_included", "proration", "valid_from", "valid_until",
)  # fmt: skip
OVERLAPS = (
    "A price with this code and currency is on sale on some of these days: end its sale first, "
    "and let this one begin on that day."
)
FORWARD = "The first day no longer on sale must come after the first day on sale."


class PriceTermsForm(OwnedLineForm):
    plain_words: ClassVar[Mapping[str, str]] = {"price_validity_forward": FORWARD}
    text = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text="As printed on the line; empty: the name.",
    )
    unit_price = forms.DecimalField(
        max_digits=30,
        decimal_places=12,
        validators=[MinValueValidator(0)],
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
        help_text="Of one unit, or of the period where the model is flat; major units.",
    )
    valid_from = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text="First day on sale; empty: today.",
    )

    def clean(self) -> dict[str, Any]:
        """Say at the field that the end comes before the start."""
        values = super().clean() or {}
        first, end = values.get("valid_from"), values.get("valid_until")
        if first and end and end <= first:
            self.add_error("valid_until", FORWARD)
        return values

    def has_changed(self) -> bool:
        """Take a row for empty whose code and amount are, whatever its choices say."""
        filled = any(self.data.get(self.add_prefix(name)) for name in ("code", "unit_price"))
        return bool(super().has_changed()) and filled


class PriceForm(PriceTermsForm, OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("plan", "product")
    plain_words: ClassVar[Mapping[str, str]] = {
        "price_validity_forward": FORWARD,
        "price_of_plan_or_product": "A product's price is charged once: choose the kind once.",
        "price_code_on_sale_once": OVERLAPS,
        "price_of_product_on_sale_once": OVERLAPS,
    }

    def clean(self) -> dict[str, Any]:
        """Ask for a plan or a product."""
        values = super().clean()
        if bool(values.get("plan")) == bool(values.get("product")):
            raise ValidationError("A price is of a plan or of a product: choose one of them.")
        return values


class PriceFormSet(OwnedFormSet):
    def clean(self) -> None:
        """Refuse two prices of one code, which would be on sale on the same day."""
        super().clean()
        seen: set[tuple[str, str]] = set()
        for form in self.forms:
            values = getattr(form, "cleaned_data", {})
            key = (values.get("code", ""), values.get("currency", ""))
            if all(key) and key in seen:
                form.add_error("code", "Another price here has this code and currency.")
            seen.add(key)


class PlanForm(OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("product",)
    plain_words: ClassVar[Mapping[str, str]] = {
        "plan_code_once": "Another plan has this code.",
        "plan_anchor_day_in_month": "Only periods of months have an anchor day, not days or weeks.",
        "plan_calendar_has_no_count_or_anchor": "The calendar's periods are one week, month, "
        "quarter, half-year or year: use an interval count of 1 and no anchor day.",
    }


class ProductForm(OwnedForm):
    plain_words: ClassVar[Mapping[str, str]] = {"product_code_once": "Another product has it."}


class NewPriceInline(StackedLineInline):
    model = Price
    form = PriceTermsForm
    formset = PriceFormSet
    fields = TERMS
    min_num = 0
    extra = 1


class PriceInline(FactInline):
    model = Price
    fields = (
        "code", "text", "kind", "timing", "model", "shown_price", "tax_class", "tax_included",
        "valid_from", "valid_until",
    )  # fmt: skip
    ordering = ("code", "currency", "valid_from")

    @admin.display(description="unit price")
    def shown_price(self, price: Price) -> str:
        return unit_price(price.unit_price, price.currency)


class PlanInline(FactInline):
    model = Plan
    fields = ("code", "name", "interval_count", "interval", "alignment", "anchor_day")
    ordering = ("code",)


def _new_price(values: Mapping[str, Any]) -> NewPrice:
    return NewPrice(**{name: values[name] for name in TERMS})


@admin.register(Product)
class ProductAdmin(SellerScopedAdmin):
    form = ProductForm
    list_display = ("name", "code", "created_at")
    search_fields = ("name", "code")
    inlines: Sequence[Any] = (PlanInline, PriceInline)
    add_fieldsets = ((None, {"fields": ("seller", "code", "name")}),)
    fieldsets = ((None, {"fields": ("seller", "code", "name", "created_at")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "code", "created_at") if obj else fixed

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        names = ("seller", "code", "name")
        return create_product(**{name: form.cleaned_data[name] for name in names}, at=at)


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
    terms = ("product", "code", "interval", "interval_count", "alignment", "anchor_day")
    add_fieldsets = ((None, {"fields": ("product", "code", "name", *terms[2:])}),)
    fieldsets = ((None, {"fields": ("product", "code", "name", *terms[2:], "created_at")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, *self.terms, "created_at") if obj else fixed

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        usual = {"interval": "month", "interval_count": 1}
        return {**usual, **super().get_changeform_initial_data(request)}

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        names = ("code", "name", "interval", "interval_count", "alignment", "anchor_day")
        new = NewPlan(
            **{name: form.cleaned_data[name] for name in names},
            prices=[_new_price(line) for line in lines],
        )
        return create_plan(product=form.cleaned_data["product"], new=new, at=at)


class EndForm(PageForm):
    valid_until = forms.DateField(
        label="First day no longer on sale", widget=UnfoldAdminSingleDateWidget()
    )


def _end(price: Price, values: Mapping[str, Any], at: datetime) -> str:
    end_price(price_id=price.pk, valid_until=values["valid_until"], at=at)
    return f"The sale of {price.code} ends: {values['valid_until']} is the first day without it."


END_SALE = FormPage(
    title="End the sale of the price",
    submit="End the sale",
    form_class=EndForm,
    act=_end,
    refusals=(IntegrityError, PriceEndsTooEarly, PriceEndedAlready),
    explanation="Subscriptions that were sold keep their price. The end can be set once.",
)


@admin.register(Price)
class PriceAdmin(SellerScopedAdmin):
    form = PriceForm
    refusals: ClassVar[tuple[type[Exception], ...]] = REFUSALS
    list_display = (
        "code", "plan", "product", "kind", "shown_price", "tax_class", "valid_from", "valid_until",
    )  # fmt: skip
    list_filter = ("kind", "currency", "tax_class")
    list_select_related = ("plan", "product")
    search_fields = ("code", "text", "plan__name", "product__name")
    autocomplete_fields = ("plan", "product")
    actions_detail = ("end_sale",)
    add_fieldsets = ((None, {"fields": ("plan", "product", *TERMS)}),)
    fieldsets = ((None, {"fields": ("plan", "product", *TERMS, "created_at")}),)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_end_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_price")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        shown: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        return shown if row and not row.valid_until else []

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        of = form.cleaned_data["plan"] or form.cleaned_data["product"]
        return create_price(of=of, new=_new_price(form.cleaned_data), at=at)

    @admin.display(description="unit price", ordering="unit_price")
    def shown_price(self, price: Price) -> str:
        return unit_price(price.unit_price, price.currency)

    @button("End sale on …", path="end-sale", permission="end", icon="event_busy")
    def end_sale(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, END_SALE)


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):  # type: ignore[misc]
    """Tax rates are the law's: all sellers share them, and superusers keep them."""

    list_display = ("country", "tax_class", "category", "percent", "valid_from", "valid_until")
    list_filter = ("country", "tax_class")
    search_fields = ("country", "source")
    ordering = ("country", "tax_class", "-valid_from")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let a rate that exists be ended, and no more: invoices rest on it."""
        names = [field.name for field in TaxRate._meta.concrete_fields if field.editable]
        is_ended = obj and obj.valid_until
        return [name for name in names if obj and (is_ended or name != "valid_until")]

    def save_model(self, request: HttpRequest, obj: TaxRate, form: Any, change: bool) -> None:
        obj.save(update_fields=["valid_until"] if change else None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
