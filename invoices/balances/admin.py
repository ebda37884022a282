"""Balances in the admin: on the customer's page, and stated with a reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from billing.customers.admin import CustomerAdmin
from billing.money import from_minor, to_minor
from billing.sellers.admin import (
    FactAdmin,
    FactInline,
    FormPage,
    Lines,
    OwnedForm,
    PageForm,
    button,
    money,
    transaction_link,
)
from billing.sellers.admin.numbers import DecimalField
from invoices.balances.commands import (
    BalanceExpiresTooEarly,
    BalanceTooSmall,
    LotUsedUp,
    NewMoney,
    reverse_lot,
    state_movement,
)
from invoices.balances.models import BalanceMovement

Kind = BalanceMovement.Kind
BY_HAND = [Kind.PREPAYMENT, Kind.ADJUSTMENT]


class MovementForm(OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("customer",)
    kind = forms.ChoiceField(
        choices=[(kind.value, _(kind.label)) for kind in BY_HAND], widget=UnfoldAdminSelectWidget
    )
    amount = DecimalField(
        max_digits=18,
        decimal_places=4,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
        help_text=_("Of an adjustment: with a minus if it takes away."),
    )
    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextareaWidget({"rows": 2}))

    def clean(self) -> dict[str, Any]:
        """Refuse an amount that the currency or the kind of movement doesn't have."""
        values = super().clean()
        amount, currency = values.get("amount"), values.get("currency")
        if amount is not None and currency:
            values["amount_minor"] = to_minor(amount, currency)
            if from_minor(values["amount_minor"], currency) != amount:
                self.add_error(
                    "amount",
                    _too_small(currency),
                )
            if amount == 0 or (amount < 0 and values.get("kind") == Kind.PREPAYMENT):
                self.add_error("amount", gettext("It must be more than 0."))
            if amount < 0 and values.get("expires_on"):
                self.add_error("expires_on", gettext("Only what comes in expires: leave it empty."))
        return values

    def _post_clean(self) -> None:
        # The command makes the row: what it lacks here is no mistake.
        if self.errors:
            return
        for name in ("customer", "kind", "currency"):
            if not self.cleaned_data.get(name):
                raise ValidationError(name)


def _too_small(currency: str) -> str:
    return gettext("{currency} has no such small amounts.").format(currency=currency)


class MovementFigures:
    """How a movement's figures look."""

    @admin.display(description=_("amount"), ordering="amount_minor")
    def amount(self, movement: BalanceMovement) -> str:
        return money(movement.amount_minor, movement.currency)

    @admin.display(description=_("left of it"), empty_value="-")
    def rest(self, movement: BalanceMovement) -> str | None:
        rest_minor = movement.rest_minor
        return None if rest_minor is None else money(rest_minor, movement.currency)

    @admin.display(description=_("transaction"))
    def transaction(self, movement: BalanceMovement) -> str:
        return transaction_link(movement.transaction_id, gettext("story"))


class MovementInline(MovementFigures, FactInline):
    model = BalanceMovement
    fields = ("booked_on", "kind", "amount", "rest", "expires_on", "reason", "transaction")
    ordering = ("-pk",)
    verbose_name_plural = _("balance")


CustomerAdmin.also_show(MovementInline)


class ReverseForm(PageForm):
    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextareaWidget({"rows": 2}))


def _reverse(lot: BalanceMovement, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
    made = reverse_lot(lot_id=lot.pk, reason=values["reason"], at=at)
    amount = from_minor(-made.amount_minor, made.currency)
    said = _("Taken back: {amount} {currency}.")
    return format_lazy(said, amount=amount, currency=made.currency)


REVERSE = FormPage(
    title=_("Take back what is left"),
    submit=_("Take it back"),
    form_class=ReverseForm,
    act=_reverse,
    refusals=(IntegrityError, LotUsedUp),
    explanation=_(
        "Because the payment bounced, or was paid out. Invoices that used some of it stay."
    ),
)


@admin.register(BalanceMovement)
class BalanceMovementAdmin(MovementFigures, FactAdmin):
    form = MovementForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (
        IntegrityError, BalanceTooSmall, BalanceExpiresTooEarly,
    )  # fmt: skip
    list_display = ("booked_on", "customer", "kind", "amount", "rest", "expires_on")
    list_filter = ("kind", "currency")
    list_select_related = ("customer",)
    search_fields = ("customer__name", "reason")
    search_ids = ("pk", "customer", "transaction_id", "invoice_id")
    autocomplete_fields = ("customer",)
    actions_detail = ("reverse",)
    readonly_fields = ("amount", "rest", "transaction")
    add_fieldsets = (
        (None, {"fields": ("customer", "kind", "amount", "currency", "expires_on", "reason")}),
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "customer", "kind", "amount", "rest", "lot", "expires_on", "reason",
                    "booked_on", "transaction", "created_at",
                )
            },
        ),
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("invoices.add_balancemovement")

    def has_reverse_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return super().get_readonly_fields(request, obj) if obj else ()

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        shown: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        return shown if row and row.rest_minor else []

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        said = form.cleaned_data
        names = ("amount_minor", "currency", "reason", "expires_on")
        new = NewMoney(kind=Kind(said["kind"]), **{name: said[name] for name in names})
        return state_movement(customer=said["customer"], new=new, at=at)[0]

    @button(_("Take back"), path="reverse", permission="reverse", icon="undo")
    def reverse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, REVERSE)
