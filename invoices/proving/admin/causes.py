"""The inbox: what keeps events from being billed, most urgent cause first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize, number_format
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.text import format_lazy
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from billing.events.causes import in_words
from billing.events.models import Failure, FailureCause, FailureNote
from billing.sellers.admin import (
    FactAdmin,
    FormPage,
    PageForm,
    button,
    link,
    money,
    render_page,
    table,
    transaction_link,
)
from invoices.issuing.commands import Decision, Deed, decide_on_cause
from invoices.proving.admin.filters import ClassFilter, WaitingFilter
from invoices.proving.admin.mending import mend_link
from invoices.proving.commands import NotOfTheSeller, assign, colleagues, comment
from invoices.proving.queries.causes import Figures, figures
from invoices.proving.queries.concerned import customers_of

SHOWN = 25


class WhyForm(PageForm):
    why = forms.CharField(
        label=_("Reason"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Kept with each of the failures."),
    )


class NoteForm(PageForm):
    why = forms.CharField(
        label=_("Note"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("What was mended; kept with each of the failures."),
    )


class CommentForm(PageForm):
    text = forms.CharField(label=_("Comment"), widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


class AssignForm(PageForm):
    to = forms.ChoiceField(label=_("To whom"), required=False, widget=UnfoldAdminSelectWidget)
    text = forms.CharField(
        label=_("Note"), required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        """Offer those who work for the seller."""
        super().__init__(*args, row=row, **kwargs)
        names = colleagues(row)
        self.fields["to"].choices = [("", gettext("nobody")), *zip(names, names, strict=True)]  # type: ignore[attr-defined]


def comment_page(by: str, of: Callable[[Any], tuple[FailureCause, Failure | None]]) -> FormPage:
    """Return the page on which something is said about a cause, or one failure of it."""

    def act(row: Any, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        cause, failure = of(row)
        comment(cause, text=values["text"], by=by, at=at, failure=failure)
        return _("Noted.")

    return FormPage(
        title=gettext("Comment"), submit=gettext("Comment"), form_class=CommentForm, act=act
    )


@admin.register(FailureCause)
class FailureCauseAdmin(FactAdmin):
    list_display = ("urgency", "shown_cause", "waits_for_it", "at_stake", "since", "assigned")
    list_display_links = ("urgency",)
    list_filter: Sequence[Any] = (WaitingFilter, ClassFilter)
    ordering = ()
    search_fields = ("mend_part", "pattern")
    search_ids = ("pk", "fingerprint")
    search_help_text = _("What must be mended, or words of the reason; a fingerprint.")
    actions = ("retry_all", "write_off_all")
    actions_detail = ("retry", "write_off", "assign", "say")
    readonly_fields = (
        "what", "why", "mend", "waits_for_it", "at_stake", "since", "assigned", "failures", "story",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("what", "why", "mend")}),
        (_("What waits"), {"fields": ("waits_for_it", "at_stake", "since", "failures")}),
        (_("Who and when"), {"fields": ("assigned", "story", "next_probe_at", "first_seen_at")}),
        (_("Identity"), {"fields": ("fingerprint", "code", "place", "pattern")}),
    )

    def has_write_off_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.write_off_failure")

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_failure")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        found = figures(shown.result_list, at=timezone.now())
        for cause in shown.result_list:
            cause.figures = found[cause.pk]
        return shown

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        cause = super().get_object(request, object_id, from_field)
        if cause is not None:
            cause.figures = figures([cause], at=timezone.now())[cause.pk]
        return cause

    @admin.display(description=_("priority"))
    def urgency(self, cause: Any) -> str:
        mark = format_html(' <span class="anlass-new">{}</span>', gettext("new"))
        return format_html(
            '<span class="anlass-number" title="{}">{}</span>{}',
            gettext("0 to 100: class, money at stake, age, and how many wait"),
            _of(cause).priority,
            mark if _of(cause).is_new else "",
        )

    @admin.display(description=_("cause, reason and remedy"))
    def shown_cause(self, cause: Any) -> str:
        return format_html(
            '<div class="anlass-reason"><strong>{}</strong>{}<p>{}</p></div>',
            in_words(cause.code),
            self.why(cause),
            mend_link(cause),
        )

    @admin.display(description=_("what is wrong"))
    def what(self, cause: Any) -> str:
        return format_html(
            "{}, {} {}", in_words(cause.code), gettext("priority"), self.urgency(cause)
        )

    @admin.display(description=_("for example"))
    def why(self, cause: Any) -> str:
        example = _of(cause).example
        if example is None:
            return format_html("<p>{}</p>", cause.pattern)
        return format_html("<p>{}</p><p>{}</p>", example.reason, example.remedy)

    @admin.display(description=_("mend"))
    def mend(self, cause: Any) -> str:
        return mend_link(cause) or gettext("What must be mended has no page here.")

    @admin.display(description=_("waits"))
    def waits_for_it(self, cause: Any) -> str:
        found = _of(cause)
        over = "{}" if found.is_counted else gettext("over {}")
        counts = [_counted(found.events, ngettext("{} event", "{} events", found.events))]
        for number, words in (
            (found.contracts, ngettext("{} contract", "{} contracts", found.contracts)),
            (found.customers, ngettext("{} customer", "{} customers", found.customers)),
        ):
            counts += [over.format(_counted(number, words))] if number else []
        url = f"{reverse('admin:billing_failure_changelist')}?cause={cause.pk}"
        lines = format_html_join("", "<div>{}</div>", ((told,) for told in counts))
        return format_html('<a class="anlass-link" href="{}">{}</a>', url, lines)

    @admin.display(description=_("at stake"))
    def at_stake(self, cause: Any) -> str:
        stakes = _of(cause).stakes
        told = ((money(stake.amount_minor, stake.currency),) for stake in stakes)
        return format_html_join("", "<div>{}</div>", told) if stakes else gettext("unknown")

    @admin.display(description=_("since"))
    def since(self, cause: Any) -> str:
        oldest = _of(cause).oldest
        if oldest is None:
            return gettext("Nothing waits any more.")
        return format_html(
            '<time datetime="{}">{}</time>', oldest.isoformat(), timesince(oldest, depth=1)
        )

    @admin.display(description=_("assigned to"))
    def assigned(self, cause: Any) -> str:
        return _of(cause).assignee or gettext("nobody")

    @admin.display(description=_("failures"))
    def failures(self, cause: FailureCause) -> str:
        open_ones = cause.failures.filter(state=Failure.State.OPEN).select_related("event")
        shown = list(open_ones.order_by("-priority", "pk")[:SHOWN])
        customers = customers_of([failure.event for failure in shown])
        rows = [
            (
                link(failure, failure.reason),
                link(customers.get(failure.event_id)),
                money(failure.money_at_stake_minor, failure.currency),
                transaction_link(failure.event.transaction_id, gettext("show")),
            )
            for failure in shown
        ]
        return format_html(
            '{}<p><a class="anlass-link" href="{}?cause={}">{}</a></p>',
            table(
                (gettext("failure"), gettext("customer"), gettext("at stake"), gettext("story")),
                rows,
            ),
            reverse("admin:billing_failure_changelist"),
            cause.pk,
            gettext("All in the list of failures"),
        )

    @admin.display(description=_("timeline"))
    def story(self, cause: FailureCause) -> str:
        return timeline(cause.notes.order_by("pk"))

    @button(_("Retry all"), path="retry", permission="decide", icon="replay", is_primary=True)
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, _decision_page(request, Deed.RETRY))

    @button(_("Write off all"), path="write-off", permission="write_off", icon="delete_forever")
    def write_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, _decision_page(request, Deed.WRITE_OFF))

    @button(_("Assign"), path="assign", permission="decide", icon="person_add")
    def assign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, _assign_page(request))

    @button(_("Comment"), path="comment", permission="decide", icon="comment")
    def say(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(
            request, object_id, comment_page(_name(request), lambda cause: (cause, None))
        )

    @admin.action(description=_("Retry all of the selected causes"), permissions=["decide"])
    def retry_all(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Deed.RETRY)

    @admin.action(
        description=_("Write off all of the selected causes …"), permissions=["write_off"]
    )
    def write_off_all(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        form = WhyForm(request.POST if "why" in request.POST else None, row=None)
        if form.is_valid():
            self._decide(request, queryset, Deed.WRITE_OFF, form.cleaned_data["why"])
            return None
        ids = [(ACTION_CHECKBOX_NAME, str(pk)) for pk in queryset.values_list("pk", flat=True)]
        page = _decision_page(request, Deed.WRITE_OFF)
        hidden = [("action", "write_off_all"), *ids]
        return render_page(self, request, page=page, form=form, row=None, hidden=hidden)

    def _decide(
        self, request: HttpRequest, causes: Iterable[FailureCause], deed: Deed, why: str = ""
    ) -> None:
        decision = Decision(deed=deed, by=_name(request), at=timezone.now(), why=why)
        count = sum(decide_on_cause(cause, decision) for cause in causes)
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, _said(deed, count), level)


def timeline(notes: Iterable[FailureNote]) -> str:
    """Return what was said and decided, in the order of time."""
    rows = [(localize(note.at), note.by, _told(note), note.text or "") for note in notes]
    return (
        table((gettext("when"), gettext("who"), gettext("what"), ""), rows)
        if rows
        else gettext("Nothing was said yet.")
    )


def _told(note: FailureNote) -> str:
    if note.kind == FailureNote.Kind.ASSIGNED:
        return gettext("assigned to {name}").format(name=note.assignee or gettext("nobody"))
    return str(note.get_kind_display())


def _decision_page(request: HttpRequest, deed: Deed) -> FormPage:
    by = _name(request)

    def act(cause: FailureCause, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        decision = Decision(deed=deed, by=by, at=at, why=values["why"])
        return _said(deed, decide_on_cause(cause, decision))

    if deed == Deed.RETRY:
        return FormPage(
            title=gettext("Retry all"),
            submit=gettext("Retry all"),
            form_class=NoteForm,
            act=act,
            explanation=gettext(
                "All failures of the cause are closed as retried, and their events are "
                "sent again, up to a thousand at a time. What fails again opens a new failure."
            ),
        )
    return FormPage(
        title=gettext("Write off all"),
        submit=gettext("Write off all"),
        form_class=WhyForm,
        act=act,
        explanation=gettext(
            "None of the events will be billed, and this can't be taken back. Orders are "
            "then never billed. What contracts owe stays owed, and comes with their next event."
        ),
        is_dangerous=True,
    )


def _assign_page(request: HttpRequest) -> FormPage:
    by = _name(request)

    def act(cause: FailureCause, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        assign(cause, to=values["to"], by=by, at=at, text=values["text"])
        return format_lazy(_("Assigned to {name}."), name=values["to"] or _("nobody"))

    return FormPage(
        title=gettext("Assign"),
        submit=gettext("Assign"),
        form_class=AssignForm,
        act=act,
        explanation=gettext("Who is to mend the cause. All who work for the seller see it."),
        refusals=(NotOfTheSeller,),
    )


def _said(deed: Deed, count: int) -> StrOrPromise:
    if not count:
        return _("Nothing of it is open: nothing was done.")
    if deed == Deed.RETRY:
        said = ngettext_lazy(
            "{} failure will be retried by the workers, from now on.",
            "{} failures will be retried by the workers, from now on.",
            count,
        )
    else:
        said = ngettext_lazy(
            "{} failure will be written off by the workers, from now on.",
            "{} failures will be written off by the workers, from now on.",
            count,
        )
    return format_lazy(said, lazy(_grouped, str)(count))


def _counted(count: int, words: str) -> str:
    return words.format(_grouped(count))


def _grouped(count: int) -> str:
    return number_format(count, use_l10n=True, force_grouping=True)


def _of(cause: Any) -> Figures:
    found: Figures = cause.figures
    return found


def _name(request: HttpRequest) -> str:
    return request.user.get_username()
