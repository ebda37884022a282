"""Endpoints of the seller's apps: `/webhook-endpoints`."""

from typing import Any, cast

from django.db.models import QuerySet
from django.urls import path, reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.pages import listed
from billing.api.callers.access import require
from billing.api.idempotency import ShownOnce
from billing.api.inputs.fields import (
    FlagField,
    InstantField,
    ListField,
    OneOfField,
    ReferenceField,
    TextField,
    WholeField,
)
from billing.api.inputs.form import Input
from billing.api.lists.expansion import Nested
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.events.models import Event
from invoices.delivery import commands
from invoices.delivery.catalogue import (
    ALL_TYPES,
    PATTERNS,
    TEST_TYPE,
    TYPES,
    VERSIONS,
    example_of,
    public_types,
    schema_of,
    scopes_to_read,
)
from invoices.delivery.models import WebhookEndpoint
from invoices.delivery.outputs import DeliveryOutput, EndpointOutput
from invoices.delivery.queries.addresses import LONGEST_URL, WebhookUrlRefused

tell(
    exceptions={
        WebhookUrlRefused: Refusal(400, "webhook_url_refused", field="url"),
        commands.EndpointNotEnabled: Refusal(409, "webhook_endpoint_not_enabled"),
        commands.EventNotPublic: Refusal(400, "event_not_public", field="event"),
        commands.TooManyEndpoints: Refusal(409, "too_many_webhook_endpoints"),
        commands.NotToldOf: Refusal(409, "webhook_endpoint_not_told_of"),
        commands.NotOfCustomer: Refusal(400, "contract_of_other_customer", field="contract"),
    }
)
State = WebhookEndpoint.State
TOLD = frozenset({"url", "event_types", "customer", "contract"})  # Who is told of what.


class EndpointInput(Input):
    url = TextField(max_length=LONGEST_URL, help_text="Begins with https://; a public address.")
    event_types = ListField(
        child=OneOfField(choices=PATTERNS),
        default=lambda: [ALL_TYPES],
        allow_empty=False,
        max_length=50,
        help_text="Public types; `*` stands for all, `invoice.*` for all that begin so: see"
        " `/webhook-event-types`.",
    )
    description = TextField(max_length=200, allow_blank=True, default="")
    customer = ReferenceField(
        known_as="ext",
        required=False,
        allow_null=True,
        help_text="Only what is of this customer is told; null: all.",
    )
    contract = ReferenceField(
        known_as="ext",
        required=False,
        allow_null=True,
        help_text="Only what is of this contract is told; null: all.",
    )


class EndpointChangeInput(EndpointInput):
    state = OneOfField(choices=[State.ENABLED.value, State.DISABLED.value], required=False)


ENDPOINT = Nested(
    resource="webhooks", model=WebhookEndpoint, column="endpoint_id", output=EndpointOutput
)


class NewEndpointOutput(EndpointOutput):
    secret = serializers.CharField(
        allow_null=True,
        help_text="What signs messages, shown this once: null in the answer to a repeated "
        "request. If it was lost, rotate it.",
    )

    class Meta(EndpointOutput.Meta):
        fields = [*EndpointOutput.Meta.fields, "secret"]


class SecretOutput(serializers.Serializer[Any]):
    secret = serializers.CharField(
        allow_null=True,
        help_text="Shown this once: null in the answer to a repeated request. The former one signs "
        "too for 24 hours.",
    )


class TellInput(Input):
    event = ReferenceField(known_as="", help_text="Id of an event of a public type.")


class ReplayInput(Input):
    until = InstantField(required=False, help_text="First instant no longer wanted; now.")
    event_types = ListField(
        child=OneOfField(choices=PATTERNS),
        default=lambda: [ALL_TYPES],
        allow_empty=False,
        max_length=50,
        help_text="Of those that the endpoint asks for.",
    )
    only_failed = FlagField(
        default=False, help_text="Only what was given up, and never got there since."
    )
    limit = WholeField(min_value=1, max_value=500, default=100, help_text="Messages at most.")
    after = ReferenceField(
        known_as="", required=False, help_text="`next` of the call before, to go on."
    )

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, with the one whose name Python keeps for itself."""
        begins = InstantField(help_text="First instant: of `occurred_at`.")
        return {"from": begins, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a stretch that ends before it begins."""
        if "until" in attrs and attrs["until"] <= attrs["from"]:
            wrong = serializers.ErrorDetail("It must be later than `from`.", "out_of_range")
            raise serializers.ValidationError({"until": [wrong]})
        return attrs


