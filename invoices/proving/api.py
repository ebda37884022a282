"""What happened: `/events`, `/transactions` and `/failures`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.failures import FailureOutput
from billing.api.inputs.fields import TextField
from billing.api.inputs.form import Input
from billing.api.lists.expansion import Nested
from billing.api.lists.filters import Filters, Identifier, Of, Text, Word
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.references import UUID_FORM
from billing.api.scoped import Endpoint
from billing.events import commands
from billing.events.models import OF_UNSETTLED, Event, Failure
from invoices.issuing.commands import write_off
from invoices.proving.queries.story import story


class FailureClosed(Exception):
    """Someone else has dealt with the failure."""


tell(exceptions={FailureClosed: Refusal(409, "failure_closed")})


class RetryInput(Input):
    why = TextField(max_length=500, allow_blank=True, default="", help_text="For the record.")


class WriteOffInput(Input):
    why = TextField(max_length=500, help_text="Why it will never be billed; for the record.")


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


class FailureFilters(Filters):
    state = Word(Failure.State.values)
    event = Of(Event, known_as="")
    transaction = Identifier(column="event__transaction_id")


EVENT = Nested(resource="events", model=Event, column="event_id", output=EventOutput)
EVENTS = Listing[Event](
    output=EventOutput, filters=EventFilters, by=("position",), sparse=True, exports=True
)
FAILURES = Listing[Failure](output=FailureOutput, filters=FailureFilters, expands={"event": EVENT})


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


class FailuresView(Endpoint):
    @FAILURES.described
    def get(self, request: Request) -> Response:
        """List the failures, newest first."""
        return FAILURES.answer(self, self.rows(Failure).select_related("event"))


class FailureView(Endpoint):
    @extend_schema(responses=FailureOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a failure: what is wrong, what to do, and what became of it."""
        rows = self.rows(Failure).select_related("event")
        return Response(FailureOutput(self.find(rows, id, known_as="")).data)


class ClosingEndpoint(Endpoint):
    # An address at which a failure is closed by what a human decides about it.

    def closed(self, close: Callable[..., int], id: str, form: type[Input]) -> Response:
        """
        Close an open failure as the body says, and show it.

        :raises FailureClosed: if it isn't open any more.
        """
        failure = self.find(self.rows(Failure), id, known_as="")
        why = self.said(form)["why"]
        by = str(self.request.user)
        is_closed = close(failure_ids=[failure.id], by=by, at=timezone.now(), why=why)
        failure = self.rows(Failure).select_related("event").get(pk=failure.pk)
        if not is_closed:
            raise FailureClosed(
                f"The failure was closed already ({failure.get_state_display()}): there is nothing "
                "left to decide. A retry that fails again opens another one."
            )
        return Response(FailureOutput(failure).data)


class RetryView(ClosingEndpoint):
    @extend_schema(request=RetryInput, responses=FailureOutput)
    def post(self, request: Request, id: str) -> Response:
        """Close an open failure, and send its event to the workers again."""
        return self.closed(commands.retry, id, RetryInput)


class WriteOffView(ClosingEndpoint):
    @extend_schema(request=WriteOffInput, responses=FailureOutput)
    def post(self, request: Request, id: str) -> Response:
        """
        Close an open failure for good: its event will not be billed.

        An order is then never billed. What a contract owes stays owed, and comes with its next
        event: cancel the subscription if it shall not be paid.
        """
        return self.closed(write_off, id, WriteOffInput)


urlpatterns = [
    path("events", EventsView.as_view(), name="events"),
    path("events/<reference:id>", EventView.as_view(), name="event"),
    path("transactions/<reference:id>", TransactionView.as_view(), name="transaction"),
    path("failures", FailuresView.as_view(), name="failures"),
    path("failures/<reference:id>/retry", RetryView.as_view(), name="failure-retry"),
    path("failures/<reference:id>/write-off", WriteOffView.as_view(), name="failure-write-off"),
    path("failures/<reference:id>", FailureView.as_view(), name="failure"),
]
