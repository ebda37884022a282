"""Pages of subscriptions: started once, changed by further facts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.validators import MinValueValidator
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from billing.catalog.models import Plan
from billing.contracts.commands import change_subscription, start_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.events import SUBSCRIPTION_CHANGED
from billing.contracts.models import Subscription, SubscriptionChange
from billing.pricing.prices import ContradictoryPlan
from billing.pricing.terms import When
from billing.pricing.timeline import ContradictoryTimeline
from billing.sellers.admin import (
    FactAdmin,
    FactInline,
    FormPage,
    Lines,
    OwnedForm,
    PageForm,
    button,
    link,
    plain,
    scoped,
    transaction_link,
    transaction_told_by,
)

KIND = SubscriptionChange.Kind
REFUSALS = (IntegrityError, ContradictoryTimeline, ContradictoryPlan)
NAMES_PLAN = {KIND.CHANGE_PLAN}
NAMES_QUANTITY = {KIND.CHANGE_PLAN, KIND.CHANGE_QUANTITY}


def _plan_field(**given: Any) -> forms.ModelChoiceField[Plan]:
    widget = AutocompleteSelect(SubscriptionChange._meta.get_field("plan"), admin.site)
    return forms.ModelChoiceField(Plan.objects.all(), widget=widget, **given)


def _quantity_field(**given: Any) -> forms.DecimalField:
    return forms.DecimalField(
        max_digits=30,
        decimal_places=12,
        validators=[MinValueValidator(0)],
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
        **given,
    )


class StartForm(OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("contract",)
    plain_words = {"subscription_external_id_once": "Another subscription has this external id."}
    plan = _plan_field()
    quantity = _quantity_field(initial=1)
    starts_on = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text="First day of the subscription; empty: today.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the plans of the user's sellers."""
        super().__init__(*args, **kwargs)
        plans: Any = self.fields["plan"]
        plans.queryset = scoped(Plan.objects.all(), self.request)


class ChangeForm(PageForm):
    kind = forms.ChoiceField(
        label="What changes",
        choices=[(kind.value, kind.label) for kind in KIND if kind != KIND.START],
        widget=UnfoldAdminSelectWidget,
    )
    on = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text="First day of the new terms; empty: today.",
    )
    when = forms.ChoiceField(
        choices=[(When.NOW.value, "on that day"), (When.PERIOD_END.value, "when the period ends")],
        widget=UnfoldAdminSelectWidget,
        help_text="Whether it takes effect on that day, or when the period that it lies in ends.",
    )
    plan = _plan_field(required=False, help_text="The new plan, for a change of plan.")
    quantity = _quantity_field(
        required=False, help_text="The new quantity; empty keeps it where the plan changes."
    )
    credit = forms.ChoiceField(
        choices=SubscriptionChange._meta.get_field("credit").choices or (),
        widget=UnfoldAdminSelectWidget,
        help_text="For a cancellation: what is given back of what was paid in advance.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the plans of the subscription's seller."""
        super().__init__(*args, **kwargs)
        plans: Any = self.fields["plan"]
        plans.queryset = Plan.objects.filter(seller=self.row.seller_id)

    def clean(self) -> dict[str, Any]:
        """Refuse what the kind of change doesn't name."""
        values = super().clean() or self.cleaned_data
        kind = values.get("kind")
        if kind and values.get("plan") and kind not in NAMES_PLAN:
            self.add_error("plan", "Only a change of plan names a plan: leave it empty.")
        if kind and values.get("quantity") is not None and kind not in NAMES_QUANTITY:
            self.add_error("quantity", "Only a change of plan or quantity names one.")
        if kind and values.get("credit") != "prorated" and kind != KIND.CANCEL:
            self.add_error("credit", "Only a cancellation chooses this: leave it prorated.")
        return values


def _change(subscription: Subscription, values: dict[str, Any], at: datetime) -> str:
    request = ChangeRequest(
        kind=KIND(values["kind"]),
        on=values["on"],
        when=When(values["when"]),
        plan=values["plan"],
        quantity=values["quantity"],
        credit=values["credit"],
    )
    change = change_subscription(subscription_id=subscription.pk, request=request, at=at)
    return f"Recorded: {change.get_kind_display()} on {change.effective_on}."


CHANGE = FormPage(
    title="Change the subscription",
    submit="Record the change",
    form_class=ChangeForm,
    act=_change,
    refusals=REFUSALS,
    explanation="A change is a new fact; the difference is billed or credited at once.",
)


class SubscriptionChangeInline(FactInline):
    model = SubscriptionChange
    fields = (
        "effective_on", "kind", "plan", "shown_quantity", "credit", "recorded_on", "transaction",
    )  # fmt: skip
    ordering = ("position",)
    show_change_link = False
    verbose_name_plural = "timeline"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubscriptionChange]:
        told = transaction_told_by(SUBSCRIPTION_CHANGED)
        rows: QuerySet[SubscriptionChange] = super().get_queryset(request).select_related("plan")
        return rows.annotate(told_transaction_id=told)

    @admin.display(description="quantity")
    def shown_quantity(self, change: SubscriptionChange) -> str:
        return plain(change.quantity)

    @admin.display(description="transaction")
    def transaction(self, change: SubscriptionChange) -> str:
        return transaction_link(getattr(change, "told_transaction_id", None), "story")


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
        (None, {"fields": ("contract", "external_id", "plan", "quantity", "starts_on")}),
    )
    fieldsets = ((None, {"fields": ("contract", "shown_customer", "external_id", "created_at")}),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_subscription")

    def has_record_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.add_subscriptionchange")

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        names = ("contract", "external_id", "plan", "quantity")
        return start_subscription(
            **{name: form.cleaned_data[name] for name in names},
            on=form.cleaned_data["starts_on"],
            at=at,
        )

    @admin.display(description="subscription", ordering="external_id")
    def shown_subscription(self, subscription: Subscription) -> str:
        return str(subscription)

    @admin.display(description="customer", ordering="contract__customer__name")
    def shown_customer(self, subscription: Subscription) -> str:
        return link(subscription.contract.customer)

    @button("Change", path="change-terms", permission="record", icon="edit_calendar")
    def change(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, CHANGE)
