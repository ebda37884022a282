"""What waits for approval: why, what would be issued, and the decision of someone else."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminTextareaWidget

from billing.contracts.models import Contract
from billing.events.models import Failure
from billing.sellers.admin import (
    FactAdmin,
    FormPage,
    PageForm,
    button,
    labelled,
    link,
    money,
    plain,
    scoped,
    table,
    transaction_link,
    unit_price,
)
from invoices.issuing.commands.approving import (
    Decider,
    DecisionRefused,
    approve,
    look_again,
    reject,
)
from invoices.issuing.models import Hold, HoldDecision
from invoices.issuing.queries.holds import causers, waiting

COLOURS = {
    "waiting": "warning", "approved": "success", "rejected": "danger", "settled": "info",
}  # fmt: skip


class WaitingFilter(admin.SimpleListFilter):
    """Shows what waits for a decision unless the others are asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        return [("decided", gettext("decided")), ("all", gettext("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": gettext("waiting")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        if self.value() == "decided":
            return queryset.exclude(failure__state=Failure.State.OPEN)
        return queryset.filter(failure__state=Failure.State.OPEN)


class ApproveForm(PageForm):
    why = forms.CharField(
        label=_("Note"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("What was looked at; kept with the decision."),
    )


class RejectForm(PageForm):
    why = forms.CharField(
        label=_("Reason"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Why it is not issued; kept with the decision."),
    )


def _approve_page(by: Decider) -> FormPage:
    def act(hold: Hold, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        approve(hold_id=hold.pk, by=by, at=at, why=values["why"])
        return _("Approved: it is issued as it was shown.")

    return FormPage(
        title=gettext("Approve"),
        submit=gettext("Approve"),
        form_class=ApproveForm,
        act=act,
        refusals=(DecisionRefused,),
        explanation=gettext(
            "It is issued just as it is shown. If the facts have changed since, it is held anew."
        ),
    )


def _reject_page(by: Decider) -> FormPage:
    def act(hold: Hold, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        reject(hold_id=hold.pk, by=by, at=at, why=values["why"])
        return _("Rejected: nothing is issued.")

    return FormPage(
        title=gettext("Reject"),
        submit=gettext("Reject"),
        form_class=RejectForm,
        act=act,
        refusals=(DecisionRefused,),
        explanation=gettext(
            "It is not issued, and this can't be taken back. An order is then never "
            "billed. What a contract owes stays owed, and comes with its next event: cancel or "
            "change the subscription if it shall not be paid."
        ),
        is_dangerous=True,
    )


def _look_page(by: str) -> FormPage:
    def act(hold: Hold, _values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        look_again(hold_id=hold.pk, by=by, at=at)
        return _("It is billed anew: issued, or held with what it would be now.")

    return FormPage(
        title=gettext("Look again"),
        submit=gettext("Look again"),
        form_class=PageForm,
        act=act,
        refusals=(DecisionRefused,),
        explanation=gettext(
            "For when what it rests on was mended: it is billed anew, and held anew if a "
            "rule still wants it approved. What has not changed stays held even if the rule "
            "has ended."
        ),
    )


@admin.register(Hold)
class HoldAdmin(FactAdmin):
    list_display = ("opened_at", "customer", "gross", "reason", "shown_state", "story")
    list_filter = (WaitingFilter,)
    list_select_related = ("customer", "failure", "event", "decision")
    search_fields = ("customer__name", "customer__external_id")
    search_ids = ("pk", "event", "event__transaction_id", "event__stream_id", "customer")
    actions_detail = ("approve", "reject", "look_again")
    readonly_fields = (
        "gross", "reason", "told_state", "transaction", "contract", "shown_documents",
        "caused_by", "decision_by", "decision_at", "decision_reason",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("reason", "told_state", "opened_at", "caused_by")}),
        (_("What would be issued"), {"fields": ("customer", "contract", "shown_documents")}),
        (_("Decision"), {"fields": ("decision_by", "decision_at", "decision_reason")}),
        (_("Where"), {"fields": ("event", "failure", "transaction")}),
    )

    def has_approve_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("invoices.approve_hold")

    def has_reject_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("invoices.reject_hold")

    def has_look_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_failure")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        shown: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        return shown if row and row.failure.state == Failure.State.OPEN else []

    @admin.display(description=_("gross"))
    def gross(self, hold: Hold) -> SafeString:
        sums = ((money(each["gross_minor"], each["currency"]),) for each in hold.documents)
        return format_html_join(SafeString("<br>"), "{}", sums)

    @admin.display(description=_("why"))
    def reason(self, hold: Hold) -> str:
        return format_html('<div class="anlass-reason">{}</div>', hold.failure.reason)

    @labelled(_("state"), colours=COLOURS)
    def shown_state(self, hold: Hold) -> tuple[str, str]:
        if made := _decision(hold):
            return made.kind, made.get_kind_display()
        if hold.failure.state == Failure.State.OPEN:
            return "waiting", gettext("waits for a decision")
        return "settled", hold.failure.get_state_display()

    @admin.display(description=_("state"))
    def told_state(self, hold: Hold) -> str:
        return str(self.shown_state(hold)[1])

    @admin.display(description=_("caused by"))
    def caused_by(self, hold: Hold) -> str:
        names = User.objects.filter(pk__in=causers(hold)).values_list("username", flat=True)
        return ", ".join(sorted(names)) or gettext("an app or the calendar")

    @admin.display(description=_("contract"), empty_value="-")
    def contract(self, hold: Hold) -> SafeString | None:
        named = [each["contract_id"] for each in hold.documents if each["contract_id"]]
        rows = Contract.objects.filter(pk__in=named, seller=hold.seller_id)
        return format_html_join(", ", "{}", ((link(row),) for row in rows)) or None

    @admin.display(description=_("documents"))
    def shown_documents(self, hold: Hold) -> SafeString:
        return format_html_join("", "{}", ((_document(each),) for each in hold.documents))

    @admin.display(description=_("decided by"), empty_value="-")
    def decision_by(self, hold: Hold) -> str | None:
        made = _decision(hold)
        return f"{made.decided_by} ({made.get_kind_display()})" if made else None

    @admin.display(description=_("decided at"), empty_value="-")
    def decision_at(self, hold: Hold) -> datetime | None:
        made = _decision(hold)
        return made.decided_at if made else None

    @admin.display(description=_("reason"), empty_value="-")
    def decision_reason(self, hold: Hold) -> str | None:
        made = _decision(hold)
        return made.reason or None if made else None

    @admin.display(description=_("transaction"))
    def transaction(self, hold: Hold) -> str:
        return transaction_link(hold.event.transaction_id)

    @admin.display(description=_("transaction"))
    def story(self, hold: Hold) -> str:
        return transaction_link(hold.event.transaction_id, gettext("story"))

    @button(_("Approve …"), path="approve", permission="approve", icon="check", is_primary=True)
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, _approve_page(_decider(request)))

    @button(_("Reject …"), path="reject", permission="reject", icon="block")
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, _reject_page(_decider(request)))

    @button(_("Look again …"), path="look-again", permission="look", icon="refresh")
    def look_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, _look_page(request.user.get_username()))


def waiting_holds(request: HttpRequest) -> str:
    """Return how much of the user's sellers waits for approval, for the sidebar."""
    return str(scoped(waiting(), request).count())


def _decider(request: HttpRequest) -> Decider:
    assert request.user.pk, "the admin asks who it is"
    return Decider(user_id=request.user.pk, name=request.user.get_username())


def _decision(hold: Hold) -> HoldDecision | None:
    return getattr(hold, "decision", None)


def _document(document: Mapping[str, Any]) -> SafeString:
    currency = document["currency"]
    rows = [
        (
            line["text"],
            _period(line["starts_on"], line["ends_on"]),
            plain(Decimal(line["quantity"])),
            unit_price(Decimal(line["unit_price"]) if line["unit_price"] else None, currency),
            f"{line['tax_category']} {line['tax_percent']} %",
            money(line["amount_minor"], currency),
        )
        for line in document["lines"]
    ]
    sums = [
        (name, "", "", "", "", money(document[column], currency))
        for name, column in (
            (gettext("Net"), "net_minor"),
            (gettext("Tax"), "tax_minor"),
            (gettext("Gross"), "gross_minor"),
        )
    ]  # fmt: skip
    is_credit = document["kind"] == "credit_note"
    head = (
        gettext("Credit note") if is_credit else gettext("Invoice"),
        gettext("Period"),
        gettext("Quantity"),
        gettext("Unit price"),
        gettext("Tax"),
        gettext("Net"),
    )
    return table(head, [*rows, *sums])


def _period(starts_on: str, ends_on: str | None) -> str:
    # Half-open: the last day is not part of it.
    if not ends_on:
        return _day(starts_on)
    return gettext("{first} to {end} (excluded)").format(first=_day(starts_on), end=_day(ends_on))


def _day(day: str) -> str:
    return date_format(date.fromisoformat(day), "DATE_FORMAT")
