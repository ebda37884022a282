"""Pages of customers."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminSelectWidget

from billing.customers.commands import DetailsIncomplete, change_customer, create_customer
from billing.customers.models import Customer
from billing.pricing.vat_ids import VatIdInvalid
from billing.sellers.admin import Lines, OwnedForm, SellerScopedAdmin

BILLING = (
    "locale", "payment_days", "grouping", "invoice_day", "credit_notes_to", "apply_balance",
)  # fmt: skip


WHO = ("seller", "name", "kind", "external_id", "contact_name", "email", "phone")
PLACES: tuple[tuple[StrOrPromise | None, Any], ...] = (
    (
        _("Address"),
        {
            "fields": (
                "street", "address_line_2", "postcode", "city", "country", "vat_id",
                "register_number",
            )
        },
    ),
    (
        _("Delivery of goods, where they go elsewhere"),
        {
            "fields": (
                "delivery_name", "delivery_street", "delivery_postcode", "delivery_city",
                "delivery_country",
            )
        },
    ),
)  # fmt: skip
DOCUMENTS: tuple[tuple[StrOrPromise | None, Any], ...] = (
    (
        _("Documents"),
        {
            "fields": (
                "document_format", "buyer_reference", "electronic_address",
                "electronic_address_scheme",
            )
        },
    ),
    (
        _("Direct debit"),
        {"fields": ("mandate_reference", "mandate_iban", "mandate_signed_on")},
    ),
)  # fmt: skip


class CustomerForm(OwnedForm):
    plain_words = {"customer_external_id_once": _("Another customer has this external id.")}
    locale = forms.ChoiceField(
        choices=settings.LANGUAGES,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Language of what the customer reads."),
    )


@admin.register(Customer)
class CustomerAdmin(SellerScopedAdmin):
    form = CustomerForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (
        IntegrityError,
        VatIdInvalid,
        DetailsIncomplete,
    )
    list_display = ("name", "external_id", "kind", "email", "city", "country")
    list_filter = ("kind",)
    search_fields = ("name", "external_id", "email")
    readonly_fields = ("created_at", "next_collection_date")
    add_fieldsets = (
        (None, {"fields": WHO}),
        *PLACES,
        (_("Billing"), {"fields": BILLING}),
        *DOCUMENTS,
    )
    fieldsets = (
        (None, {"fields": (*WHO, "created_at")}),
        *PLACES,
        (_("Billing"), {"fields": (*BILLING, "next_collection_date")}),
        *DOCUMENTS,
    )

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        details = {**form.cleaned_data}
        return create_customer(seller=details.pop("seller"), details=details, at=at)

    def amend(self, form: OwnedForm, *, at: datetime) -> None:
        details: dict[str, Any] = {name: form.cleaned_data[name] for name in form.changed_data}
        change_customer(customer_id=form.instance.pk, details=details, at=at)
