"""How deliveries and endpoints look: in answers, and in what apps are told."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.usage.models import UnattributedUsage
from invoices.delivery.models import Delivery, DeliveryAttempt, WebhookEndpoint
from invoices.documents.models import Document
from invoices.documents.queries import documents_of
from invoices.issuing.api.invoices import InvoiceSummaryOutput
from invoices.issuing.models import Invoice


class DeliveryOutput(serializers.ModelSerializer[Delivery]):
    """What is sent to whom, and how far it got."""

    invoice = serializers.UUIDField(source="invoice_id", allow_null=True)
    endpoint = serializers.UUIDField(source="endpoint_id", allow_null=True)
    event = serializers.UUIDField(source="event_id", help_text="What it tells of.")
    resends = serializers.UUIDField(source="resends_id", allow_null=True)

    class Meta:
        model = Delivery
        fields = [
            "id", "channel", "type", "address", "state", "tries", "next_try_at", "settled_at",
            "message_id", "invoice", "endpoint", "event", "resends", "is_replay",
            "transaction_id", "created_at",
        ]  # fmt: skip


class AttemptOutput(serializers.ModelSerializer[DeliveryAttempt]):
    """One try: what was sent, and what was answered; both are kept for a while."""

    class Meta:
        model = DeliveryAttempt
        fields = [
            "number", "address", "ip", "started_at", "ended_at", "milliseconds", "outcome",
            "request_headers", "status", "answer_headers", "answer",
        ]  # fmt: skip


class DeliveryDetailOutput(DeliveryOutput):
    """A delivery with its tries and, of a webhook, its body."""

    # Shown if the context `shows_body`.
    body = serializers.SerializerMethodField(
        help_text="Of a webhook, as it is sent; null for who may not read what it tells of.",
    )
    attempts = serializers.SerializerMethodField(help_text="In order.")

    class Meta(DeliveryOutput.Meta):
        fields = [*DeliveryOutput.Meta.fields, "body", "pruned_at", "attempts"]

    def get_body(self, delivery: Delivery) -> str | None:
        """Return the body, for those who may read it."""
        return delivery.body if self.context["shows_body"] else None

    @extend_schema_field(AttemptOutput(many=True))
    def get_attempts(self, delivery: Delivery) -> list[dict[str, Any]]:
        """Return the tries."""
        return [dict(AttemptOutput(each).data) for each in delivery.attempts.order_by("number")]


class EndpointOutput(serializers.ModelSerializer[WebhookEndpoint]):
    """An address of an app that is told of events."""

    event_types = serializers.ListField(
        child=serializers.CharField(),
        help_text="Public types; `*` stands for all, `invoice.*` for all that begin so.",
    )
    customer = serializers.UUIDField(source="customer_id", allow_null=True)
    contract = serializers.UUIDField(source="contract_id", allow_null=True)

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id", "url", "description", "event_types", "customer", "contract", "api_version",
            "state", "failing_since", "disabled_at", "disabled_reason", "created_at",
        ]  # fmt: skip


class ToldDocumentOutput(serializers.ModelSerializer[Document]):
    """A file of an invoice."""

    link = serializers.SerializerMethodField(help_text="Fetch it there, with the API key.")

    class Meta:
        model = Document
        fields = ["id", "media_type", "file_name", "sha256", "link"]

    def get_link(self, document: Document) -> str:
        """Return the address."""
        return api_link(f"invoices/{document.invoice_id}/documents/{document.pk}")


class ToldInvoiceOutput(InvoiceSummaryOutput):
    """An invoice as lists show it, with its documents: the API has its lines."""

    link = serializers.SerializerMethodField(help_text="The invoice with its lines.")
    documents = serializers.SerializerMethodField(help_text="None if the seller makes none.")

    class Meta(InvoiceSummaryOutput.Meta):
        fields = [*InvoiceSummaryOutput.Meta.fields, "link", "documents"]

    def get_link(self, invoice: Invoice) -> str:
        """Return the address."""
        return api_link(f"invoices/{invoice.pk}")

    @extend_schema_field(ToldDocumentOutput(many=True))
    def get_documents(self, invoice: Invoice) -> Any:
        """Return the files."""
        return ToldDocumentOutput(documents_of(invoice), many=True).data


class WaitingUsageOutput(serializers.ModelSerializer[UnattributedUsage]):
    """Usage that waits for one reason, naming one thing."""

    class Meta:
        model = UnattributedUsage
        fields = ["id", "reason", "named", "waiting"]


def api_link(path: str) -> str:
    """Return an address of the API, as whoever asks from outside calls it."""
    return f"{settings.PUBLIC_URL}/api/v1/{path}"
