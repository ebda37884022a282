"""What was delivered: `/deliveries`."""

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.fields import MailField, OneOfField, ReferenceField, TextField
from billing.api.inputs import Input
from billing.api.pages import PageQuery, listed
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from invoices.delivery import commands
from invoices.delivery.api.outputs import DeliveryDetailOutput, DeliveryOutput
from invoices.delivery.models import Delivery, WebhookEndpoint
from invoices.delivery.models.deliveries import CHANNELS
from invoices.issuing.models import Invoice

tell(exceptions={commands.DeliveryNotResendable: Refusal(409, "delivery_not_resendable")})


class DeliveriesQuery(PageQuery):
    invoice = ReferenceField(known_as="", required=False)
    endpoint = ReferenceField(known_as="", required=False)
    channel = OneOfField(choices=[name for name, _ in CHANNELS], required=False)
    state = OneOfField(choices=Delivery.State.values, required=False)
    type = TextField(max_length=50, required=False)


class ResendInput(Input):
    address = MailField(required=False, help_text="Of an e-mail: another address than before.")


class DeliveriesView(Endpoint):
    @listed(DeliveryOutput, query=DeliveriesQuery)
    def get(self, request: Request) -> Response:
        """List the deliveries, newest first."""
        asked = self.asked(DeliveriesQuery)
        return self.page(
            self._asked_for(asked), lambda rows: DeliveryOutput(rows, many=True).data, asked=asked
        )

    def _asked_for(self, asked: dict[str, Any]) -> QuerySet[Delivery]:
        names = ("channel", "state", "type")
        wanted: dict[str, Any] = {name: asked[name] for name in names if name in asked}
        if "invoice" in asked:
            wanted["invoice"] = self.resolve(Invoice, asked["invoice"], field="invoice")
        if "endpoint" in asked:
            wanted["endpoint"] = self.resolve(WebhookEndpoint, asked["endpoint"], field="endpoint")
        return self.rows(Delivery).filter(**wanted)


class DeliveryView(Endpoint):
    @extend_schema(responses=DeliveryDetailOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a delivery with its tries, and the body of a webhook."""
        delivery = self.find(self.rows(Delivery), id, known_as="")
        return Response(DeliveryDetailOutput(delivery).data)


class ResendView(Endpoint):
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


urlpatterns = [
    path("deliveries", DeliveriesView.as_view(), name="deliveries"),
    path("deliveries/<reference:id>/resend", ResendView.as_view(), name="delivery-resend"),
    path("deliveries/<reference:id>", DeliveryView.as_view(), name="delivery"),
]
