"""What happened: `/events`, `/transactions` and `/failures`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.fields import (
    OneOfField,
    TextField,
)
from billing.api.inputs import Input
from billing.api.outputs import KnownMoneyField
from billing.api.pages import PageQuery, PositionPageQuery, listed
from billing.api.problems import Refusal, tell
from billing.api.references import UUID_FORM
from billing.api.scoped import Endpoint
from billing.events import commands
from billing.events.models import Event, Failure
from invoices.issuing.commands import write_off
from invoices.proving.queries.story import story


class FailureClosed(Exception):
    """Someone else has dealt with the failure."""


tell(exceptions={FailureClosed: Refusal(409, "failure_closed")})


class EventsQuery(PositionPageQuery):
    type = TextField(max_length=50, required=False, help_text="For example order.placed.")
    state = OneOfField(choices=Event.State.values, required=False)


class FailuresQuery(PageQuery):
    state = OneOfField(choices=Failure.State.values, required=False)


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


class FailureOutput(serializers.ModelSerializer[Failure]):
    event = serializers.UUIDField(source="event_id")
    transaction_id = serializers.UUIDField(source="event.transaction_id")
    money_at_stake = KnownMoneyField("money_at_stake_minor", help_text="Net; null where unknown.")

    class Meta:
        model = Failure
        fields = [
            "id", "event", "transaction_id", "code", "reason", "remedy", "money_at_stake",
            "priority", "state", "opened_at", "closed_at", "closed_by", "closing_note",
        ]  # fmt: skip


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
    @listed(EventOutput, query=EventsQuery)
    def get(self, request: Request) -> Response:
        """List the events of the log, newest first."""
        asked = self.asked(EventsQuery)
        wanted = {name: asked[name] for name in ("type", "state") if name in asked}
        return self.page(
            self.rows(Event).filter(**wanted), _shown_events, asked=asked, by="position"
        )


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
    @listed(FailureOutput, query=FailuresQuery)
    def get(self, request: Request) -> Response:
        """List the failures, newest first."""
        asked = self.asked(FailuresQuery)
        wanted = {"state": asked["state"]} if "state" in asked else {}
        rows = self.rows(Failure).filter(**wanted).select_related("event")
        return self.page(rows, _shown_failures, asked=asked)


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


def _shown_events(events: Any) -> Any:
    return EventOutput(events, many=True).data


def _shown_failures(failures: Any) -> Any:
    return FailureOutput(failures, many=True).data


urlpatterns = [
    path("events", EventsView.as_view(), name="events"),
    path("events/<reference:id>", EventView.as_view(), name="event"),
    path("transactions/<reference:id>", TransactionView.as_view(), name="transaction"),
    path("failures", FailuresView.as_view(), name="failures"),
    path("failures/<reference:id>/retry", RetryView.as_view(), name="failure-retry"),
    path("failures/<reference:id>/write-off", WriteOffView.as_view(), name="failure-write-off"),
    path("failures/<reference:id>", FailureView.as_view(), name="failure"),
]
