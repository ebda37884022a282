"""Pages of prices: made once, each version a row; only the end of its sale is set later."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from billing.catalog.admin.fields import FiltersField, NamesField, TiersField, lines_of
from billing.catalog.admin.units import UnitInput
from billing.catalog.commands import (
    NewPrice,
    PriceEndedAlready,
    PriceEndsTooEarly,
    create_price,
    end_price,
)
from billing.catalog.models import Price
from billing.catalog.queries import tiers_of
from billing.identifiers import check_unit
from billing.pricing.prices import ContradictoryPlan, PriceKind, PriceModel, amounts_of
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
    plain,
    unit_price,
)

REFUSALS = (IntegrityError, ContradictoryPlan)
AMOUNTS = (
    "amount", "unit_price", "tiers", "size", "free_units", "rounding", "rate", "fixed_fee",
    "free_events", "free_amount", "min_per_event", "max_per_event", "minimum", "maximum",
)  # fmt: skip
TERMS = (
    "code", "text", "kind", "timing", "model", *AMOUNTS, "meter", "filters", "group_by",
    "unit", "currency", "tax_class", "tax_included", "exemption_code", "exemption_text",
    "proration", "valid_from", "valid_until", "applies_to",
)  # fmt: skip
SHOWN = {"tiers": "shown_tiers"}  # How a column looks on a price's own page.
FIELDSETS: tuple[tuple[StrOrPromise | None, Any], ...] = (
    (None, {"fields": ("code", "text", "kind", "timing", "model", "unit")}),
    (_("Amounts: those of the model"), {"fields": AMOUNTS}),
    (_("Usage"), {"fields": ("meter", "filters", "group_by")}),
    (
        _("Tax"),
        {
            "fields": (
                "currency",
                "tax_class",
                "tax_included",
                "exemption_code",
                "exemption_text",
                "proration",
            )
        },
    ),
    (_("Sale"), {"fields": ("valid_from", "valid_until", "applies_to")}),
)
OVERLAPS = _(
    "A price with this code and currency is on sale on some of these days: end its sale first, "
    "and let this one begin on that day."
)
OF_ONE_KIND = _("The versions of a price have one kind and timing: give this one another code.")
FORWARD = _("The first day no longer on sale must come after the first day on sale.")

PLAIN_WORDS: Mapping[str, StrOrPromise] = {
    "price_validity_forward": FORWARD,
    "price_has_amounts_of_its_model": _(
        "Give the amounts that the model needs, and no others: flat "
        "and package need an amount (package its size too), per unit a unit price, percentage "
        "a rate, the tiered models their tiers, dynamic none."
    ),
    "price_of_usage_has_meter": _(
        "A price of usage needs its meter, and only such a price has a "
        "meter, filters and groups; percentage and dynamic rate usage only."
    ),
    "price_bounds_in_order": _("The minimum must not be more than the maximum."),
    "price_not_negative": _("Amounts must not be negative, a size must be more than 0."),
    "price_code_not_reserved": _("This code is the engine's own: choose another."),
}


# Which fields a choice needs: `fitting.js` hides the others.
_ROUNDED = {PriceModel.PACKAGE: ("rounding",)}
FITS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "model": {model: (*amounts_of(model), *_ROUNDED.get(model, ())) for model in PriceModel},
    "kind": {PriceKind.USAGE: ("meter", "filters", "group_by")},
}


class PriceTermsForm(OwnedLineForm):
    plain_words: ClassVar[Mapping[str, StrOrPromise]] = PLAIN_WORDS
    text = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("As printed on the line; empty: the name."),
    )
    unit = forms.CharField(
        required=False,
        max_length=3,
        validators=[check_unit],
        widget=UnitInput(),
        help_text=_("UN/ECE recommendation 20 code: C62 piece, HUR hour; empty: the product's."),
    )
    tiers = TiersField(required=False)
    filters = FiltersField(required=False)
    group_by = NamesField(
        required=False, help_text=_("Dimensions whose values have the tiers for themselves: model.")
    )
    valid_from = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text=_("First day on sale; empty: today."),
    )

    class Media:
        js = ("billing/fitting.js",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let choices say which fields they need."""
        super().__init__(*args, **kwargs)
        for name, fits in FITS.items():
            if name in self.fields:
                self.fields[name].widget.attrs["data-fits"] = json.dumps(fits)

    def clean(self) -> dict[str, Any]:
        """Say at the field that the end comes before the start."""
        values = super().clean() or {}
        first, end = values.get("valid_from"), values.get("valid_until")
        if first and end and end <= first:
            self.add_error("valid_until", FORWARD)
        return values

    def has_changed(self) -> bool:
        """Take a row for empty whose code and amounts are, whatever its choices say."""
        names = ("code", "amount", "unit_price", "tiers", "rate")
        filled = any(self.data.get(self.add_prefix(name)) for name in names)
        return bool(super().has_changed()) and filled


