"""Pages of what sellers decide of VAT, where else they pay it, and what registers said."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminSingleDateWidget

from billing.customers.admin import CustomerAdmin
from billing.sellers.admin import (
    FactAdmin,
    FactInline,
    FormPage,
    Lines,
    OwnedForm,
    PageForm,
    button,
    plain,
)
from billing.sellers.commands import (
    RegistrationEndedAlready,
    RegistrationRefused,
    end_registration,
)
from billing.sellers.models import SellerRegistration
from billing.vat.commands import (
    ContradictoryOverride,
    NewOverride,
    OverrideEndedAlready,
    OverrideEndsTooEarly,
    end_override,
    record_override,
    register_abroad,
)
from billing.vat.models import TaxOverride, VatIdCheck

TERMS = (
    "customer", "product", "tax_class", "country", "category", "percent", "exemption_code",
    "exemption_text", "reason", "valid_from", "valid_until",
)  # fmt: skip


class OverrideForm(OwnedForm):
    plain_words: ClassVar[Mapping[str, StrOrPromise]] = {
        "tax_override_once_a_day": _(
            "An override of the same supplies holds on some of these days: "
            "end it first, and let this one begin on that day."
        ),
        "tax_override_percent_of_category": _("Category S needs a percent; the others have none."),
        "tax_override_exempt_says_why": _("An exemption must say why: give its paragraph or code."),
        "tax_override_validity_forward": _("The end must come after the first day."),
    }
    valid_from = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text=_("First day of supply; empty: today."),
    )


class EndForm(PageForm):
    valid_until = forms.DateField(
        label=_("First day of supply without it"), widget=UnfoldAdminSingleDateWidget()
    )


def _end(override: TaxOverride, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
    end_override(override_id=override.pk, valid_until=values["valid_until"], at=at)
    said = _("The override ends: {day} is the first day without it.")
    return format_lazy(said, day=values["valid_until"])


END = FormPage(
    title=_("End the override"),
    submit=_("End it"),
    form_class=EndForm,
    act=_end,
    refusals=(OverrideEndsTooEarly, OverrideEndedAlready),
    explanation=_("What was charged keeps its tax. The end can be set once."),
)


@admin.register(TaxOverride)
class TaxOverrideAdmin(FactAdmin):
    form = OverrideForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (IntegrityError, ContradictoryOverride)
    list_display = (
        "category", "shown_percent", "customer", "product", "tax_class", "country", "reason",
        "valid_from", "valid_until",
    )  # fmt: skip
    list_filter = ("category", "tax_class")
    list_select_related = ("customer", "product")
    search_fields = ("reason", "customer__name", "product__name")
    autocomplete_fields = ("customer", "product")
    actions_detail = ("end",)
    add_fieldsets = (
        (_("Which supplies: what is empty isn't asked for"), {"fields": ("seller", *TERMS[:4])}),
        (_("Their tax"), {"fields": TERMS[4:8]}),
        (_("Why and when"), {"fields": TERMS[8:]}),
    )
    fieldsets = (
        (_("Which supplies"), {"fields": ("seller", *TERMS[:4])}),
        (_("Their tax"), {"fields": ("category", "shown_percent", *TERMS[6:8])}),
        (_("Why and when"), {"fields": (*TERMS[8:], "recorded_by", "created_at")}),
    )
    readonly_fields = ("shown_percent",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_taxoverride")

    def has_end_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_taxoverride")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        shown: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        return shown if row and not row.valid_until else []

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        new = NewOverride(**{name: form.cleaned_data[name] for name in TERMS})
        by = request.user.get_username()
        return record_override(seller=form.cleaned_data["seller"], new=new, by=by, at=at)

    @admin.display(description=_("percent"), ordering="percent")
    def shown_percent(self, override: TaxOverride) -> str:
        return plain(override.percent)

    @button(_("End …"), path="end", permission="end", icon="event_busy")
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, END)


@admin.register(VatIdCheck)
class VatIdCheckAdmin(FactAdmin):
    list_display = ("vat_id", "customer", "outcome", "name", "checked_at", "next_check_at")
    list_filter = ("outcome", "checked_at")
    list_select_related = ("customer",)
    search_fields = ("vat_id", "customer__name", "consultation_number")
    search_ids = ("pk", "customer")
    fieldsets = (
        (None, {"fields": ("seller", "customer", "vat_id", "outcome", "consultation_number")}),
        (_("As the register has it"), {"fields": ("name", "address", "answer")}),
        (_("When"), {"fields": ("checked_at", "next_check_at")}),
    )


class VatIdCheckInline(FactInline):
    model = VatIdCheck
    fields = ("vat_id", "outcome", "consultation_number", "name", "checked_at", "next_check_at")
    ordering = ("-pk",)
    per_page = 5
    verbose_name_plural = _("checks of the VAT id")


CustomerAdmin.also_show(VatIdCheckInline)


class EndRegistrationForm(PageForm):
    valid_until = forms.DateField(
        label=_("First day of supply no longer under it"), widget=UnfoldAdminSingleDateWidget()
    )


def _end_registration(
    row: SellerRegistration, values: dict[str, Any], _at: datetime
) -> StrOrPromise:
    end_registration(registration_id=row.pk, valid_until=values["valid_until"])
    said = _("The registration {row} ends: {day} is the first day without it.")
    return format_lazy(said, row=str(row), day=values["valid_until"])


END_REGISTRATION = FormPage(
    title=_("End the registration"),
    submit=_("End it"),
    form_class=EndRegistrationForm,
    act=_end_registration,
    refusals=(RegistrationRefused, RegistrationEndedAlready),
    explanation=_("Issued documents stay. The end can be set once."),
)


@admin.register(SellerRegistration)
class SellerRegistrationAdmin(FactAdmin):
    refusals: ClassVar[tuple[type[Exception], ...]] = (IntegrityError, RegistrationRefused)
    list_display = ("country", "vat_id", "valid_from", "valid_until")
    search_fields = ("vat_id",)
    actions_detail = ("end",)
    add_fieldsets = (
        (None, {"fields": ("seller", "country", "vat_id", "valid_from", "valid_until")}),
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "seller", "country", "vat_id", "valid_from", "valid_until", "created_at",
                )
            },
        ),
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_sellerregistration")

    def has_end_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_sellerregistration")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        shown: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        return shown if row and not row.valid_until else []

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        names = ("seller", "country", "vat_id", "valid_from", "valid_until")
        return register_abroad(**{name: form.cleaned_data[name] for name in names}, at=at)

    @button(_("End …"), path="end", permission="end", icon="event_busy")
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, END_REGISTRATION)
