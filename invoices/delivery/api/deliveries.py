"""What was delivered: `/deliveries`."""

from typing import Any, cast

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.callers.authentication import Caller
from billing.api.description.schema import refusing
from billing.api.inputs.fields import ListField, MailField
from billing.api.inputs.form import Input
from billing.api.lists.filters import Filters, Identifier, Of, Text, Word, moments
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from invoices.delivery import commands
from invoices.delivery.api.endpoints import ENDPOINT
from invoices.delivery.catalogue import scopes_to_read
from invoices.delivery.models import Delivery, WebhookEndpoint
from invoices.delivery.models.deliveries import CHANNELS
from invoices.delivery.outputs import DeliveryDetailOutput, DeliveryOutput
from invoices.issuing.api.invoices import INVOICE
from invoices.issuing.models import Invoice

MOST_ADDRESSES = 10

tell(exceptions={commands.DeliveryNotResendable: Refusal(409, "delivery_not_resendable")})


class DeliveryFilters(Filters):
    invoice = Of(Invoice, known_as="")
    endpoint = Of(WebhookEndpoint, known_as="")
    channel = Word(name for name, _ in CHANNELS)
    state = Word(Delivery.State.values)
    type = Text(50, help_text="Public type of what it tells: see `/webhook-event-types`.")
    transaction = Identifier(column="transaction_id")
    created_from, created_until = moments("created_at", leads=False, needs=True)


DELIVERIES = Listing[Delivery](
    output=DeliveryOutput,
    filters=DeliveryFilters,
    expands={"invoice": INVOICE, "endpoint": ENDPOINT},
    sparse=True,
    exports=True,
)


class ResendInput(Input):
    address = MailField(required=False, help_text="Of an e-mail: another address than before.")


class InvoiceResendInput(Input):
    addresses = ListField(
        child=MailField(),
        required=False,
        allow_empty=False,
        max_length=MOST_ADDRESSES,
        help_text="Where to; default: where the customer's documents go today.",
    )


class ResentOutput(serializers.Serializer[Any]):
    deliveries = DeliveryOutput(many=True, help_text="One for each address.")


class DeliveriesView(Endpoint):
    @DELIVERIES.described
    def get(self, request: Request) -> Response:
        """List the deliveries, newest first."""
        return DELIVERIES.answer(self, self.rows(Delivery))


class DeliveryView(Endpoint):
    @extend_schema(responses=DeliveryDetailOutput)
    def get(self, request: Request, id: str) -> Response:
        """
        Show a delivery with its tries, and the body of a webhook.

        The body is for keys that may read what it tells of, by its type: else it is null.
        """
        delivery = self.find(self.rows(Delivery), id, known_as="")
        caller = cast(Caller, request.user)
        may = all(caller.may(scope) for scope in scopes_to_read([delivery.type]))
        return Response(DeliveryDetailOutput(delivery, context={"shows_body": may}).data)


class ResendView(Endpoint):
    @refusing("webhook_endpoint_not_enabled", "webhook_endpoint_not_told_of")
    @extend_schema(request=ResendInput, responses={202: DeliveryOutput})
    def post(self, request: Request, id: str) -> Response:
        """Send once more what a delivery holds, as another delivery."""
        rows = self.rows(Delivery).select_related("endpoint", "invoice__customer")
        delivery = self.find(rows, id, known_as="")
        address = self.said(ResendInput).get("address", "")
        made = commands.resend(
            delivery=delivery, by=str(request.user), at=timezone.now(), address=address
        )
        return Response(DeliveryOutput(made).data, status=202)


class InvoiceResendView(Endpoint):
    @extend_schema(request=InvoiceResendInput, responses={202: ResentOutput})
    def post(self, request: Request, id: str) -> Response:
        """Send an invoice's documents by e-mail, be they sent before or not."""
        rows = self.rows(Invoice).select_related("customer")
        invoice = self.find(rows, id, known_as="")
        addresses = self.said(InvoiceResendInput).get("addresses", [])
        made = commands.send_invoice(
            invoice=invoice, addresses=addresses, by=str(request.user), at=timezone.now()
        )
        return Response(ResentOutput({"deliveries": made}).data, status=202)


urlpatterns = [
    path("invoices/<reference:id>/resend", InvoiceResendView.as_view(), name="invoice-resend"),
    path("deliveries", DeliveriesView.as_view(), name="deliveries"),
    path("deliveries/<reference:id>/resend", ResendView.as_view(), name="delivery-resend"),
    path("deliveries/<reference:id>", DeliveryView.as_view(), name="delivery"),
]