class ReplayOutput(serializers.Serializer[Any]):
    replayed = serializers.IntegerField(help_text="How many messages are sent.")
    passed_over = serializers.IntegerField(
        help_text="How many events were looked at and not told: on their way, or not wanted."
    )
    until = serializers.DateTimeField(help_text="As asked for, or now: give it to go on.")
    next = serializers.UUIDField(
        allow_null=True, help_text="There is more: call again with this as `after`; else null."
    )
    deliveries = DeliveryOutput(many=True)


class TryInput(Input):
    type = OneOfField(
        choices=[TEST_TYPE, *TYPES],
        default=TEST_TYPE,
        help_text="Whose example is sent; default: a message that only says that it is a test.",
    )


class TypeOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    versions = serializers.ListField(child=serializers.CharField())
    description = serializers.CharField(help_text="When it occurs.")
    json_schema = serializers.DictField(help_text="Of the whole message: JSON Schema 2020-12.")
    example = serializers.DictField(help_text="Of the whole message.")


class TypesOutput(serializers.Serializer[Any]):
    event_types = TypeOutput(many=True)


class _OfEndpoints(Endpoint):
    def endpoints(self) -> QuerySet[WebhookEndpoint]:
        """Return the seller's endpoints that aren't deleted."""
        rows = self.rows(WebhookEndpoint).exclude(state=State.DELETED)
        return rows.select_related("seller", "customer", "contract")

    def named(self, said: dict[str, Any]) -> commands.Limits:
        """Take out of a body whom an endpoint is limited to, and return that: None of nobody."""
        models: dict[str, Any] = {"customer": Customer, "contract": Contract}
        named = {name: said.pop(name) for name in models if name in said}
        found = {
            name: reference and self.resolve(models[name], reference, field=name)
            for name, reference in named.items()
        }
        return cast(commands.Limits, found)


class EndpointsView(_OfEndpoints):
    @listed(EndpointOutput)
    def get(self, request: Request) -> Response:
        """List the endpoints, newest first."""
        return self.page(self.endpoints(), lambda rows: EndpointOutput(rows, many=True).data)

    @extend_schema(request=EndpointInput, responses={201: NewEndpointOutput})
    def post(self, request: Request) -> Response:
        """
        Record an endpoint, and get the secret that its messages are signed with.

        The key needs to read, besides, what the types that are asked for tell of.
        """
        said = self.said(EndpointInput)
        require(request, scopes_to_read(said["event_types"]))
        only = commands.Only(**self.named(said))
        endpoint, secret = commands.create_endpoint(
            seller=self.seller, **said, only=only, at=timezone.now()
        )
        row = EndpointOutput(endpoint).data
        address = reverse("webhook-endpoint", kwargs={"id": endpoint.pk})
        return ShownOnce(
            {**row, "secret": secret},
            kept={**row, "secret": None},
            status=201,
            headers={"Location": request.build_absolute_uri(address)},
        )


