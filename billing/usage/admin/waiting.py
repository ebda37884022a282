"""Pages of usage that waits: how many records, why, and their replay."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from billing.events.commands import retry
from billing.events.models import Failure
from billing.sellers.admin import (
    FactAdmin,
    FormPage,
    PageForm,
    button,
    definitions,
    first_of,
    labelled,
    table,
    transaction_link,
)
from billing.usage.models import Reason, UnattributedUsage
from billing.usage.queries.reasons import explain
from billing.usage.queries.records import waiting_records

SHOWN = 100
COLOURS = {"waiting": "info", "failed": "danger", "handled": "success", "written_off": "warning"}
NOTHING = _("Nothing to replay: none of it has failed.")


class WaitingFilter(admin.SimpleListFilter):
    """Shows what still waits, unless all is asked for."""

    title = _("waiting")
    parameter_name = "waiting"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        return [("all", gettext("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": gettext("waiting")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.filter(waiting__gt=0)


def _replay_page(by: str) -> FormPage:
    def act(told: UnattributedUsage, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        return _said(_replay([told.event_id], by=by, at=at))

    return FormPage(
        title=gettext("Replay"),
        submit=gettext("Replay"),
        form_class=PageForm,
        act=act,
        explanation=gettext(
            "The records are looked at again. What can be attributed by now counts from "
            "today on; for the rest a new failure tells why."
        ),
    )


def _replay(event_ids: Iterable[UUID | None], *, by: str, at: datetime) -> int:
    failures = Failure.objects.filter(event_id__in=list(event_ids), state=Failure.State.OPEN)
    return retry(failure_ids=list(failures.values_list("pk", flat=True)), by=by, at=at)


def _said(count: int) -> StrOrPromise:
    if not count:
        return NOTHING
    said = ngettext_lazy("Sent again: {count} event.", "Sent again: {count} events.", count)
    return format_lazy(said, count=count)


@admin.register(UnattributedUsage)
class UnattributedUsageAdmin(FactAdmin):
    list_display = ("shown_reason", "named", "waiting", "shown_state", "story")
    list_filter = (WaitingFilter, "reason")
    list_select_related = ("event",)
    search_fields = ("named",)
    search_ids = ("pk", "event", "event__transaction_id")
    ordering = ("-waiting", "pk")
    actions = ("replay_selected",)
    actions_detail = ("replay",)
    readonly_fields = ("shown_reason", "state", "story", "shown_records")
    fieldsets = (
        (None, {"fields": ("shown_reason", "named", "waiting", "state", "story")}),
        (_("What waits"), {"fields": ("shown_records",)}),
    )

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_failure")

    @admin.display(description=_("reason"), ordering="reason")
    def shown_reason(self, told: UnattributedUsage) -> str:
        return explain(Reason(told.reason), told.named)

    @labelled(_("state"), colours=COLOURS)
    def shown_state(self, told: UnattributedUsage) -> tuple[str, str]:
        state = told.event.state if told.event else "waiting"
        return state, self.state(told)

    @admin.display(description=_("state"))
    def state(self, told: UnattributedUsage) -> str:
        return told.event.get_state_display() if told.event else gettext("waiting")

    @admin.display(description=_("transaction"))
    def story(self, told: UnattributedUsage) -> str:
        return transaction_link(told.event.transaction_id if told.event else None, gettext("story"))

    @admin.display(description=_("records"))
    def shown_records(self, told: UnattributedUsage) -> SafeString | str:
        records = waiting_records(told.event, at_most=SHOWN + 1) if told.event else []
        if not records:
            return "-"
        rows = [
            (
                row.meter_code,
                row.key,
                f"{row.recorded_at:%Y-%m-%d %H:%M}",
                definitions(row.payload),
            )
            for row in records[:SHOWN]
        ]
        more = {"": first_of(SHOWN)} if len(records) > SHOWN else {}
        return table(
            (gettext("Meter"), gettext("Key"), gettext("Received"), gettext("As sent")), rows
        ) + definitions(more)

    @button(_("Replay"), path="replay", permission="decide", icon="replay", is_primary=True)
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, _replay_page(request.user.get_username()))

    @admin.action(description=_("Replay selected usage"), permissions=["decide"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[UnattributedUsage]) -> None:
        event_ids = list(queryset.values_list("event_id", flat=True))
        count = _replay(event_ids, by=request.user.get_username(), at=timezone.now())
        self.message_user(request, _said(count), messages.SUCCESS if count else messages.WARNING)
