"""How deliveries look in answers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from invoices.delivery.models import Delivery, DeliveryAttempt


class DeliveryOutput(serializers.ModelSerializer[Delivery]):
    invoice = serializers.UUIDField(source="invoice_id", allow_null=True)
    endpoint = serializers.UUIDField(source="endpoint_id", allow_null=True)
    event = serializers.UUIDField(source="event_id", help_text="What it tells of.")
    resends = serializers.UUIDField(source="resends_id", allow_null=True)

    class Meta:
        model = Delivery
        fields = [
            "id", "channel", "type", "address", "state", "tries", "next_try_at", "settled_at",
            "message_id", "invoice", "endpoint", "event", "resends", "transaction_id",
            "created_at",
        ]  # fmt: skip


class AttemptOutput(serializers.ModelSerializer[DeliveryAttempt]):
    class Meta:
        model = DeliveryAttempt
        fields = ["number", "address", "started_at", "ended_at", "outcome", "status", "answer"]


class DeliveryDetailOutput(DeliveryOutput):
    attempts = serializers.SerializerMethodField(help_text="In order.")

    class Meta(DeliveryOutput.Meta):
        fields = [*DeliveryOutput.Meta.fields, "body", "attempts"]

    @extend_schema_field(AttemptOutput(many=True))
    def get_attempts(self, delivery: Delivery) -> list[dict[str, Any]]:
        """Return the tries."""
        return [dict(AttemptOutput(each).data) for each in delivery.attempts.order_by("number")]
