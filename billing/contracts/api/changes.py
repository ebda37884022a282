"""Inputs and outputs of subscriptions' changes."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.answers.outputs import PlainDecimalField
from billing.api.inputs.fields import (
    DayField,
    ExactField,
    ListField,
    OneOfField,
    ReferenceField,
    TextField,
    WholeField,
)
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell
from billing.catalog.api.prices import TierInput, new_tiers
from billing.catalog.queries import PriceMissing
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.commands.redeem import (
    CouponNotForPlan,
    CouponNotValid,
    CouponOfOtherCurrency,
    CouponRedeemedAlready,
    CouponUsedUp,
    UnknownCoupon,
)
from billing.contracts.events import subscription_changed
from billing.contracts.models import SubscriptionChange
from billing.events.queries import transaction_ids
from billing.pricing.terms import Credit, Discount, Override, When

tell(
    exceptions={
        PriceMissing: Refusal(409, "price_missing"),
        UnknownCoupon: Refusal(400, "does_not_exist", field="coupon"),
        CouponNotValid: Refusal(409, "coupon_not_valid", field="coupon"),
        CouponUsedUp: Refusal(409, "coupon_used_up", field="coupon"),
        CouponOfOtherCurrency: Refusal(409, "coupon_of_other_currency", field="coupon"),
        CouponNotForPlan: Refusal(409, "coupon_not_for_plan", field="coupon"),
        CouponRedeemedAlready: Refusal(409, "coupon_redeemed_already", field="coupon"),
    },
    constraints={
        name: Refusal(
            409, "timeline_contradicts", "", "The change contradicts the subscription's timeline."
        )
        for name in ("subscription_timeline_holds", "subscription_starts_once")
    },
)

KINDS = [kind for kind in SubscriptionChange.Kind.values if kind != "start"]
# What a change may say beside its kind and day.
ONLY_FOR = {
    "plan": {"change_plan"},
    "quantity": {"change_plan", "change_quantity"},
    "credit": {"cancel"},
    "when": set(KINDS) - {"undo"},
    "price": {"override_price"},
    "unit_price": {"override_price"},
    "tiers": {"override_price"},
    "amount": {"override_price", "discount"},
    "percent": {"discount", "index_prices"},
    "periods": {"discount"},
    "prices": {"discount"},
    "anchor_day": {"set_anchor_day"},
    "coupon": {"discount"},
}
OF_COUPON = ("percent", "amount", "periods", "prices")  # A coupon says them.
NEEDED_BY = {
    "change_plan": "plan",
    "change_quantity": "quantity",
    "override_price": "price",
    "index_prices": "percent",
    "set_anchor_day": "anchor_day",
}
PERCENT_AT_MOST = 1000


class ChangeInput(Input):
    kind = OneOfField(choices=KINDS)
    on = DayField(default=None, allow_null=True, help_text="Default: the seller's today.")
    when = OneOfField(
        choices=list(When),
        required=False,
        help_text="`period_end` moves it to the end of the period that the day lies in, "
        "`term_end` to that of the contract's term; for a cancellation to the earliest end that "
        "notice of today leads to.",
    )
    plan = ReferenceField(known_as="code", required=False)
    quantity = ExactField(min_value=0, required=False)
    credit = OneOfField(
        choices=list(Credit),
        required=False,
        help_text="What a cancellation gives back of what was paid in advance; `full`: the whole "
        "charge of the running period, so not at a period's end.",
    )
    price = TextField(
        max_length=100, required=False, help_text="For override_price: the code of the price."
    )
    amount = ExactField(
        min_value=0,
        required=False,
        help_text="For discount: off each period. For override_price: instead of the price's.",
    )
    unit_price = ExactField(min_value=0, required=False, help_text="For override_price.")
    tiers = TierInput(  # type: ignore[call-arg]
        many=True, required=False, max_length=100, help_text="For override_price."
    )
    percent = ExactField(
        min_value=-100,
        max_value=PERCENT_AT_MOST,
        required=False,
        help_text="For discount: taken off. For index_prices: added to recurring prices.",
    )
    periods = WholeField(
        min_value=1,
        max_value=1000,
        allow_null=True,
        required=False,
        help_text="For discount: for how many billing periods, the running one included; null: "
        "for ever.",
    )
    prices = ListField(
        child=TextField(max_length=100),
        min_length=1,
        max_length=100,
        allow_null=True,
        required=False,
        help_text="For discount: the codes of the prices; null: all recurring ones.",
    )
    anchor_day = WholeField(
        min_value=1, max_value=31, required=False, help_text="For set_anchor_day."
    )
    coupon = TextField(
        max_length=50,
        required=False,
        help_text="For discount: the code of a coupon to redeem, instead of the terms.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what doesn't belong to the kind of change, and what it lacks."""
        kind = attrs["kind"]
        wrong = {
            name: [serializers.ErrorDetail(f"Not for a change of kind {kind}.", "not_applicable")]
            for name, kinds in ONLY_FOR.items()
            if name in attrs and kind not in kinds
        }
        if "coupon" in attrs:
            for name in OF_COUPON:
                if name in attrs:
                    said = serializers.ErrorDetail("The coupon says it.", "not_applicable")
                    wrong[name] = [said]
        needed = NEEDED_BY.get(kind)
        if needed and needed not in attrs:
            wrong[needed] = [serializers.ErrorDetail(f"A {kind} needs it.", "required")]
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


