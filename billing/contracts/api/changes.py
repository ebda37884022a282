"""Inputs and outputs of subscriptions' changes."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from billing.contracts.events import subscription_changed
from billing.contracts.models import SubscriptionChange
from billing.events.queries import transaction_ids
from billing.pricing.terms import Credit, When
from billing.sellers.api.fields import DayField, ExactField, ReferenceField
from billing.sellers.api.inputs import Input
from billing.sellers.api.outputs import PlainDecimalField
from billing.sellers.api.problems import Refusal, tell

tell(
    constraints={
        name: Refusal(
            409, "timeline_contradicts", "", "The change contradicts the subscription's timeline."
        )
        for name in ("subscription_timeline_holds", "subscription_starts_once")
    }
)

KINDS = [kind for kind in SubscriptionChange.Kind.values if kind != "start"]
# What a change may say beside its kind and day.
ONLY_FOR = {
    "plan": {"change_plan"},
    "quantity": {"change_plan", "change_quantity"},
    "credit": {"cancel"},
    "when": {"change_plan", "change_quantity", "pause", "resume", "cancel"},
}
NEEDED_BY = {"change_plan": "plan", "change_quantity": "quantity"}


class ChangeInput(Input):
    kind = serializers.ChoiceField(choices=KINDS)
    on = DayField(default=None, allow_null=True, help_text="Default: the seller's today.")
    when = serializers.ChoiceField(
        choices=list(When),
        required=False,
        help_text="`period_end` moves it to the end of the period that the day lies in.",
    )
    plan = ReferenceField(known_as="code", required=False)
    quantity = ExactField(min_value=0, required=False)
    credit = serializers.ChoiceField(
        choices=list(Credit),
        required=False,
        help_text="What a cancellation gives back of what was paid in advance.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what doesn't belong to the kind of change, and what it lacks."""
        kind = attrs["kind"]
        wrong = {
            name: [serializers.ErrorDetail(f"Not for a change of kind {kind}.", "not_applicable")]
            for name, kinds in ONLY_FOR.items()
            if name in attrs and kind not in kinds
        }
        needed = NEEDED_BY.get(kind)
        if needed and needed not in attrs:
            wrong[needed] = [serializers.ErrorDetail(f"A {kind} needs it.", "required")]
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class ChangeOutput(serializers.ModelSerializer[SubscriptionChange]):
    subscription = serializers.UUIDField(source="subscription_id")
    plan = serializers.UUIDField(source="plan_id", allow_null=True)
    quantity = PlainDecimalField(allow_null=True)
    transaction_id = serializers.SerializerMethodField(
        help_text="Follow it: GET /transactions/{transaction_id}."
    )

    class Meta:
        model = SubscriptionChange
        fields = [
            "id", "subscription", "kind", "effective_on", "plan", "quantity", "credit",
            "recorded_on", "recorded_at", "transaction_id",
        ]  # fmt: skip

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
