"""How a failure looks in answers."""

from rest_framework import serializers

from billing.api.answers.outputs import KnownMoneyField
from billing.events.models import Failure


class FailureOutput(serializers.ModelSerializer[Failure]):
    event = serializers.UUIDField(source="event_id")
    transaction_id = serializers.UUIDField(source="event.transaction_id")
    fingerprint = serializers.UUIDField(
        source="cause.fingerprint", help_text="Of its cause: the same for all that heal together."
    )
    money_at_stake = KnownMoneyField("money_at_stake_minor", help_text="Net; null where unknown.")

    class Meta:
        model = Failure
        fields = [
            "id", "event", "transaction_id", "fingerprint", "is_new", "code", "reason",
            "remedy", "money_at_stake", "priority", "state", "opened_at",
            "closed_at", "closed_by", "closing_note",
        ]  # fmt: skip
