"""How documents are wanted: `/customers/{id}/delivery`; how e-mails look: `/mail-style`."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.inputs.fields import FlagField, ListField, MailField, TextField
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.customers.models import Customer
from billing.sellers.models import Seller
from billing.texts import first_control
from invoices.delivery import commands
from invoices.delivery.models import DeliveryWish, MailStyle
from invoices.delivery.queries.texts import PLACEHOLDERS, TextRefused
from invoices.delivery.queries.wanted import email_addresses

MOST_ADDRESSES = 5
_FILLED = "Filled in are " + ", ".join(f"`{{{name}}}`" for name in PLACEHOLDERS) + "."

tell(exceptions={TextRefused: Refusal(400, "text_refused")})


class LinesField(TextField):
    """A text of several lines."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text without blanks around it."""
        if not isinstance(data, str):
            self.fail("invalid")
        text = data.replace("\r\n", "\n").strip()
        if control := first_control(text, has_lines=True):
            self.fail("control", code=control)
        return text


class WishInput(Input):
    by_email = FlagField(default=True)
    emails = ListField(
        child=MailField(),
        default=list,
        max_length=MOST_ADDRESSES,
        help_text="Where documents go; none: to the customer's own address.",
    )


class WishOutput(serializers.Serializer[Any]):
    by_email = serializers.BooleanField()
    emails = serializers.ListField(child=serializers.CharField())
    goes_to = serializers.ListField(
        child=serializers.CharField(), help_text="Where documents go by e-mail now."
    )


class MailStyleInput(Input):
    sender = MailField(allow_blank=True, default="")
    sender_name = TextField(max_length=100, allow_blank=True, default="")
    reply_to = MailField(allow_blank=True, default="")
    subject_de = TextField(max_length=200, allow_blank=True, default="", help_text=_FILLED)
    body_de = LinesField(max_length=5000, allow_blank=True, default="", help_text=_FILLED)
    subject_en = TextField(max_length=200, allow_blank=True, default="", help_text=_FILLED)
    body_en = LinesField(max_length=5000, allow_blank=True, default="", help_text=_FILLED)


class MailStyleOutput(serializers.ModelSerializer[MailStyle]):
    class Meta:
        model = MailStyle
        fields = [
            "sender", "sender_name", "reply_to", "subject_de", "body_de", "subject_en", "body_en",
        ]  # fmt: skip


class WishView(Endpoint):
    @extend_schema(responses=WishOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show how a customer wants its documents; the API and links serve them always."""
        return _shown(self.thing(id))

    @extend_schema(request=WishInput, responses=WishOutput)
    def put(self, request: Request, id: str) -> Response:
        """Say how a customer wants its documents from now on."""
        customer = self.thing(id)
        commands.set_wish(customer=customer, details=self.said(WishInput))
        return _shown(customer)

    def thing(self, id: str) -> Customer:
        """Return the customer: it may have said no wish yet."""
        return self.find(self.rows(Customer), id)


class MailStyleView(Endpoint):
    @extend_schema(responses=MailStyleOutput)
    def get(self, request: Request) -> Response:
        """Show how the seller's e-mails look; what is empty is as the house has it."""
        style = self.rows(MailStyle).first() or MailStyle(seller=self.seller)
        return Response(MailStyleOutput(style).data)

    @extend_schema(request=MailStyleInput, responses=MailStyleOutput)
    def put(self, request: Request) -> Response:
        """Say how the seller's e-mails look from now on."""
        style = commands.set_mail_style(seller=self.seller, details=self.said(MailStyleInput))
        return Response(MailStyleOutput(style).data)

    def thing(self) -> Seller:
        """Return the seller: it may have said nothing yet."""
        return self.seller


def _shown(customer: Customer) -> Response:
    wish = DeliveryWish.objects.filter(customer=customer).first() or DeliveryWish(emails=[])
    told = {
        "by_email": wish.by_email,
        "emails": wish.emails,
        "goes_to": email_addresses(customer),
    }
    return Response(WishOutput(told).data)


customer_urlpatterns = [
    path("customers/<reference:id>/delivery", WishView.as_view(), name="delivery-wish"),
]
urlpatterns = [path("mail-style", MailStyleView.as_view(), name="mail-style")]
