"""Pages of how customers want their documents, and of how a seller's e-mails look."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.validators import validate_email
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from billing.sellers.admin import Lines, OwnedForm, SellerScopedAdmin
from invoices.delivery.commands import set_mail_style, set_wish
from invoices.delivery.commands.wishes import TEXTS
from invoices.delivery.models import DeliveryWish, MailStyle
from invoices.delivery.queries.texts import PLACEHOLDERS, TextRefused

MOST_ADDRESSES = 5
PLACED = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


class AddressesField(forms.CharField):
    """Addresses, one a line."""

    def prepare_value(self, value: Any) -> Any:
        """Return the lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the addresses."""
        text = "" if value is None else str(value)
        return list(dict.fromkeys(text.split()))

    def validate(self, value: Any) -> None:
        """Refuse what is no address, and too many."""
        for address in value:
            validate_email(address)
        if len(value) > MOST_ADDRESSES:
            said = gettext("Give at most {count} addresses.")
            raise forms.ValidationError(said.format(count=MOST_ADDRESSES))

    def run_validators(self, value: Any) -> None:
        """Nothing more to check: the validators of texts don't know lists."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether other addresses are given."""
        return bool((initial or []) != self.to_python(data))


class WishForm(OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("customer",)
    emails = AddressesField(
        label=_("E-mail addresses"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=_("One a line; none: the customer's own address."),
    )


class StyleForm(OwnedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say what can be put into the texts."""
        super().__init__(*args, **kwargs)
        for name in TEXTS:
            if name in self.fields:
                said = gettext("Empty: that of the house. Filled in are {names}.")
                self.fields[name].help_text = said.format(names=PLACED)


@admin.register(DeliveryWish)
class DeliveryWishAdmin(SellerScopedAdmin):
    form = WishForm
    list_display = ("customer", "by_email", "emails")
    list_select_related = ("customer",)
    search_fields = ("customer__name", "customer__external_id")
    search_ids = ("customer",)
    autocomplete_fields = ("customer",)
    fields = ("customer", "by_email", "emails")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "customer") if obj else fixed

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        said = form.cleaned_data
        details = {name: said[name] for name in ("by_email", "emails")}
        return set_wish(customer=said["customer"], details=details)

    def amend(self, form: OwnedForm, *, at: datetime) -> None:
        details = {name: form.cleaned_data[name] for name in form.changed_data}
        set_wish(customer=form.instance.customer, details=details)


@admin.register(MailStyle)
class MailStyleAdmin(SellerScopedAdmin):
    form = StyleForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (IntegrityError, TextRefused)
    list_display = ("seller", "sender", "sender_name", "reply_to")
    search_fields = ("seller__name", "sender")
    fieldsets = (
        (None, {"fields": ("seller", "sender", "sender_name", "reply_to")}),
        (_("German"), {"fields": ("subject_de", "body_de")}),
        (_("English"), {"fields": ("subject_en", "body_en")}),
    )

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [*self.list_display]

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        details = {**form.cleaned_data}
        return set_mail_style(seller=details.pop("seller"), details=details)

    def amend(self, form: OwnedForm, *, at: datetime) -> None:
        details = {name: form.cleaned_data[name] for name in form.changed_data}
        set_mail_style(seller=form.instance.seller, details=details)
