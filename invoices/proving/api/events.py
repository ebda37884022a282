"""What happened: `/events` and `/transactions`."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.lists.expansion import Nested
from billing.api.lists.filters import Filters, Identifier, Text, Word
from billing.api.lists.listing import Listing
from billing.api.references import UUID_FORM
from billing.api.scoped import Endpoint
from billing.events.models import OF_UNSETTLED, Event
from invoices.proving.queries.story import story


class EventOutput(serializers.ModelSerializer[Event]):
    class Meta:
        model = Event
        fields = [
            "id", "transaction_id", "type", "stream_id", "payload", "as_of_date", "occurred_at",
            "recorded_at", "state", "published_at", "sends",
        ]  # fmt: skip


class StateOfEvent(Word):
    """How far events got."""

    def filter(self, qs: QuerySet[Event], value: str) -> QuerySet[Event]:
        """Return those in a state, by the index that holds the rare ones."""
        return qs.filter(OF_UNSETTLED, state=value)


class EventFilters(Filters):
    type = Text(50, help_text="For example order.placed.")
    state = StateOfEvent(Event.State.values)
    transaction = Identifier(column="transaction_id")


EVENT = Nested(resource="events", model=Event, column="event_id", output=EventOutput)
EVENTS = Listing[Event](
    output=EventOutput, filters=EventFilters, by=("position",), sparse=True, exports=True
)


class EntryOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="order, change, event, attempt, charge, invoice …")
    title = serializers.CharField(help_text="What happened, in a sentence.")
    details = serializers.DictField()
    ids = serializers.DictField(child=serializers.CharField(), help_text="The rows concerned.")


class StoryOutput(serializers.Serializer[Any]):
    transaction_id = serializers.UUIDField()
    entries = EntryOutput(many=True, help_text="In the order of time.")


class EventsView(Endpoint):
    @EVENTS.described
    def get(self, request: Request) -> Response:
        """List the events of the log, newest first."""
        return EVENTS.answer(self, self.rows(Event))


class EventView(Endpoint):
    @extend_schema(responses=EventOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show an event."""
        return Response(EventOutput(self.find(self.rows(Event), id, known_as="")).data)


class TransactionView(Endpoint):
    @extend_schema(responses=StoryOutput)
    def get(self, request: Request, id: str) -> Response:
        """Tell the whole story of a transaction, given its id or that of any event in it."""
        is_possible = UUID_FORM.fullmatch(id)
        found = story(UUID(id), seller_id=self.seller.id) if is_possible else None
        if found is None:
            raise NotFound
        return Response(StoryOutput(found).data)


urlpatterns = [
    path("events", EventsView.as_view(), name="events"),
    path("events/<reference:id>", EventView.as_view(), name="event"),
    path("transactions/<reference:id>", TransactionView.as_view(), name="transaction"),
]