class EndpointView(_OfEndpoints):
    @extend_schema(responses=EndpointOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show an endpoint."""
        return Response(EndpointOutput(self.thing(id)).data)

    @extend_schema(request=EndpointChangeInput, responses=EndpointOutput)
    def patch(self, request: Request, id: str) -> Response:
        """
        Change an endpoint, or disable and enable it.

        Who changes what it is told of, or where, needs to read, besides, what it tells of then.
        """
        # Held, so that the types are those to which the address, or whom it is told of, changes.
        held = self.endpoints().select_for_update(of=("self",))
        endpoint = self.find(held, id, known_as="")
        said = self.said(EndpointChangeInput, partial=True)
        state = said.pop("state", None)
        if not TOLD.isdisjoint(said):
            require(request, scopes_to_read(said.get("event_types", endpoint.event_types)))
        if named := self.named(said):
            said["limits"] = named
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
        endpoint = self.thing(id)
        commands.delete_endpoint(endpoint_id=endpoint.pk, at=timezone.now())
        return Response(status=204)

    def thing(self, id: str) -> WebhookEndpoint:
        """Return the endpoint that the address names."""
        return self.find(self.endpoints(), id, known_as="")


class RotateSecretView(_OfEndpoints):
    @extend_schema(request=None, responses=SecretOutput)
    def post(self, request: Request, id: str) -> Response:
        """Make a new secret; the former one signs too for 24 hours."""
        endpoint = self.find(self.endpoints(), id, known_as="")
        secret = commands.rotate_secret(endpoint=endpoint, at=timezone.now())
        return ShownOnce({"secret": secret}, kept={"secret": None})


class TryEndpointView(_OfEndpoints):
    @extend_schema(request=TryInput, responses={202: DeliveryOutput})
    def post(self, request: Request, id: str) -> Response:
        """
        Send a message of type `webhook.test`, or the example of a type, to an endpoint.

        For an example the key needs to read, besides, what the type tells of.
        """
        endpoint = self.find(self.endpoints(), id, known_as="")
        wanted = self.said(TryInput)["type"] if request.data else TEST_TYPE
        require(request, scopes_to_read([wanted]))
        made = commands.try_endpoint(endpoint=endpoint, at=timezone.now(), public_type=wanted)
        return Response(DeliveryOutput(made).data, status=202)


class TellEndpointView(_OfEndpoints):
    @extend_schema(request=TellInput, responses={202: DeliveryOutput})
    def post(self, request: Request, id: str) -> Response:
        """
        Tell an endpoint of an event, be it told of it before or not.

        The key needs to read, besides, what the event's type tells of.
        """
        endpoint = self.find(self.endpoints(), id, known_as="")
        event = self.resolve(Event, self.said(TellInput)["event"], field="event")
        require(request, scopes_to_read(public_types(event.type)))
        made = commands.tell_event(endpoint=endpoint, event=event, at=timezone.now())
        return Response(DeliveryOutput(made).data, status=202)


class ReplayView(_OfEndpoints):
    @extend_schema(request=ReplayInput, responses={202: ReplayOutput})
    def post(self, request: Request, id: str) -> Response:
        """
        Tell an endpoint of past events, in order, be it told of them before or not.

        The key needs to read, besides, what the types tell of that are replayed.
        """
        held = self.endpoints().select_for_update(of=("self",), no_key=True)
        endpoint = self.find(held, id, known_as="")
        now = timezone.now()
        said = {"until": now, **self.said(ReplayInput)}
        require(request, scopes_to_read(said["event_types"], endpoint.event_types))
        if after := said.get("after"):
            said["after"] = self.resolve(Event, after, field="after")
        stretch = commands.Stretch(from_=said.pop("from"), **said)
        done = commands.replay(endpoint=endpoint, stretch=stretch, at=now)
        shown = {
            "replayed": len(done.deliveries),
            "passed_over": done.looked_at - len(done.deliveries),
            "until": stretch.until,
            "next": done.reached and done.reached.pk,
            "deliveries": done.deliveries,
        }
        return Response(ReplayOutput(shown).data, status=202)


class TypesView(Endpoint):
    @extend_schema(responses=TypesOutput)
    def get(self, request: Request) -> Response:
        """List the public types of events, with what is told of them."""
        shown = [
            {
                "name": public.name,
                "versions": VERSIONS,
                "description": public.description,
                "json_schema": schema_of(public),
                "example": example_of(public),
            }
            for public in TYPES.values()
        ]
        return Response({"event_types": shown})


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
    path(
        "webhook-endpoints/<reference:id>/replay",
        ReplayView.as_view(),
        name="webhook-endpoint-replay",
    ),
    path("webhook-endpoints/<reference:id>", EndpointView.as_view(), name="webhook-endpoint"),
]
