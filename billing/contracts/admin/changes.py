"""The page on which a subscription is changed: each change is a further fact."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from billing.catalog.admin.fields import HOW_TO_WRITE_TIERS, NamesField, TiersField
from billing.catalog.models import Plan
from billing.catalog.queries import PriceMissing, tiers_of
from billing.contracts.commands import CouponRefused, change_subscription, redeem_coupon
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Subscription, SubscriptionChange
from billing.pricing.agreement import TermNotAllowed
from billing.pricing.prices import ContradictoryPlan
from billing.pricing.terms import Discount, Override, When
from billing.pricing.timeline import ContradictoryTimeline
from billing.sellers.admin import FormPage, PageForm
from billing.sellers.admin.numbers import DecimalField

KIND = SubscriptionChange.Kind
REFUSALS = (
    IntegrityError, ContradictoryTimeline, ContradictoryPlan, PriceMissing, CouponRefused,
    TermNotAllowed,
)  # fmt: skip
NAMES_PLAN = {KIND.CHANGE_PLAN}
NAMES_QUANTITY = {KIND.CHANGE_PLAN, KIND.CHANGE_QUANTITY}
BELONGS_TO = {
    "price_code": {KIND.OVERRIDE_PRICE},
    "unit_price": {KIND.OVERRIDE_PRICE},
    "tiers": {KIND.OVERRIDE_PRICE},
    "amount": {KIND.OVERRIDE_PRICE, KIND.DISCOUNT},
    "percent": {KIND.DISCOUNT, KIND.INDEX_PRICES},
    "periods": {KIND.DISCOUNT},
    "discounted": {KIND.DISCOUNT},
    "anchor_day": {KIND.SET_ANCHOR_DAY},
    "coupon": {KIND.DISCOUNT},
}
OF_COUPON = ("percent", "amount", "periods", "discounted")  # A coupon says them.


def plan_field(**given: Any) -> forms.ModelChoiceField[Plan]:
    """Return a field that names a plan; the form says of which seller."""
    widget = AutocompleteSelect(SubscriptionChange._meta.get_field("plan"), admin.site)
    return forms.ModelChoiceField(Plan.objects.all(), widget=widget, **given)


def decimal_field(**given: Any) -> DecimalField:
    """Return a field of a figure, which is at least 0 unless something else is given."""
    given.setdefault("validators", [MinValueValidator(0)])
    return DecimalField(
        max_digits=30,
        decimal_places=12,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
        **given,
    )


class ChangeForm(PageForm):
    named = {"price": "price_code", "prices": "discounted"}
    kind = forms.ChoiceField(
        label=_("What changes"),
        choices=[(kind.value, _(kind.label)) for kind in KIND if kind != KIND.START],
        widget=UnfoldAdminSelectWidget,
    )
    on = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text=_("First day of the new terms; empty: today."),
    )
    when = forms.ChoiceField(
        choices=[
            (When.NOW.value, _("on that day")),
            (When.PERIOD_END.value, _("when the period ends")),
            (When.TERM_END.value, _("when the contract's term ends")),
        ],
        widget=UnfoldAdminSelectWidget,
        help_text=_(
            "Whether it takes effect on that day, or when the period or the contract's term "
            "that it lies in ends. A cancellation ends the contract's term as early as notice of "
            "today allows."
        ),
    )
    plan = plan_field(required=False, help_text=_("The new plan, for a change of plan."))
    quantity = decimal_field(
        required=False, help_text=_("The new quantity; empty keeps it where the plan changes.")
    )
    credit = forms.ChoiceField(
        choices=SubscriptionChange._meta.get_field("credit").choices or (),
        widget=UnfoldAdminSelectWidget,
        help_text=_("For a cancellation: what is given back of what was paid in advance."),
    )

    price_code = forms.CharField(
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Of the price that is overridden."),
    )
    amount = decimal_field(
        required=False,
        help_text=_(
            "Of a discount: off each period. Of an override: instead of the price's amount."
        ),
    )
    unit_price = decimal_field(required=False, help_text=_("Of an override."))
    tiers = TiersField(
        required=False, help_text=format_lazy("{} {}", _("Of an override."), HOW_TO_WRITE_TIERS)
    )
    percent = decimal_field(
        required=False,
        validators=[MinValueValidator(-100), MaxValueValidator(1000)],
        help_text=_("Of a discount: taken off. Of an index: added to all recurring prices."),
    )
    periods = forms.IntegerField(
        required=False,
        min_value=1,
        widget=UnfoldAdminTextInputWidget({"inputmode": "numeric"}),
        help_text=_("Of a discount: for how many billing periods; empty: for ever."),
    )
    discounted = NamesField(
        required=False,
        help_text=_("Of a discount: the codes of its prices; empty: all recurring ones."),
    )
    anchor_day = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=31,
        widget=UnfoldAdminTextInputWidget({"inputmode": "numeric"}),
        help_text=_("On which periods begin from now on; 31 means the last day where shorter."),
    )
    coupon = forms.CharField(
        required=False,
        max_length=50,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Of a discount: code of a coupon that is redeemed, instead of the terms."),
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
            self.add_error("plan", gettext("Only a change of plan names a plan: leave it empty."))
        if kind and values.get("quantity") is not None and kind not in NAMES_QUANTITY:
            self.add_error("quantity", gettext("Only a change of plan or quantity names one."))
        if kind and values.get("credit") != "prorated" and kind != KIND.CANCEL:
            self.add_error(
                "credit", gettext("Only a cancellation chooses this: leave it prorated.")
            )
        for name, kinds in BELONGS_TO.items():
            if kind and values.get(name) not in (None, "", []) and kind not in kinds:
                said = gettext("This belongs to {kinds}: leave it empty.")
                of = ", ".join(gettext(KIND(each).label) for each in sorted(kinds))
                self.add_error(name, said.format(kinds=of))
        if values.get("coupon") and any(values.get(name) for name in OF_COUPON):
            self.add_error(
                "coupon", gettext("The coupon says what is taken off: leave the terms empty.")
            )
        if kind == KIND.OVERRIDE_PRICE and not values.get("price_code"):
            self.add_error("price_code", gettext("Name the price that is overridden."))
        return values


def _change(subscription: Subscription, values: dict[str, Any], at: datetime) -> StrOrPromise:
    kind, coupon = KIND(values["kind"]), values["coupon"]
    request = ChangeRequest(
        kind=kind,
        on=values["on"],
        when=When(values["when"]),
        plan=values["plan"],
        quantity=values["quantity"],
        credit=values["credit"],
        override=_override(values) if kind == KIND.OVERRIDE_PRICE else None,
        discount=_discount(values) if kind == KIND.DISCOUNT and not coupon else None,
        anchor_day=values["anchor_day"],
        percent=values["percent"] if kind == KIND.INDEX_PRICES else None,
    )
    which: dict[str, Any] = {"subscription_id": subscription.pk, "request": request}
    if coupon:
        change = redeem_coupon(**which, code=coupon, at=at)
    else:
        change = change_subscription(**which, at=at)
    what = _(KIND(change.kind).label)
    return format_lazy(_("Recorded: {what} on {day}."), what=what, day=change.effective_on)


def _override(values: dict[str, Any]) -> Override:
    return Override(
        price_code=values["price_code"],
        amount=values["amount"],
        unit_price=values["unit_price"],
        tiers=tiers_of(values["tiers"]),
    )


def _discount(values: dict[str, Any]) -> Discount:
    return Discount(
        percent=values["percent"],
        amount=values["amount"],
        periods=values["periods"],
        price_codes=tuple(values["discounted"]) or None,
    )


CHANGE = FormPage(
    title=_("Change the subscription"),
    submit=_("Record the change"),
    form_class=ChangeForm,
    act=_change,
    refusals=REFUSALS,
    explanation=_("A change is a new fact; the difference is billed or credited at once."),
)
