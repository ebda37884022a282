"""Pages of billing runs: how far they are, while they run and afterwards."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.sellers.admin import FactAdmin, labelled, link, money, table, transaction_link
from invoices.runs.models import BillingRun
from invoices.runs.queries import Progress, open_failures, progress

STATE_COLOURS = {"running": "info", "finished": "success", "failures": "warning"}
FAILURES_SHOWN = 25


@admin.register(BillingRun)
class BillingRunAdmin(FactAdmin):
    list_display = ("day", "kind", "shown_state", "bar", "total", "started_at")
    list_filter = ("kind", ("day", admin.DateFieldListFilter))
    search_fields = ("=day",)
    readonly_fields = ("bar", "shown_done", "shown_failed", "shown_waiting", "failures", "took")
    fieldsets = (
        (None, {"fields": ("kind", "day", "bar")}),
        (
            "Figures",
            {
                "fields": (
                    "total",
                    "shown_done",
                    "shown_failed",
                    "shown_waiting",
                    "started_at",
                    "finished_at",
                    "took",
                )
            },
        ),
        ("What failed", {"fields": ("failures",)}),
    )

    class Media:
        css = {"all": ("invoices/runs.css",)}
        js = ("invoices/runs.js",)

    @labelled("state", colours=STATE_COLOURS)
    def shown_state(self, run: BillingRun) -> tuple[str, str]:
        if run.finished_at is None:
            return "running", "runs"
        if run.failed or (run.kind == BillingRun.Kind.DAYS and open_failures(run).exists()):
            return "failures", "ended, some failed"
        return "finished", "done"

    @admin.display(description="progress")
    def bar(self, run: BillingRun) -> SafeString:
        return _bar(run)

    @admin.display(description="done")
    def shown_done(self, run: BillingRun) -> str:
        return _number(progress(run, at=timezone.now()).done)

    @admin.display(description="failed")
    def shown_failed(self, run: BillingRun) -> str:
        return _number(progress(run, at=timezone.now()).failed)

    @admin.display(description="waiting")
    def shown_waiting(self, run: BillingRun) -> str:
        return _number(progress(run, at=timezone.now()).waiting)

    @admin.display(description="took")
    def took(self, run: BillingRun) -> str:
        return _time(progress(run, at=timezone.now()).took)

    @admin.display(description="failures")
    def failures(self, run: BillingRun) -> str:
        """Show what of it waits for a human, most urgent first; all stands in the inbox."""
        found = list(open_failures(run)[: FAILURES_SHOWN + 1])
        inbox = format_html(
            '<a class="anlass-link" href="{}">All open failures</a>',
            reverse("admin:billing_failure_changelist"),
        )
        if not found:
            return "Nothing of it waits for a human."
        rows = [
            (
                format_html("{}<br>{}", link(failure, failure.code), failure.reason),
                money(failure.money_at_stake_minor, failure.currency),
                transaction_link(failure.event.transaction_id, "show"),
            )
            for failure in found[:FAILURES_SHOWN]
        ]
        shown = table(("failure", "at stake", "story"), rows)
        more = " More than these are open." if len(found) > FAILURES_SHOWN else ""
        return format_html("{}<p>{}{}</p>", shown, inbox, more)

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<uuid:run_id>/progress/",
            self.admin_site.admin_view(self.progress_view),
            name="invoices_billingrun_progress",
        )
        return [own, *super().get_urls()]

    def progress_view(self, request: HttpRequest, run_id: Any) -> HttpResponse:
        """Answer a run's bar alone, for the page to put in the place of its own."""
        run = self.get_object(request, str(run_id))
        if run is None:
            raise Http404
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return HttpResponse(_bar(run), headers={"Cache-Control": "no-store"})


def _bar(run: BillingRun) -> SafeString:
    found = progress(run, at=timezone.now())
    return render_to_string(
        "invoices/admin/run_progress.html",
        {
            "found": found,
            "url": reverse("admin:invoices_billingrun_progress", args=[run.pk]),
            "tone": "ended" if found.is_finished else "running",
            "done_percent": _share(found, found.done),
            "failed_percent": _share(found, found.failed),
            "settled": _number(found.total - found.waiting),
            "total": _number(found.total),
            "failed": _number(found.failed),
            "rate": _number(found.per_second, digits=int(found.per_second < 10)),
            "left": None if found.left is None else _time(found.left),
            "took": _time(found.took),
        },
    )


def _share(found: Progress, part: int) -> float:
    return round(100 * part / found.total, 2) if found.total else 0.0


def _number(value: float, *, digits: int = 0) -> str:
    return number_format(value, decimal_pos=digits, use_l10n=True, force_grouping=True)


def _time(span: timedelta) -> str:
    """Return a time in its two largest units."""
    seconds = int(span.total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
