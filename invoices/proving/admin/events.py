"""Pages of events, and the page of a transaction's story."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.events.dispatch import flow
from billing.events.models import Attempt, Event, Failure
from billing.sellers.admin import (
    FactAdmin,
    FactInline,
    definitions,
    labelled,
    link,
    transaction_link,
)
from invoices.proving.admin.chapters import chapters
from invoices.proving.queries.story import story

STATE_COLOURS = {
    "noted": "info",
    "waiting": "warning",
    "handled": "success",
    "failed": "danger",
    "written_off": "info",
}


class TypeFilter(admin.SimpleListFilter):
    """Narrows a list to one type; the types come from the flow, not from the many rows."""

    title = _("type")
    parameter_name = "type"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        return [(name, name) for name in sorted(flow())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(type=self.value()) if self.value() else queryset


class AttemptInline(FactInline):
    model = Attempt
    fields = ("started_at", "task", "worker", "outcome", "error_class", "took")
    ordering = ("-pk",)
    show_change_link = False

    @admin.display(description=_("took"))
    def took(self, attempt: Attempt) -> str:
        return f"{(attempt.ended_at - attempt.started_at).total_seconds() * 1000:.0f} ms"


class FailureInline(FactInline):
    model = Failure
    fields = ("opened", "code", "reason", "state", "closed_by", "closing_note")
    ordering = ("-pk",)
    show_change_link = False

    @admin.display(description=_("opened"))
    def opened(self, failure: Failure) -> str:
        return link(failure, date_format(failure.opened_at, "DATETIME_FORMAT"))


@admin.register(Event)
class EventAdmin(FactAdmin):
    list_display = ("type", "shown_state", "as_of_date", "recorded_at", "published_at", "story")
    list_filter = ("state", TypeFilter)
    search_fields = ("=idempotency_key",)
    search_help_text = _("Id of an event, its transaction or its contract; or an idempotency key.")
    search_ids = ("pk", "transaction_id", "stream_id")
    ordering = ("-position",)
    inlines: Sequence[Any] = (AttemptInline, FailureInline)
    readonly_fields = ("transaction", "shown_payload")
    fieldsets = (
        (None, {"fields": ("type", "state", "as_of_date", "transaction", "shown_payload")}),
        (
            _("Sending"),
            {"fields": ("occurred_at", "recorded_at", "published_at", "next_send_at", "sends")},
        ),
        (_("Identity"), {"fields": ("id", "stream_id", "position", "idempotency_key")}),
    )

    @labelled(_("state"), colours=STATE_COLOURS, ordering="state")
    def shown_state(self, event: Event) -> tuple[str, str]:
        return event.state, event.get_state_display()

    @admin.display(description=_("transaction"))
    def transaction(self, event: Event) -> str:
        return transaction_link(event.transaction_id)

    @admin.display(description=_("transaction"))
    def story(self, event: Event) -> str:
        return transaction_link(event.transaction_id, gettext("story"))

    @admin.display(description=_("tells of"))
    def shown_payload(self, event: Event) -> SafeString:
        return definitions(event.payload)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.transaction_view)
        name = "billing_event_transaction"
        urls: list[URLPattern] = super().get_urls()
        return [path("transaction/<uuid:transaction_id>/", view, name=name), *urls]

    def transaction_view(self, request: HttpRequest, transaction_id: UUID) -> TemplateResponse:
        """Tell the story of a transaction, if it is one of the user's sellers'."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        named, _ = self.get_search_results(request, self.get_queryset(request), str(transaction_id))
        event = named.select_related("seller").first()
        told = story(event.transaction_id, seller_id=event.seller_id) if event else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Transaction"),
            "subtitle": told.transaction_id if told else None,
            "story": told,
            "timezone": event.seller.timezone if event else None,
            "chapters": chapters(told.entries) if told else [],
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        status = 200 if told else 404
        return TemplateResponse(request, "invoices/admin/transaction.html", context, status=status)