def requested(said: dict[str, Any]) -> ChangeRequest:
    """Return the change that is asked for; its plan is already a row."""
    kind = said["kind"]
    return ChangeRequest(
        kind=kind,
        on=said["on"],
        when=When(said.get("when", When.NOW)),
        plan=said.get("plan"),
        quantity=said.get("quantity"),
        credit=said.get("credit", Credit.PRORATED),
        override=_override(said) if kind == "override_price" else None,
        discount=_discount(said) if kind == "discount" and "coupon" not in said else None,
        anchor_day=said.get("anchor_day"),
        percent=said["percent"] if kind == "index_prices" else None,
    )


def _override(said: dict[str, Any]) -> Override:
    return Override(
        price_code=said["price"],
        amount=said.get("amount"),
        unit_price=said.get("unit_price"),
        tiers=new_tiers(said.get("tiers", ())),
    )


def _discount(said: dict[str, Any]) -> Discount:
    prices = said.get("prices")
    return Discount(
        percent=said.get("percent"),
        amount=said.get("amount"),
        periods=said.get("periods"),
        price_codes=None if prices is None else tuple(prices),
    )


class ChangeOutput(serializers.ModelSerializer[SubscriptionChange]):
    subscription = serializers.UUIDField(source="subscription_id")
    plan = serializers.UUIDField(source="plan_id", allow_null=True)
    quantity = PlainDecimalField(allow_null=True)
    coupon = serializers.SerializerMethodField(
        help_text="Code of the coupon that a discount comes from, if any."
    )
    transaction_id = serializers.SerializerMethodField(
        help_text="Follow it: GET /transactions/{transaction_id}."
    )

    class Meta:
        model = SubscriptionChange
        fields = [
            "id", "subscription", "kind", "effective_on", "plan", "quantity", "credit",
            "coupon", "terms", "recorded_on", "recorded_at", "transaction_id",
        ]  # fmt: skip

    def get_coupon(self, change: SubscriptionChange) -> str | None:
        """Return the code."""
        return (change.terms or {}).get("coupon")

    @extend_schema_field(OpenApiTypes.UUID)
    def get_transaction_id(self, change: SubscriptionChange) -> str:
        """Return the id of the story that the change began."""
        return str(self.context["transaction_ids"][subscription_changed(change).idempotency_key])


def shown_changes(changes: Sequence[SubscriptionChange]) -> list[Any]:
    """Return changes, whose subscriptions are loaded, as the API gives them: one query."""
    known = {}
    if changes:
        events = [subscription_changed(change) for change in changes]
        known = transaction_ids(changes[0].seller_id, events)
    return list(ChangeOutput(changes, many=True, context={"transaction_ids": known}).data)
