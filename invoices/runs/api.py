"""How far the billing of what days made due is: `/billing-runs`."""

from collections.abc import Sequence
from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.pages import PageQuery, listed
from billing.api.inputs.fields import DayField, OneOfField
from billing.api.scoped import Endpoint
from invoices.runs.models import BillingRun
from invoices.runs.queries import progress


class BillingRunsQuery(PageQuery):
    kind = OneOfField(choices=BillingRun.Kind.values, required=False)
    day = DayField(required=False)
    state = OneOfField(choices=["running", "finished"], required=False)


class BillingRunOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(
        choices=BillingRun.Kind.choices,
        help_text="periods: of contracts; days: of customers whose charges are collected.",
    )
    day = serializers.DateField(help_text="Up to which day it was due.")
    is_finished = serializers.BooleanField(help_text="Whether none of it waits any more.")
    is_appending = serializers.BooleanField(help_text="Whether `total` still grows.")
    total = serializers.IntegerField(help_text="How many contracts, or customers' days, were due.")
    done = serializers.IntegerField(
        help_text="How many are billed, with all days they missed, or were written off."
    )
    failed = serializers.IntegerField(
        help_text="How many failed: see the failures. A customer's day that was billed without a "
        "contract that failed by itself is done; its failure is that of the contract."
    )
    waiting = serializers.IntegerField()
    per_second = serializers.FloatField(help_text="Rate since the start, until the end.")
    seconds_left = serializers.FloatField(
        allow_null=True, help_text="What waits, at this rate; null while nothing is done."
    )
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class BillingRunsView(Endpoint):
    @listed(BillingRunOutput, query=BillingRunsQuery)
    def get(self, request: Request) -> Response:
        """List the billing runs, newest first."""
        asked = self.asked(BillingRunsQuery)
        wanted: dict[str, Any] = {name: asked[name] for name in ("kind", "day") if name in asked}
        if "state" in asked:
            wanted["finished_at__isnull"] = asked["state"] == "running"
        return self.page(self.rows(BillingRun).filter(**wanted), shown_runs, asked=asked)


class BillingRunView(Endpoint):
    @extend_schema(responses=BillingRunOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show how far a billing run is."""
        run = self.find(self.rows(BillingRun), id, known_as="")
        return Response(shown_runs([run])[0])


def shown_runs(runs: Sequence[BillingRun]) -> Any:
    """Return runs as the API gives them."""
    return BillingRunOutput([_figures(run) for run in runs], many=True).data


def _figures(run: BillingRun) -> dict[str, Any]:
    found = progress(run, at=timezone.now())
    left = found.left
    return {
        "id": run.pk,
        "kind": run.kind,
        "day": run.day,
        "is_finished": found.is_finished,
        "is_appending": found.is_appending,
        "total": found.total,
        "done": found.done,
        "failed": found.failed,
        "waiting": found.waiting,
        "per_second": round(found.per_second, 1),
        "seconds_left": None if left is None else left.total_seconds(),
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


urlpatterns = [
    path("billing-runs", BillingRunsView.as_view(), name="billing-runs"),
    path("billing-runs/<reference:id>", BillingRunView.as_view(), name="billing-run"),
]
