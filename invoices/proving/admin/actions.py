"""Pages of what staff did: who, when, to what, and why; looked at, and taken as a file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSingleDateWidget

from billing.api.answers.export import CSV, NDJSON, exported
from billing.api.answers.slots import TooManyExports, take_slot
from billing.sellers.admin import FactAdmin, FormPage, PageForm, render_page, sellers_of
from billing.staff.commands import Deed, record
from billing.staff.models import StaffAction
from billing.staff.origins import actor_of

COLUMNS = (
    "at", "who", "user_id", "action", "seller_id", "kind", "object_id", "object_text", "what",
    "why", "request_id", "address",
)  # fmt: skip
NAMES = {CSV: "csv", NDJSON: "ndjson"}
CHOICES_SHOWN = 200
FIRST_MOMENT = time(0)
_LIST_BUTTON: Callable[[Any], Any] = action(
    description=_("Export …"), url_path="export", permissions=["view"], icon="download"
)


def seen_by(rows: QuerySet[StaffAction], request: HttpRequest) -> QuerySet[StaffAction]:
    """Return what a user may see: the own sellers' actions; no seller's by a right of its own."""
    if request.user.is_superuser:
        return rows
    seen = Q(seller__in=sellers_of(request))
    if request.user.has_perm("billing.audit_installation"):
        seen |= Q(seller__isnull=True)
    return rows.filter(seen)


class _ColumnFilter(admin.SimpleListFilter):
    """Narrows the list to one value of a column; offered are those of rows that the user sees."""

    column: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = model_admin.get_queryset(request).order_by(self.column)
        found = rows.values_list(self.column, flat=True).distinct()
        return [(value, value) for value in found[:CHOICES_SHOWN] if value]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{self.column: value}) if value else queryset


class WhoFilter(_ColumnFilter):
    title = _("who")
    parameter_name = column = "who"


class ActionFilter(_ColumnFilter):
    title = _("action")
    parameter_name = column = "action"


class KindFilter(_ColumnFilter):
    title = _("kind")
    parameter_name = column = "kind"


class ObjectFilter(admin.SimpleListFilter):
    """Narrows the list to one row's, where its page leads here."""

    title = _("object")
    parameter_name = "object"

    def has_output(self) -> bool:
        return self.value() is not None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = request.GET.get(self.parameter_name)
        return [(named, named)] if named else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(object_id=self.value()) if self.value() else queryset


class RangeForm(PageForm):
    since = forms.DateField(label=_("From"), widget=UnfoldAdminSingleDateWidget())
    until = forms.DateField(
        label=_("To"),
        widget=UnfoldAdminSingleDateWidget(),
        help_text=_("With this day. Days of UTC."),
    )
    form = forms.ChoiceField(
        label=_("As"),
        choices=[(CSV, _("CSV, for spreadsheets")), (NDJSON, _("NDJSON, for programs"))],
        initial=CSV,
        widget=UnfoldAdminRadioSelectWidget(),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a range that ends before it begins."""
        said = super().clean()
        if said.get("since") and said.get("until") and said["until"] < said["since"]:
            self.add_error("until", gettext("It must not end before it begins."))
        return said


EXPORT = FormPage(
    title=_("Export staff actions"),
    submit=_("Download"),
    form_class=RangeForm,
    act=lambda *_: "",
    explanation=_(
        "All actions of these days that you may see, the oldest first. That you took them "
        "is recorded too."
    ),
)


@admin.register(StaffAction)
class StaffActionAdmin(FactAdmin):
    list_display = ("at", "who", "action", "shown_object", "shown_what")
    list_filter = (WhoFilter, ActionFilter, KindFilter, ObjectFilter)
    list_select_related = ("seller",)
    search_fields = ("object_text", "what", "why", "request_id", "=object_id", "=who")
    search_ids = ("pk", "object_id")
    date_hierarchy = "at"
    actions_list = ("export",)
    fieldsets = (
        (None, {"fields": ("at", "who", "action", "shown_object", "seller")}),
        (_("What and why"), {"fields": ("details", "reason")}),
        (_("Where"), {"fields": ("address", "request_id", "kind", "object_id", "user_id")}),
    )
    readonly_fields = ("shown_object", "details", "reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffAction]:
        # Past the scope of rows that have a seller: these may have none.
        return seen_by(StaffAction.objects.order_by("-pk"), request)

    @admin.display(description=_("object"))
    def shown_object(self, row: StaffAction) -> str:
        if not row.kind:
            return "-"
        kind = row.kind.partition(".")[2]
        shown = f"{kind} {row.object_text}"
        try:
            page = reverse(f"admin:{row.kind.replace('.', '_')}_change", args=[row.object_id])
        except NoReverseMatch:
            return shown
        return format_html('<a class="anlass-link" href="{}">{}</a>', page, shown)

    @admin.display(description=_("details"))
    def shown_what(self, row: StaffAction) -> str:
        because = gettext("Because: {why}").format(why=row.why) if row.why else ""
        return format_html(
            '<div class="anlass-told">{}{}</div>', _paragraphs(row.what), _paragraphs(because)
        )

    @admin.display(description=_("details"), empty_value="-")
    def details(self, row: StaffAction) -> str | None:
        return _paragraphs(row.what) or None

    @admin.display(description=_("reason"), empty_value="-")
    def reason(self, row: StaffAction) -> str | None:
        return _paragraphs(row.why) or None

    @_LIST_BUTTON
    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Ask for days, and answer what was done on them as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = RangeForm(request.POST if request.method == "POST" else None, row=None)
        if form.is_valid():
            try:
                return self._file(request, form.cleaned_data)
            except TooManyExports:
                form.add_error(
                    None, gettext("Another file is being made: try again in a few seconds.")
                )
        return render_page(self, request, page=EXPORT, form=form, row=None)

    def _file(self, request: HttpRequest, said: Mapping[str, Any]) -> HttpResponseBase:
        since, until = _moments(said["since"], said["until"])
        rows = self.get_queryset(request).filter(at__gte=since, at__lt=until).order_by("pk")
        user: Any = request.user
        # Of users, apart from the ids of callers of the API, which are positive.
        slot = take_slot(-user.pk)
        _note_export(request, said, at=timezone.now())
        answer = exported(said["form"], rows, COLUMNS, _told, slot=slot)
        name = f"staff-actions-{said['since']}-{said['until']}.{NAMES[said['form']]}"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


def _note_export(request: HttpRequest, said: Mapping[str, Any], *, at: datetime) -> None:
    """Record that actions were taken as a file, for each seller whose they may be."""
    is_superuser = request.user.is_superuser
    sellers = [None] if is_superuser else [seller.pk for seller in sellers_of(request)]
    what = f"Staff actions from {said['since']} to {said['until']}"
    kind = StaffAction._meta.label_lower
    deeds = [Deed(action="export", seller_id=each, kind=kind, what=what) for each in sellers]
    record(deeds, by=actor_of(request), at=at)


def _moments(since: date, until: date) -> tuple[datetime, datetime]:
    first = datetime.combine(since, FIRST_MOMENT, tzinfo=timezone.get_default_timezone())
    last = datetime.combine(until, FIRST_MOMENT, tzinfo=timezone.get_default_timezone())
    return first, last + timedelta(days=1)


def _told(rows: Sequence[StaffAction]) -> Iterable[dict[str, Any]]:
    return [{name: getattr(row, name) for name in COLUMNS} for row in rows]


def _paragraphs(text: str) -> str:
    return format_html_join("", "<p>{}</p>", ((line,) for line in text.splitlines()))
