"""What failures have in common: `/failure-causes`."""

from collections.abc import Sequence
from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import AmountField, money
from billing.api.inputs.fields import TextField
from billing.api.inputs.form import Input
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.references import UUID_FORM
from billing.api.scoped import Endpoint
from billing.events.causes import in_words
from billing.events.models import FailureCause, FailureNote
from billing.money import is_currency
from invoices.issuing.commands import Decision, Deed, decide_on_cause
from invoices.proving.api.failures import RetryInput, WriteOffInput
from invoices.proving.api.notes import CommentInput, NoteOutput
from invoices.proving.commands import NotOfTheSeller, assign, comment
from invoices.proving.queries.causes import Figures, figures


class NothingOpen(Exception):
    """All of the cause was dealt with already."""


tell(
    exceptions={
        NothingOpen: Refusal(409, "nothing_open"),
        NotOfTheSeller: Refusal(409, "not_of_the_seller"),
    }
)


class AssignInput(Input):
    to = TextField(
        max_length=150,
        allow_blank=True,
        help_text="User name of someone who works for the seller; empty: nobody any more.",
    )
    text = TextField(max_length=2000, allow_blank=True, default="", help_text="For the record.")


class MendOutput(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="plan, product, customer, seller, tax_rate …")
    id = serializers.CharField(help_text="Which of them; empty where it isn't known, or not there.")
    part = serializers.CharField(help_text="Which part of it: a price and currency, a field …")


class FailureCauseOutput(serializers.Serializer[Any]):
    fingerprint = serializers.UUIDField(help_text="The same as long as the cause is the same.")
    code = serializers.CharField(help_text="The class of its failures.")
    title = serializers.CharField(help_text="The class in plain words.")
    reason = serializers.CharField(
        help_text="Of one of its failures; what they share if none is open."
    )
    remedy = serializers.CharField(help_text="What to do about it; empty if nothing waits.")
    mend = MendOutput(help_text="What must be mended.")
    priority = serializers.IntegerField(
        help_text="0 to 100 by now: class, money at stake, age, and how many wait."
    )
    events = serializers.IntegerField(help_text="How many failures are open.")
    contracts = serializers.IntegerField(help_text="Of how many contracts; see `is_counted`.")
    customers = serializers.IntegerField(help_text="Of how many customers; see `is_counted`.")
    is_counted = serializers.BooleanField(
        help_text="Whether contracts and customers were counted to the end: of 100 they are."
    )
    money_at_stake = serializers.ListField(
        child=AmountField(), help_text="Net, in each currency; they are not added up."
    )
    is_new = serializers.BooleanField(help_text="Whether it was never seen before, and is open.")
    first_seen_at = serializers.DateTimeField()
    oldest_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when the oldest open failure waits; null: nothing waits."
    )
    next_probe_at = serializers.DateTimeField(
        allow_null=True, help_text="When the engine looks whether it has healed; null: never."
    )
    assignee = serializers.CharField(help_text="Who is to mend it; empty: nobody.")


def shown(causes: Sequence[FailureCause]) -> list[dict[str, Any]]:
    """Return causes with what waits for them by now: as many statements for many as for one."""
    found = figures(causes, at=timezone.now())
    return [dict(FailureCauseOutput(_told(cause, found[cause.pk])).data) for cause in causes]


def _told(cause: FailureCause, found: Figures) -> dict[str, Any]:
    example = found.example
    return {
        "fingerprint": cause.fingerprint,
        "code": cause.code,
        "title": in_words(cause.code),
        "reason": example.reason if example else cause.pattern,
        "remedy": example.remedy if example else "",
        "mend": {"kind": cause.mend_kind, "id": cause.mend_id, "part": cause.mend_part},
        "priority": found.priority,
        "events": found.events,
        "contracts": found.contracts,
        "customers": found.customers,
        "is_counted": found.is_counted,
        "money_at_stake": [
            money(stake.amount_minor, stake.currency)
            for stake in found.stakes
            if stake.amount_minor is not None and is_currency(stake.currency)
        ],
        "is_new": found.is_new,
        "first_seen_at": cause.first_seen_at,
        "oldest_at": found.oldest,
        "next_probe_at": cause.next_probe_at,
        "assignee": found.assignee,
    }


