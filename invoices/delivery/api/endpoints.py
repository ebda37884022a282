"""Endpoints of the seller's apps: `/webhook-endpoints`."""

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.fields import ListField, OneOfField, ReferenceField, TextField
from billing.api.inputs import Input
from billing.api.pages import listed
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.events.models import Event
from invoices.delivery import commands
from invoices.delivery.api.outputs import DeliveryOutput
from invoices.delivery.models import WebhookEndpoint
from invoices.delivery.models.endpoints import ALL_TYPES
from invoices.delivery.queries.addresses import LONGEST_URL, WebhookUrlRefused
from invoices.delivery.queries.catalogue import PUBLIC_TYPES

tell(
    exceptions={
        WebhookUrlRefused: Refusal(400, "webhook_url_refused", field="url"),
        commands.EndpointNotEnabled: Refusal(409, "webhook_endpoint_not_enabled"),
        commands.EventNotPublic: Refusal(400, "event_not_public", field="event"),
    }
)
State = WebhookEndpoint.State


class EndpointInput(Input):
    url = TextField(max_length=LONGEST_URL, help_text="Begins with https://; a public address.")
    event_types = ListField(
        child=OneOfField(choices=[ALL_TYPES, *PUBLIC_TYPES]),
        default=lambda: [ALL_TYPES],
        allow_empty=False,
        max_length=50,
        help_text="Public types; `*` stands for all: see `/webhook-event-types`.",
    )
    description = TextField(max_length=200, allow_blank=True, default="")


class EndpointChangeInput(EndpointInput):
    state = OneOfField(choices=[State.ENABLED.value, State.DISABLED.value], required=False)


class EndpointOutput(serializers.ModelSerializer[WebhookEndpoint]):
    event_types = serializers.ListField(
        child=serializers.CharField(), help_text="Public types; `*` stands for all."
    )

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id", "url", "description", "event_types", "state", "failing_since", "disabled_at",
            "disabled_reason", "created_at",
        ]  # fmt: skip


class NewEndpointOutput(EndpointOutput):
    secret = serializers.CharField(help_text="What messages are signed with; shown this once.")

    class Meta(EndpointOutput.Meta):
        fields = [*EndpointOutput.Meta.fields, "secret"]


class SecretOutput(serializers.Serializer[Any]):
    secret = serializers.CharField(
        help_text="Shown this once. The former one signs too for 24 hours."
    )


class TellInput(Input):
    event = ReferenceField(known_as="", help_text="Id of an event of a public type.")


class TypeOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.IntegerField()
    says = serializers.CharField()


class TypesOutput(serializers.Serializer[Any]):
    event_types = TypeOutput(many=True)


class _OfEndpoints(Endpoint):
    def endpoints(self) -> QuerySet[WebhookEndpoint]:
        """Return the seller's endpoints that aren't deleted."""
        rows = self.rows(WebhookEndpoint).exclude(state=State.DELETED)
        return rows.select_related("seller")


class EndpointsView(_OfEndpoints):
    @listed(EndpointOutput)
    def get(self, request: Request) -> Response:
        """List the endpoints, newest first."""
        return self.page(self.endpoints(), lambda rows: EndpointOutput(rows, many=True).data)

    @extend_schema(request=EndpointInput, responses={201: NewEndpointOutput})
    def post(self, request: Request) -> Response:
        """Record an endpoint, and get the secret that its messages are signed with."""
        said = self.said(EndpointInput)
        endpoint, secret = commands.create_endpoint(seller=self.seller, **said, at=timezone.now())
        shown = {**EndpointOutput(endpoint).data, "secret": secret}
        return self.created(shown, route="webhook-endpoint", id=endpoint.pk)


class EndpointView(_OfEndpoints):
    @extend_schema(responses=EndpointOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show an endpoint."""
        return Response(EndpointOutput(self.find(self.endpoints(), id, known_as="")).data)

    @extend_schema(request=EndpointChangeInput, responses=EndpointOutput)
    def patch(self, request: Request, id: str) -> Response:
        """Change an endpoint, or disable and enable it."""
        endpoint = self.find(self.endpoints(), id, known_as="")
        said = self.said(EndpointChangeInput, partial=True)
        state = said.pop("state", None)
        if said:
            endpoint = commands.change_endpoint(endpoint_id=endpoint.pk, **said)
        if state == State.ENABLED:
            endpoint = commands.enable_endpoint(endpoint_id=endpoint.pk)
        elif state == State.DISABLED:
            endpoint = commands.disable_endpoint(endpoint_id=endpoint.pk, at=timezone.now())
        return Response(EndpointOutput(endpoint).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, id: str) -> Response:
        """Tell an endpoint nothing more."""
        endpoint = self.find(self.endpoints(), id, known_as="")
        commands.delete_endpoint(endpoint_id=endpoint.pk, at=timezone.now())
        return Response(status=204)


class RotateSecretView(_OfEndpoints):
    @extend_schema(request=None, responses=SecretOutput)
    def post(self, request: Request, id: str) -> Response:
        """Make a new secret; the former one signs too for 24 hours."""
        endpoint = self.find(self.endpoints(), id, known_as="")
        secret = commands.rotate_secret(endpoint=endpoint, at=timezone.now())
        return Response({"secret": secret})


class TryEndpointView(_OfEndpoints):
    @extend_schema(request=None, responses={202: DeliveryOutput})
    def post(self, request: Request, id: str) -> Response:
        """Send a message of type `webhook.test` to an endpoint."""
        endpoint = self.find(self.endpoints(), id, known_as="")
        made = commands.try_endpoint(endpoint=endpoint, at=timezone.now())
        return Response(DeliveryOutput(made).data, status=202)


class TellEndpointView(_OfEndpoints):
    @extend_schema(request=TellInput, responses={202: DeliveryOutput})
    def post(self, request: Request, id: str) -> Response:
        """Tell an endpoint of an event, be it told of it before or not."""
        endpoint = self.find(self.endpoints(), id, known_as="")
        event = self.resolve(Event, self.said(TellInput)["event"], field="event")
        made = commands.tell_event(endpoint=endpoint, event=event, at=timezone.now())
        return Response(DeliveryOutput(made).data, status=202)


class TypesView(Endpoint):
    @extend_schema(responses=TypesOutput)
    def get(self, request: Request) -> Response:
        """List the public types of events, with the versions of what is told of them."""
        return Response(TypesOutput({"event_types": PUBLIC_TYPES.values()}).data)


urlpatterns = [
    path("webhook-event-types", TypesView.as_view(), name="webhook-event-types"),
    path("webhook-endpoints", EndpointsView.as_view(), name="webhook-endpoints"),
    path(
        "webhook-endpoints/<reference:id>/rotate-secret",
        RotateSecretView.as_view(),
        name="webhook-endpoint-rotate-secret",
    ),
    path(
        "webhook-endpoints/<reference:id>/test",
        TryEndpointView.as_view(),
        name="webhook-endpoint-test",
    ),
    path(
        "webhook-endpoints/<reference:id>/tell",
        TellEndpointView.as_view(),
        name="webhook-endpoint-tell",
    ),
    path("webhook-endpoints/<reference:id>", EndpointView.as_view(), name="webhook-endpoint"),
]
