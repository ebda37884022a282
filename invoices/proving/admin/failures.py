"""What could not be billed, one by one: all of a cause, of a run, or of a seller."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminTextareaWidget

from billing.events.causes import HELD, in_words
from billing.events.commands import retry
from billing.events.models import Failure, FailureNote
from billing.sellers.admin import (
    FactAdmin,
    FormPage,
    PageForm,
    button,
    labelled,
    link,
    money,
    render_page,
    scoped,
    table,
    transaction_link,
)
from invoices.issuing.commands import Decision, Deed, decide, write_off
from invoices.proving.admin.causes import comment_page, timeline
from invoices.proving.admin.filters import CauseFilter, ClassFilter, InboxFilter, RunFilter
from invoices.proving.admin.mending import mend_link
from invoices.proving.queries.concerned import customers_of

STATE_COLOURS = {
    "open": "danger",
    "retried": "info",
    "resolved": "success",
    "written_off": "warning",
}
TRIES_SHOWN = 20
COUNTED_AT_MOST = 999
AT_ONCE = 100  # More than that is left to the workers.
CLOSED = _("No selected failure is open: nothing was done.")


class RetryForm(PageForm):
    why = forms.CharField(
        label=_("Note"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("What was mended; kept with the failure."),
    )


class WriteOffForm(PageForm):
    why = forms.CharField(
        label=_("Reason"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Why it will never be billed; kept with the failure."),
    )


def _retry_page(by: str) -> FormPage:
    def act(failure: Failure, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        return _retried(retry(failure_ids=[failure.pk], by=by, at=at, why=values["why"]))

    return FormPage(
        title=gettext("Retry"),
        submit=gettext("Retry"),
        form_class=RetryForm,
        act=act,
        explanation=gettext(
            "The failure is closed as retried, and its event is sent again. "
            "If it fails again, a new failure tells so."
        ),
    )


def _write_off_page(by: str) -> FormPage:
    def act(failure: Failure, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        return _written_off(write_off(failure_ids=[failure.pk], by=by, at=at, why=values["why"]))

    return FormPage(
        title=gettext("Write off"),
        submit=gettext("Write off"),
        form_class=WriteOffForm,
        act=act,
        explanation=gettext(
            "The event will not be billed, and this can't be taken back. An order is then "
            "never billed. What a contract owes stays owed, and comes with its next event: cancel "
            "the subscription if it shall not be paid."
        ),
        is_dangerous=True,
    )


def _retried(count: int) -> StrOrPromise:
    said = ngettext_lazy("Sent again: {count} event.", "Sent again: {count} events.", count)
    return format_lazy(said, count=count) if count else CLOSED


def _written_off(count: int) -> StrOrPromise:
    said = ngettext_lazy("Written off: {count} failure.", "Written off: {count} failures.", count)
    return format_lazy(said, count=count) if count else CLOSED


@admin.register(Failure)
class FailureAdmin(FactAdmin):
    list_display = (
        "priority", "shown_class", "shown_reason", "at_stake", "shown_state", "opened_at", "story",
    )  # fmt: skip
    list_filter = (InboxFilter, CauseFilter, RunFilter, ClassFilter)
    list_select_related = ("event", "cause")
    search_fields = ("code", "reason")
    search_ids = ("pk", "event", "event__transaction_id", "event__stream_id")
    ordering = ("-priority", "opened_at")
    actions = ("retry_selected", "write_off_selected")
    actions_detail = ("retry", "write_off", "say")
    readonly_fields = (
        "shown_class", "customer", "at_stake", "transaction", "mend", "elsewhere", "tries",
        "earlier", "said",
    )  # fmt: skip
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "shown_class", "reason", "remedy", "mend", "at_stake", "priority", "opened_at",
                )
            },
        ),
        (_("Where"), {"fields": ("customer", "event", "transaction", "elsewhere")}),
        (_("What was tried"), {"fields": ("tries", "earlier")}),
        (
            _("What became of it"),
            {"fields": ("state", "closed_at", "closed_by", "closing_note", "said")},
        ),
    )  # fmt: skip

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_failure")

    def has_write_off_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.write_off_failure")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        shown: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        is_open = row is not None and row.state == Failure.State.OPEN
        return [each for each in shown if is_open or each.action_name.endswith("_say")]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        customers = customers_of([failure.event for failure in shown.result_list])
        for failure in shown.result_list:
            failure.customer = customers.get(failure.event_id)
        return shown

    @admin.display(description=_("reason and remedy"))
    def shown_reason(self, failure: Any) -> str:
        return format_html(
            '<div class="anlass-reason">{}<p>{}</p><p>{}</p></div>',
            link(failure.customer) if failure.customer else "",
            failure.reason,
            failure.remedy,
        )

    @admin.display(description=_("customer"))
    def customer(self, failure: Failure) -> str:
        return link(customers_of([failure.event]).get(failure.event_id))

    @admin.display(description=_("class"), ordering="code")
    def shown_class(self, failure: Failure) -> str:
        return in_words(failure.code)

    @admin.display(description=_("mend"))
    def mend(self, failure: Failure) -> str:
        return mend_link(failure.cause) or gettext("What must be mended has no page here.")

    @admin.display(description=_("same cause"))
    def elsewhere(self, failure: Failure) -> str:
        """Show how many others wait for the same, with the page on which all are dealt with."""
        others = failure.cause.failures.filter(state=Failure.State.OPEN).exclude(pk=failure.pk)
        count = others.count()
        said = ngettext(
            "{count} other waits for the same: all of the cause",
            "{count} others wait for the same: all of the cause",
            count,
        )
        return link(failure.cause, said.format(count=count))

    @admin.display(description=_("tries"))
    def tries(self, failure: Failure) -> str:
        """Show the latest tries of the event; archived ones stand with its story."""
        attempts = failure.event.attempts.order_by("-pk")[:TRIES_SHOWN]
        rows = [
            (localize(each.started_at), each.task, each.outcome, each.error_class)
            for each in attempts
        ]
        return table((gettext("when"), gettext("task"), gettext("outcome"), gettext("error")), rows)

    @admin.display(description=_("earlier failures of the event"))
    def earlier(self, failure: Failure) -> str:
        """Show how often the event failed before, and who retried it."""
        others = failure.event.failures.exclude(pk=failure.pk).order_by("-pk")[:TRIES_SHOWN]
        rows = [
            (
                link(each, localize(each.opened_at)),
                each.reason,
                gettext("{state} by {name}").format(
                    state=each.get_state_display(), name=each.closed_by
                ),
                each.closing_note,
            )
            for each in others
        ]
        if not rows:
            return gettext("It failed for the first time.")
        return table(
            (gettext("when"), gettext("reason"), gettext("what became of it"), gettext("why")), rows
        )

    @admin.display(description=_("timeline"))
    def said(self, failure: Failure) -> str:
        """Show what was said about it, and about all of its cause."""
        notes = FailureNote.objects.filter(cause=failure.cause_id)
        mine = notes.filter(Q(failure=None) | Q(failure=failure))
        return timeline(mine.order_by("pk"))

    @admin.display(description=_("at stake"), ordering="money_at_stake_minor")
    def at_stake(self, failure: Failure) -> str:
        return money(failure.money_at_stake_minor, failure.currency)

    @labelled(_("state"), colours=STATE_COLOURS, ordering="state")
    def shown_state(self, failure: Failure) -> tuple[str, str]:
        return failure.state, failure.get_state_display()

    @admin.display(description=_("transaction"))
    def transaction(self, failure: Failure) -> str:
        return transaction_link(failure.event.transaction_id)

    @admin.display(description=_("transaction"))
    def story(self, failure: Failure) -> str:
        return transaction_link(failure.event.transaction_id, gettext("story"))

    @button(_("Retry"), path="retry", permission="decide", icon="replay", is_primary=True)
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, _retry_page(_name(request)))

    @button(_("Write off"), path="write-off", permission="write_off", icon="delete_forever")
    def write_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, _write_off_page(_name(request)))

    @button(_("Comment"), path="comment", permission="decide", icon="comment")
    def say(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(
            request, object_id, comment_page(_name(request), lambda each: (each.cause, each))
        )

    @admin.action(description=_("Retry selected failures"), permissions=["decide"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Failure]) -> None:
        if self._is_many(request, queryset, Deed.RETRY):
            return
        ids = list(queryset.values_list("pk", flat=True))
        count = retry(failure_ids=ids, by=_name(request), at=timezone.now())
        self._tell(request, count, _retried(count))

    @admin.action(description=_("Write off selected failures …"), permissions=["write_off"])
    def write_off_selected(
        self, request: HttpRequest, queryset: QuerySet[Failure]
    ) -> HttpResponse | None:
        page = _write_off_page(_name(request))
        form = WriteOffForm(request.POST if "why" in request.POST else None, row=None)
        if form.is_valid():
            why = form.cleaned_data["why"]
            if self._is_many(request, queryset, Deed.WRITE_OFF, why):
                return None
            ids = list(queryset.values_list("pk", flat=True))
            count = write_off(failure_ids=ids, by=_name(request), at=timezone.now(), why=why)
            self._tell(request, count, _written_off(count))
            return None
        hidden = [("action", "write_off_selected"), *_selected(request)]
        return render_page(self, request, page=page, form=form, row=None, hidden=hidden)

    def _is_many(
        self, request: HttpRequest, failures: QuerySet[Failure], deed: Deed, why: str = ""
    ) -> bool:
        """Order it of the workers, chunk by chunk, if it is more than a page's request can do."""
        if not failures[AT_ONCE : AT_ONCE + 1].exists():
            return False
        decision = Decision(deed=deed, by=_name(request), at=timezone.now(), why=why)
        count = decide(failures, decision)
        said = gettext("{count} failures are left to the workers, from now on.")
        self._tell(
            request,
            count,
            said.format(count=count),
        )
        return True

    def _tell(self, request: HttpRequest, count: int, said: StrOrPromise) -> None:
        self.message_user(request, said, messages.SUCCESS if count else messages.WARNING)


def open_failures(request: HttpRequest) -> str:
    """
    Return how many of the user's sellers are open, for the sidebar of each page.

    They are counted up to a limit; approvals have a count of their own.
    """
    waiting = Failure.objects.filter(state=Failure.State.OPEN).exclude(code=HELD)
    count = scoped(waiting, request)[: COUNTED_AT_MOST + 1].count()
    return f"{COUNTED_AT_MOST}+" if count > COUNTED_AT_MOST else str(count)


def _selected(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what was chosen on the list: some rows, or all that the filters leave."""
    chosen = [(ACTION_CHECKBOX_NAME, each) for each in request.POST.getlist(ACTION_CHECKBOX_NAME)]
    across = request.POST.get("select_across", "0")
    return [*chosen, ("select_across", across)]


def _name(request: HttpRequest) -> str:
    return request.user.get_username()