CAUSES = Listing[FailureCause](output=FailureCauseOutput, show=lambda _endpoint, rows: shown(rows))
NOTES = Listing[FailureNote](output=NoteOutput, name="FailureNote")


class CauseEndpoint(Endpoint):
    # An address of a cause, which its fingerprint names.

    def cause(self, id: str) -> FailureCause:
        """
        Return the seller's cause that the address names.

        :raises NotFound: if there is none.
        """
        is_possible = UUID_FORM.fullmatch(id)
        found = self.rows(FailureCause).filter(fingerprint=id).first() if is_possible else None
        if found is None:
            raise NotFound
        return found

    def decided(self, id: str, form: type[Input], deed: Deed) -> Response:
        """
        Order that all that is open of a cause is dealt with, and show it.

        :raises NothingOpen: if nothing is.
        """
        cause = self.cause(id)
        why, by = self.said(form)["why"], str(self.request.user)
        if not decide_on_cause(cause, Decision(deed=deed, by=by, at=timezone.now(), why=why)):
            raise NothingOpen("No failure of the cause is open: there is nothing left to decide.")
        return Response(shown([cause])[0])


class CausesView(Endpoint):
    @CAUSES.described
    def get(self, request: Request) -> Response:
        """List what failures have in common, newest first, with what waits for it by now."""
        return CAUSES.answer(self, self.rows(FailureCause))


class CauseView(CauseEndpoint):
    @extend_schema(responses=FailureCauseOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a cause, given its fingerprint: what to mend, and what waits for it by now."""
        return Response(shown([self.cause(id)])[0])


class CauseRetryView(CauseEndpoint):
    @extend_schema(request=RetryInput, responses=FailureCauseOutput)
    def post(self, request: Request, id: str) -> Response:
        """
        Retry all failures of a cause, however many.

        It is answered at once. The workers retry them, a thousand at a time.
        """
        return self.decided(id, RetryInput, Deed.RETRY)


class CauseWriteOffView(CauseEndpoint):
    @extend_schema(request=WriteOffInput, responses=FailureCauseOutput)
    def post(self, request: Request, id: str) -> Response:
        """
        Write off all failures of a cause, however many, for good.

        It is answered at once. The workers write them off, some hundred at a time.
        """
        return self.decided(id, WriteOffInput, Deed.WRITE_OFF)


class CauseAssignView(CauseEndpoint):
    @extend_schema(request=AssignInput, responses=FailureCauseOutput)
    def post(self, request: Request, id: str) -> Response:
        """Say who is to mend a cause."""
        cause = self.cause(id)
        said = self.said(AssignInput)
        assign(cause, by=str(request.user), at=timezone.now(), **said)
        return Response(shown([cause])[0])


class CauseNotesView(CauseEndpoint):
    @NOTES.described
    def get(self, request: Request, id: str) -> Response:
        """List what was said and decided about a cause and its failures, newest first."""
        notes = self.rows(FailureNote).filter(cause=self.cause(id)).select_related("cause")
        return NOTES.answer(self, notes)

    @extend_schema(request=CommentInput, responses={201: NoteOutput})
    def post(self, request: Request, id: str) -> Response:
        """Say something about a cause."""
        cause = self.cause(id)
        text = self.said(CommentInput)["text"]
        note = comment(cause, text=text, by=str(request.user), at=timezone.now())
        return Response(NoteOutput(note).data, status=201)


urlpatterns = [
    path("failure-causes", CausesView.as_view(), name="failure-causes"),
    path("failure-causes/<reference:id>/retry", CauseRetryView.as_view(), name="cause-retry"),
    path(
        "failure-causes/<reference:id>/write-off",
        CauseWriteOffView.as_view(),
        name="cause-write-off",
    ),
    path("failure-causes/<reference:id>/assign", CauseAssignView.as_view(), name="cause-assign"),
    path("failure-causes/<reference:id>/notes", CauseNotesView.as_view(), name="cause-notes"),
    path("failure-causes/<reference:id>", CauseView.as_view(), name="failure-cause"),
]
