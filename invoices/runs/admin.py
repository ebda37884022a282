"""Pages of billing runs: how far they are, while they run and afterwards."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.events.models import Failure
from billing.sellers.admin import FactAdmin, labelled, link, money, table, transaction_link
from invoices.runs.models import BillingRun
from invoices.runs.queries import Progress, open_failures, progress, still_failing

STATE_COLOURS = {
    "running": "info",
    "finished": "success",
    "failures": "warning",
    "settled": "success",
}
HELP = {
    "bar": _(
        "Done: billed up to the day, or nothing was owed, or someone wrote it off. Failed: "
        "could not be billed. What is mended after the end doesn't change these figures."
    ),
    "total": _("How many contracts, or customers whose charges are collected, were due."),
    "finished_at": _("When none of them waited any more."),
    "failures": _(
        "What still waits for someone to mend it, by now. Once mended, retry it on its "
        "page, or all of them in the list."
    ),
}
FAILURES_SHOWN = 25


@admin.register(BillingRun)
class BillingRunAdmin(FactAdmin):
    list_display = ("day", "kind", "shown_state", "bar", "total", "started_at")
    list_filter = ("kind", ("day", admin.DateFieldListFilter))
    search_fields = ("=day",)
    readonly_fields = ("state_now", "bar", "failures")
    fieldsets = (
        (None, {"fields": ("seller", "kind", "day", "state_now", "bar")}),
        (_("Figures"), {"fields": ("total", "started_at", "finished_at")}),
        (_("What failed"), {"fields": ("failures",)}),
    )

    class Media:
        css = {"all": ("invoices/runs.css",)}
        js = ("invoices/runs.js",)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type[BaseForm]:
        return super().get_form(request, obj, **{"help_texts": HELP, **kwargs})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        failing = still_failing(shown.result_list)
        for run in shown.result_list:
            run.is_failing = run.pk in failing
        return shown

    @labelled(_("state"), colours=STATE_COLOURS)
    def shown_state(self, run: Any) -> tuple[str, str]:
        return _state(run, is_failing=run.is_failing)

    @admin.display(description=_("state"))
    def state_now(self, run: BillingRun) -> str:
        return _state(run, is_failing=bool(still_failing([run])))[1]

    @admin.display(description=_("progress"))
    def bar(self, run: BillingRun) -> SafeString:
        return _bar(run)

    @admin.display(description=_("failures"))
    def failures(self, run: BillingRun) -> str:
        """Show what of it waits for a human, most urgent first; all stands in the inbox."""
        found = open_failures(run)
        count = found.count()
        if not count:
            return gettext("Nothing of it waits for a human.")
        shown = table(
            (gettext("failure"), gettext("at stake"), gettext("story")),
            _rows(run, found[:FAILURES_SHOWN]),
        )
        inbox = format_html(
            '<a class="anlass-link" href="{}?run={}">{}</a>',
            reverse("admin:billing_failure_changelist"),
            run.pk,
            gettext("All {count} in the list of failures").format(count=_number(count)),
        )
        return format_html("{}<p>{}</p>", shown, inbox)

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


def _state(run: BillingRun, *, is_failing: bool) -> tuple[str, str]:
    """Return how a run stands by now: its figures are frozen, its failures are not."""
    if run.finished_at is None:
        return "running", gettext("runs")
    if not run.failed:
        return "finished", gettext("done")
    if is_failing:
        return "failures", gettext("ended, some failed")
    return "settled", gettext("ended, failures were dealt with")


def _rows(run: BillingRun, failures: Iterable[Failure]) -> list[tuple[str, ...]]:
    shown = list(failures)
    billed = _billed(run, [failure.event.stream_id for failure in shown])
    return [
        (
            format_html(
                "<div>{}<p>{}</p><p>{}</p>{}</div>",
                billed.get(failure.event.stream_id, ""),
                failure.reason,
                failure.remedy,
                link(failure, gettext("Show the failure, or retry it")),
            ),
            money(failure.money_at_stake_minor, failure.currency),
            transaction_link(failure.event.transaction_id, gettext("show")),
        )
        for failure in shown
    ]


def _billed(run: BillingRun, ids: list[UUID]) -> dict[UUID, str]:
    """Return links to what was to be billed: customers, with their contracts where it was one."""
    if run.kind == BillingRun.Kind.DAYS:
        customers = Customer.objects.filter(seller=run.seller_id, pk__in=ids)
        return {each.pk: link(each) for each in customers}
    contracts = Contract.objects.filter(seller=run.seller_id, pk__in=ids)
    return {
        each.pk: format_html(
            "{}, {}",
            link(each.customer),
            link(each, _named(each)),
        )
        for each in contracts.select_related("customer")
    }


def _named(contract: Contract) -> str:
    return gettext("contract {contract}").format(contract=contract)


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
            "done": _number(found.done),
            "waiting": _number(found.waiting),
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
