"""Pages of subscriptions: started once, changed by further facts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from billing.catalog.admin.fields import lines_of
from billing.catalog.models import Plan
from billing.contracts.admin.changes import CHANGE, REFUSALS, decimal_field, plan_field
from billing.contracts.commands import NewSubscription, start_subscription
from billing.contracts.events import SUBSCRIPTION_CHANGED
from billing.contracts.models import Subscription, SubscriptionChange
from billing.sellers.admin import (
    FactAdmin,
    FactInline,
    Lines,
    OwnedForm,
    button,
    link,
    plain,
    scoped,
    transaction_link,
    transaction_told_by,
)


class StartForm(OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("contract",)
    named = {"on": "starts_on"}
    plain_words = {"subscription_external_id_once": _("Another subscription has this external id.")}
    plan = plan_field()
    quantity = decimal_field(initial=1)
    starts_on = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text=_("First day of the subscription; empty: today."),
    )
    coupon = forms.CharField(
        required=False,
        max_length=50,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Code of a coupon to redeem; its discount begins with the subscription."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the plans of the user's sellers."""
        super().__init__(*args, **kwargs)
        plans: Any = self.fields["plan"]
        plans.queryset = scoped(Plan.objects.all(), self.request)


class SubscriptionChangeInline(FactInline):
    model = SubscriptionChange
    fields = (
        "effective_on", "kind", "plan", "shown_quantity", "credit", "shown_terms", "recorded_on",
        "transaction",
    )  # fmt: skip
    ordering = ("position",)
    show_change_link = False
    verbose_name_plural = _("timeline")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubscriptionChange]:
        told = transaction_told_by(SUBSCRIPTION_CHANGED)
        rows: QuerySet[SubscriptionChange] = super().get_queryset(request).select_related("plan")
        return rows.annotate(told_transaction_id=told)

    @admin.display(description=_("quantity"))
    def shown_quantity(self, change: SubscriptionChange) -> str:
        return plain(change.quantity)

    @admin.display(description=_("terms"), empty_value="-")
    def shown_terms(self, change: SubscriptionChange) -> str | None:
        said = dict(change.terms or {})
        tiers = said.pop("tiers", None)
        words = [f"{name.replace('_', ' ')} {_listed(value)}" for name, value in said.items()]
        return "; ".join([*words, *lines_of(tiers or ())]) or None

    @admin.display(description=_("transaction"))
    def transaction(self, change: SubscriptionChange) -> str:
        return transaction_link(getattr(change, "told_transaction_id", None), gettext("story"))


def _listed(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


@admin.register(Subscription)
class SubscriptionAdmin(FactAdmin):
    form = StartForm
    refusals: ClassVar[tuple[type[Exception], ...]] = REFUSALS
    list_display = ("shown_subscription", "shown_customer", "contract", "created_at")
    list_select_related = ("contract__customer",)
    search_fields = ("external_id", "contract__external_id", "contract__customer__name")
    search_ids = ("pk", "contract")
    autocomplete_fields = ("contract",)
    actions_detail = ("change",)
    inlines: Sequence[Any] = (SubscriptionChangeInline,)
    readonly_fields = ("shown_customer",)
    add_fieldsets = (
        (None, {"fields": ("contract", "external_id", "plan", "quantity", "starts_on", "coupon")}),
    )
    fieldsets = ((None, {"fields": ("contract", "shown_customer", "external_id", "created_at")}),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_subscription")

    def has_record_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.add_subscriptionchange")

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        said = form.cleaned_data
        new = NewSubscription(
            **{name: said[name] for name in ("external_id", "plan", "quantity")},
            on=said["starts_on"],
            coupon=said["coupon"] or None,
        )
        return start_subscription(contract=said["contract"], new=new, at=at)

    @admin.display(description=_("subscription"), ordering="external_id")
    def shown_subscription(self, subscription: Subscription) -> str:
        return str(subscription)

    @admin.display(description=_("customer"), ordering="contract__customer__name")
    def shown_customer(self, subscription: Subscription) -> str:
        return link(subscription.contract.customer)

    @button(_("Change"), path="change-terms", permission="record", icon="edit_calendar")
    def change(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, CHANGE)
