"""What could not be billed, one by one: `/failures`."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.failures import FailureOutput
from billing.api.inputs.fields import IdField, TextField
from billing.api.inputs.form import Input
from billing.api.lists.filters import Filters, Identifier, Of, Said, Word
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.events import commands
from billing.events.causes import HELD
from billing.events.models import Event, Failure, FailureCause
from invoices.issuing.commands import write_off
from invoices.proving.api.events import EVENT
from invoices.proving.api.notes import CommentInput, NoteOutput
from invoices.proving.commands import comment

_CLOSED = (
    "The failure was closed already ({}): there is nothing left to decide. A retry that fails "
    "again opens another one."
)
_HELD = "It waits for approval: someone who may rejects it in the admin, under Approvals."
_TRIED = "The engine is trying it again just now: look in a moment what became of it."


class FailureClosed(Exception):
    """Someone else has dealt with the failure, or deals with it."""


tell(exceptions={FailureClosed: Refusal(409, "failure_closed")})


class RetryInput(Input):
    why = TextField(max_length=500, allow_blank=True, default="", help_text="For the record.")


class WriteOffInput(Input):
    why = TextField(max_length=500, help_text="Why it will never be billed; for the record.")


class OfCause(Said):
    """Failures of a cause, by its fingerprint."""

    def __init__(self) -> None:
        """Read as an id is."""
        said = IdField(required=False, help_text="Of a cause: see `/failure-causes`.")
        super().__init__(said, column="cause", narrows=True)

    def value(self, endpoint: Endpoint, said: Any, asked: Mapping[str, Any], name: str) -> Any:
        """Return the seller's cause with this fingerprint, if there is one."""
        causes = endpoint.rows(FailureCause).filter(fingerprint=said)
        return causes.values_list("pk", flat=True).first() or UUID(int=0)


class FailureFilters(Filters):
    state = Word(Failure.State.values)
    event = Of(Event, known_as="")
    transaction = Identifier(column="event__transaction_id")
    fingerprint = OfCause()


FAILURES = Listing[Failure](output=FailureOutput, filters=FailureFilters, expands={"event": EVENT})


class FailuresView(Endpoint):
    @FAILURES.described
    def get(self, request: Request) -> Response:
        """List the failures, newest first."""
        return FAILURES.answer(self, self.rows(Failure).select_related("event", "cause"))


class FailureView(Endpoint):
    @extend_schema(responses=FailureOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a failure: what is wrong, what to do, and what became of it."""
        rows = self.rows(Failure).select_related("event", "cause")
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
        failure = self.rows(Failure).select_related("event", "cause").get(pk=failure.pk)
        if not is_closed:
            raise FailureClosed(_why_not(failure))
        return Response(FailureOutput(failure).data)


def _why_not(failure: Failure) -> str:
    if failure.state != Failure.State.OPEN:
        return _CLOSED.format(failure.get_state_display())
    is_tried = failure.event.state == Event.State.WAITING
    return _HELD if failure.code == HELD and not is_tried else _TRIED


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


class FailureNotesView(Endpoint):
    @extend_schema(request=CommentInput, responses={201: NoteOutput})
    def post(self, request: Request, id: str) -> Response:
        """Say something about a failure; it stands in the timeline of its cause."""
        failure = self.find(self.rows(Failure).select_related("cause"), id, known_as="")
        text = self.said(CommentInput)["text"]
        by, at = str(request.user), timezone.now()
        note = comment(failure.cause, failure=failure, text=text, by=by, at=at)
        return Response(NoteOutput(note).data, status=201)


urlpatterns = [
    path("failures", FailuresView.as_view(), name="failures"),
    path("failures/<reference:id>/notes", FailureNotesView.as_view(), name="failure-notes"),
    path("failures/<reference:id>/retry", RetryView.as_view(), name="failure-retry"),
    path("failures/<reference:id>/write-off", WriteOffView.as_view(), name="failure-write-off"),
    path("failures/<reference:id>", FailureView.as_view(), name="failure"),
]