class PriceForm(PriceTermsForm, OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("plan", "product")
    plain_words: ClassVar[Mapping[str, StrOrPromise]] = {
        **PLAIN_WORDS,
        "price_of_plan_or_product": _("A product's price is charged once: choose the kind once."),
        "price_code_on_sale_once": OVERLAPS,
        "price_code_of_one_kind": OF_ONE_KIND,
        "price_of_product_on_sale_once": OVERLAPS,
    }

    def clean(self) -> dict[str, Any]:
        """Ask for a plan or a product."""
        values = super().clean()
        if bool(values.get("plan")) == bool(values.get("product")):
            raise ValidationError(
                gettext("A price is of a plan or of a product: choose one of them.")
            )
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
                form.add_error("code", gettext("Another price here has this code and currency."))
            seen.add(key)


class NewPriceInline(StackedLineInline):
    model = Price
    form = PriceTermsForm
    formset = PriceFormSet
    fieldsets = FIELDSETS
    autocomplete_fields = ("meter",)
    min_num = 0
    extra = 1


class PriceInline(FactInline):
    model = Price
    fields = (
        "code", "text", "kind", "timing", "model", "shown_price", "tax_class", "tax_included",
        "valid_from", "valid_until",
    )  # fmt: skip
    ordering = ("code", "currency", "valid_from")

    @admin.display(description=_("price"))
    def shown_price(self, price: Price) -> str:
        return shown_amount(price)


def new_price(values: Mapping[str, Any]) -> NewPrice:
    """Return the price that a form describes."""
    given = {name: values[name] for name in TERMS}
    return NewPrice(**{**given, "tiers": tiers_of(values["tiers"])})


def shown_amount(price: Price) -> str:
    """Return what a price costs in a few words."""
    if price.model in ("flat", "per_unit"):
        return unit_price(price.amount or price.unit_price, price.currency)
    if price.model == "package":
        each = unit_price(price.amount, price.currency)
        return format_html(gettext("{} per {}"), each, plain(price.size))
    return (
        price.get_model_display() if price.rate is None else format_html("{} %", plain(price.rate))
    )


class EndForm(PageForm):
    valid_until = forms.DateField(
        label=_("First day no longer on sale"), widget=UnfoldAdminSingleDateWidget()
    )


def _end(price: Price, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
    end_price(price_id=price.pk, valid_until=values["valid_until"], at=at)
    said = _("The sale of {code} ends: {day} is the first day without it.")
    return format_lazy(said, code=price.code, day=values["valid_until"])


END_SALE = FormPage(
    title=_("End the sale of the price"),
    submit=_("End the sale"),
    form_class=EndForm,
    act=_end,
    refusals=(IntegrityError, PriceEndsTooEarly, PriceEndedAlready),
    explanation=_("Subscriptions that were sold keep their price. The end can be set once."),
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
    autocomplete_fields = ("plan", "product", "meter")
    actions_detail = ("end_sale",)
    add_fieldsets = ((None, {"fields": ("plan", "product")}), *FIELDSETS)
    fieldsets = (
        (None, {"fields": ("plan", "product", "code", "text", "kind", "timing", "model", "unit")}),
        (_("Amounts"), {"fields": tuple(SHOWN.get(name, name) for name in AMOUNTS)}),
        (_("Usage"), {"fields": ("meter", "shown_filters", "shown_groups")}),
        *FIELDSETS[-2:],
        (None, {"fields": ("recorded_on", "created_at")}),
    )
    readonly_fields = ("shown_tiers", "shown_filters", "shown_groups")

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
        return create_price(of=of, new=new_price(form.cleaned_data), at=at)

    @admin.display(description=_("price"))
    def shown_price(self, price: Price) -> str:
        return shown_amount(price)

    @admin.display(description=_("tiers"), empty_value="-")
    def shown_tiers(self, price: Price) -> SafeString:
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines_of(price.tiers)))

    @admin.display(description=_("filters"), empty_value="-")
    def shown_filters(self, price: Price) -> str | None:
        return "; ".join(f"{name}: {', '.join(of)}" for name, of in price.filters.items()) or None

    @admin.display(description=_("group by"), empty_value="-")
    def shown_groups(self, price: Price) -> str | None:
        return ", ".join(price.group_by) or None

    @button(_("End sale on …"), path="end-sale", permission="end", icon="event_busy")
    def end_sale(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, END_SALE)
