"""What the lists of failures and of their causes are narrowed by."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.api.references import UUID_FORM
from billing.events.causes import IN_WORDS, in_words
from billing.events.models import Failure, FailureCause
from billing.sellers.admin import scoped
from invoices.proving.queries.causes import assigned_to, inbox, never_seen
from invoices.runs.models import BillingRun
from invoices.runs.queries import events_of

RUNS_OFFERED = 10


class InboxFilter(admin.SimpleListFilter):
    """Shows the open failures unless the others are asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        return [("closed", gettext("closed")), ("all", gettext("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": gettext("open")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        if self.value() == "closed":
            return queryset.exclude(state=Failure.State.OPEN)
        return queryset.filter(state=Failure.State.OPEN)


class RunFilter(admin.SimpleListFilter):
    """Shows what failed of a billing run: of one that is asked for, or of the latest."""

    title = _("billing run")
    parameter_name = "run"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        self._runs = scoped(BillingRun.objects.select_related("seller"), request)
        latest = self._runs.filter(failed__gt=0).order_by("-pk")[:RUNS_OFFERED]
        return [(str(run.pk), f"{run}, {run.seller}") for run in latest]

    def has_output(self) -> bool:
        return super().has_output() or self.value() is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value()
        if not asked:
            return queryset
        try:
            run = self._runs.filter(pk=asked).first()
        except ValidationError as malformed:
            raise IncorrectLookupParameters from malformed
        return queryset.filter(event__in=events_of(run)) if run else queryset.none()


class CauseFilter(admin.SimpleListFilter):
    """Shows what failed by one cause; the inbox leads here."""

    title = _("cause")
    parameter_name = "cause"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        causes = scoped(FailureCause.objects.all(), request)
        asked = UUID_FORM.fullmatch(request.GET.get(self.parameter_name, ""))
        found = causes.filter(pk=asked[0]).first() if asked else None
        return [(str(found.pk), in_words(found.code))] if found else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(cause=self.value()) if self.lookup_choices else queryset.none()


class WaitingFilter(admin.SimpleListFilter):
    """Shows the causes for which something waits; of them the new ones, or the user's own."""

    title = _("causes")
    parameter_name = "show"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        return [("new", gettext("new")), ("mine", gettext("assigned to me"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # Only here: on a cause's own page there is no urgency to order by.
        waiting = inbox(queryset, at=timezone.now()).order_by("-urgency", "-pk")
        if self.value() == "new":
            return never_seen(waiting)
        if self.value() == "mine":
            return assigned_to(waiting, request.user.get_username())
        return waiting


class ClassFilter(admin.SimpleListFilter):
    """Narrows the list to a class; the classes come from their table, not from the rows."""

    title = _("class")
    parameter_name = "class"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        return sorted(((code, in_words(code)) for code in IN_WORDS), key=lambda known: known[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(code=self.value()) if self.value() else queryset
