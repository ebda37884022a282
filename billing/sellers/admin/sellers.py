"""Pages of sellers, their members and test clocks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget, UnfoldBooleanWidget

from billing.identifiers import compact
from billing.sellers.admin.base import FactAdmin, FactInline, Lines, SellerScopedAdmin
from billing.sellers.admin.display import button
from billing.sellers.admin.forms import OwnedForm
from billing.sellers.admin.pages import FormPage, PageForm
from billing.sellers.admin.users import SuperuserOnly
from billing.sellers.commands import TestClockRefused, advance_test_clock
from billing.sellers.models import Membership, Seller, SellerRegistration, TestClock


class DateForm(PageForm):
    to = forms.DateField(
        label=_("Advance to"),
        widget=UnfoldAdminSingleDateWidget(),
        help_text=_("The scheduler takes the clock there, day by due day."),
    )
    hold_due = forms.BooleanField(
        label=_("Hold what is due on that day"),
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text=_(
            "Stop at the day's first moment: what is due on it waits until the clock is told "
            "to go on, to the same day or a later one. Facts of the day can be stated before."
        ),
    )


def _advance(seller: Seller, values: dict[str, Any], at: datetime) -> StrOrPromise:
    to, hold_due = values["to"], values["hold_due"]
    advance_test_clock(seller=seller, to=to, hold_due=hold_due, at=at)
    said = _("The test clock of {seller} is on its way to {day}.")
    if hold_due:
        said = _("The test clock of {seller} is on its way to {day}, and holds what is due on it.")
    return format_lazy(said, seller=str(seller), day=to)


ADVANCE_OF_SELLER = FormPage(
    title=_("Advance the test clock"),
    submit=_("Advance"),
    form_class=DateForm,
    act=_advance,
    refusals=(TestClockRefused,),
)
ADVANCE = FormPage(
    title=_("Advance the test clock"),
    submit=_("Advance"),
    form_class=DateForm,
    act=lambda clock, values, at: _advance(clock.seller, values, at),
    refusals=(TestClockRefused,),
)


class SellerForm(OwnedForm):
    locale = forms.ChoiceField(choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget)

    def clean_timezone(self) -> str:
        """Return the time zone, if there is such a one."""
        name = str(self.cleaned_data["timezone"])
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as unknown:
            text = gettext("{name} is no IANA time zone: use one such as Europe/Berlin.")
            raise ValidationError(text.format(name=name)) from unknown
        return name

    def clean_iban(self) -> str:
        """Return the account without blanks."""
        return compact(self.cleaned_data["iban"])

    def clean_bic(self) -> str:
        """Return the bank without blanks."""
        return compact(self.cleaned_data["bic"])

    def clean_creditor_id(self) -> str:
        """Return the identifier without blanks."""
        return compact(self.cleaned_data["creditor_id"])

    def clean_invoice_number_format(self) -> str:
        """Return the format, if it numbers."""
        return _numbering(self.cleaned_data["invoice_number_format"])

    def clean_credit_note_number_format(self) -> str:
        """Return the format, if it numbers."""
        return _numbering(self.cleaned_data["credit_note_number_format"])


def _numbering(pattern: str) -> str:
    try:
        numbers = {pattern.format(year=year, sequence=n) for year in (2025, 2026) for n in (1, 2)}
    except (ValueError, LookupError, AttributeError, TypeError) as wrong:
        text = gettext("Use {year} and {sequence} only, for example R{year}-{sequence:06d}.")
        raise ValidationError(text) from wrong
    if len(numbers) < 4:
        raise ValidationError(
            gettext("Two documents would get one number: use {year} and {sequence}.")
        )
    return pattern


class RegistrationInline(FactInline):
    model = SellerRegistration
    fields = ("country", "vat_id", "valid_from", "valid_until")
    ordering = ("country", "valid_from")
    verbose_name_plural = _("VAT registrations in other countries")


@admin.register(Seller)
class SellerAdmin(SellerScopedAdmin):
    form = SellerForm
    inlines: Sequence[Any] = (RegistrationInline,)
    list_display = ("name", "city", "country", "currency", "is_test")
    search_fields = ("name", "vat_id")
    ordering = ("name",)
    actions_detail = ("advance_clock",)
    fieldsets = (
        (
            _("Legal entity"),
            {"fields": ("name", "trading_name", "street", "postcode", "city", "country")},
        ),
        (
            _("Contact and business letters"),
            {
                "fields": (
                    "contact_name",
                    "phone",
                    "email",
                    "register_number",
                    "legal_information",
                    "electronic_address",
                    "electronic_address_scheme",
                )
            },
        ),
        (
            _("Tax"),
            {"fields": ("vat_id", "tax_number", "oss", "vat_id_policy", "exchange_rate_policy")},
        ),
        (
            _("Small business"),
            {"fields": ("small_business_from", "small_business_until", "small_business_text")},
        ),
        (_("Bank"), {"fields": ("account_holder", "iban", "bic", "creditor_id")}),
        (_("Documents"), {"fields": ("makes_documents",)}),
        (_("Billing"), {"fields": ("timezone", "currency", "locale", "payment_days", "is_test")}),
        (_("Numbers"), {"fields": ("invoice_number_format", "credit_note_number_format")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_advance_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_testclock")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let a seller stay in its mode: its invoices are those of a test, or they aren't."""
        fixed = ("is_test",) if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [*self.list_display]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return ["is_test"]

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        shown: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        return shown if row and row.is_test else []

    @button(_("Advance test clock"), path="advance", permission="advance", icon="schedule")
    def advance_clock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, ADVANCE_OF_SELLER)


@admin.register(TestClock)
class TestClockAdmin(FactAdmin):
    list_display = ("seller", "today", "target_date", "held_date")
    search_fields = ("seller__name",)
    ordering = ("seller__name",)
    list_select_related = ("seller",)
    actions_detail = ("advance",)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [*self.list_display]

    def has_advance_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_testclock")

    @button(_("Advance"), path="advance", permission="advance", icon="schedule", is_primary=True)
    def advance(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, ADVANCE)


@admin.register(Membership)
class MembershipAdmin(SuperuserOnly, SellerScopedAdmin):
    list_display = ("user",)
    search_fields = ("user__username", "seller__name")
    autocomplete_fields = ("seller", "user")
    list_select_related = ("seller", "user")

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        row: Membership = form.instance
        row.save(force_insert=True)
        return row
