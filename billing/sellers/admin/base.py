"""The pages that all stages share: scoped to the user's sellers, facts read-only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.utils import unquote
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django_stubs_ext import StrOrPromise
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from billing.sellers.admin.forms import (
    REFUSAL,
    OwnedForm,
    OwnedFormSet,
    OwnedLineForm,
    field_of,
    in_plain_words,
)
from billing.sellers.admin.numbers import NUMBERS
from billing.sellers.admin.pages import FormPage, confirmed, render_page
from billing.sellers.admin.recorded import Recorded
from billing.sellers.admin.scope import Scoped, SellerFilter, sellers_of

Lines = Sequence[Mapping[str, Any]]  # Values of each line's form.
_Inlines = Sequence[type[InlineModelAdmin[Any, Any]]]


class SellerScopedAdmin(Recorded, Scoped, ModelAdmin):  # type: ignore[misc]
    """
    Pages of rows that belong to a seller: a user meets those of the own sellers only.

    Rows of others are answered as if they weren't there. Nothing is deleted.
    """

    form = OwnedForm
    formfield_overrides = NUMBERS
    # Buttons' names → the rows whose pages have them; without an entry all have.
    offered_where: ClassVar[Mapping[str, Callable[[Any], bool]]] = {}
    told_to: ClassVar[Mapping[StrOrPromise, str]] = {}  # Titles of parts → the right needed.
    add_inlines: ClassVar[_Inlines] = ()  # On the page that adds a row; `inlines` on its own page.
    search_ids: ClassVar[Sequence[str]] = ("pk",)  # Searched by a whole UUID.
    refusals: ClassVar[tuple[type[Exception], ...]] = (IntegrityError,)
    ordering: ClassVar[Any] = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = None
    list_filter_sheet = False
    warn_unsaved_form = True

    class Media:
        css = {"all": ("billing/admin.css",)}

    @classmethod
    def also_show(cls, *inlines: type[InlineModelAdmin[Any, Any]]) -> None:
        """Add a later stage's rows to this page."""
        cls.inlines = [*cls.inlines, *inlines]

    @classmethod
    def also_tell(
        cls, title: StrOrPromise, *, needs: str, **told: Callable[[Any, Any], object]
    ) -> None:
        """
        Add a part to this page: what a later stage tells of its row, by name.

        It is shown to whoever has the right `needs` (`app.codename`).
        """
        cls.told_to = {**cls.told_to, title: needs}
        for name, tell in told.items():
            setattr(cls, name, tell)
        cls.fieldsets = (*(cls.fieldsets or ()), (title, {"fields": tuple(told)}))
        cls.readonly_fields = (*cls.readonly_fields, *told)

    @classmethod
    def also_offer(
        cls,
        *buttons: Callable[..., HttpResponse],
        needs: str,
        right: str,
        where: Callable[[Any], bool] | None = None,
    ) -> None:
        """
        Add a later stage's buttons to this page, or to those `where` it makes sense.

        They name the permission `needs`; whoever has the `right` (`app.codename`) has it.
        """

        def is_permitted(self: Any, request: HttpRequest, obj: Any = None) -> bool:
            return request.user.has_perm(right)

        setattr(cls, f"has_{needs}_permission", is_permitted)
        for each in buttons:
            setattr(cls, each.__name__, each)
        if where:
            cls.offered_where = {**cls.offered_where, **{each.__name__: where for each in buttons}}
        cls.actions_detail = [*cls.actions_detail, *(each.__name__ for each in buttons)]

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        """Make the row that the form and its lines describe, by the stage's command."""
        row: Model = form.instance
        row.created_at = at  # type: ignore[attr-defined]
        row.save(force_insert=True)
        return row

    def amend(self, form: OwnedForm, *, at: datetime) -> None:
        """Change the row as the form says. Stages with a command call it here."""
        # Only what was changed: the database refuses to have a frozen column named.
        form.instance.save(update_fields=form.changed_data)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # A new row is made in `save_related`, together with its lines.
        if change:
            self.amend(form, at=timezone.now())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        lines: list[dict[str, Any]] = []
        for formset in formsets:
            formset.save(commit=False)  # Saves nothing; the record wants what was added.
            lines += [line.cleaned_data for line in formset.forms if line.has_changed()]
        if change:
            return  # Lines are only stated together with their row.
        made = self.make(request, form, lines=lines, at=timezone.now())
        if made is not form.instance:
            form.instance.pk = made.pk
            form.instance.refresh_from_db()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Answer the page of a row; a refusal met while saving is shown on its form."""
        try:
            with transaction.atomic():
                page: HttpResponse = super().changeform_view(
                    request, object_id, form_url, extra_context
                )
        except self.refusals as refusal:
            vars(request)[REFUSAL] = refusal
            page = super().changeform_view(request, object_id, form_url, extra_context)
        return page

    def form_view(self, request: HttpRequest, object_id: str, page: FormPage) -> HttpResponse:
        """Answer a page that asks for something and then acts on a row."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return missing
        form = page.form_class(request.POST if request.method == "POST" else None, row=row)
        if form.is_valid():
            try:
                if page.preview and not confirmed(request, form):
                    shown = page.preview(row, form.cleaned_data, timezone.now())
                    page = replace(page, shown=shown)
                    return render_page(self, request, page=page, form=form, row=row)
                with transaction.atomic():
                    said = page.act(row, form.cleaned_data, timezone.now())
                    self.log_change(request, row, said)
            except page.refusals as refusal:
                form.add_error(field_of(refusal, form), in_plain_words(refusal, {}))
            else:
                self.message_user(request, said, messages.SUCCESS)
                return HttpResponseRedirect(self.url_of(row))
        return render_page(self, request, page=page, form=form, row=row)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        shown: list[Any] = super().get_actions_detail(request, object_id)
        if not self.offered_where:
            return shown
        row = self.get_object(request, str(object_id))
        senseless = {
            f"{self.opts.app_label}_{self.opts.model_name}_{name}"
            for name, where in self.offered_where.items()
            if row and not where(row)
        }
        return [each for each in shown if each.action_name not in senseless]

    def url_of(self, row: Model) -> str:
        """Return the address of a row's page."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(f"admin:{name}", args=[row.pk])

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type[BaseForm]:
        form: type[BaseForm] = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"request": request})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = (field.name for field in self.opts.fields if not field.editable)
        return (*fixed, *super().get_readonly_fields(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        shown = super().get_fieldsets(request, obj)
        needed = [self.told_to.get(title or "") for title, _ in shown]
        return [
            part
            for part, right in zip(shown, needed, strict=True)
            if right is None or request.user.has_perm(right)
        ]

    def get_inlines(
        self, request: HttpRequest, obj: Any
    ) -> tuple[type[InlineModelAdmin[Any, Any]], ...]:
        return tuple(super().get_inlines(request, obj) if obj else self.add_inlines)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        shown = [*super().get_list_display(request)]
        return shown if sellers_of(request).count() == 1 else [*shown, "seller"]

    def get_list_select_related(self, request: HttpRequest) -> Any:
        related = super().get_list_select_related(request)
        return (*related, "seller") if related else related

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [SellerFilter, *super().get_list_filter(request)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            wanted = UUID(search_term)
        except ValueError:
            rows: tuple[QuerySet[Any], bool] = super().get_search_results(
                request, queryset, search_term.replace("\0", "")
            )
            return rows
        # Exact, so that an index serves it.
        named = Q()
        for path in self.search_ids:
            named |= Q(**{path: wanted})
        return queryset.filter(named), False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        own = sellers_of(request)[:2]
        if len(own) == 1:
            initial.setdefault("currency", own[0].currency)
        return initial

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FactAdmin(SellerScopedAdmin):
    """Pages of facts: looked at, never changed. A stage whose facts people state allows adding."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _Line(Scoped):
    """Rows of the user's sellers within another row's page."""

    formfield_overrides = NUMBERS

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FactInline(_Line, TabularInline):  # type: ignore[misc]
    """Facts within another row's page: looked at, a page of them at a time."""

    extra = 0
    max_num = 0
    per_page = 25
    show_change_link = True
    show_count = True
    hide_title = True
    fields: ClassVar[Any] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(self.fields)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LineInline(_Line, TabularInline):  # type: ignore[misc]
    """Lines that are stated together with their row, and only looked at afterwards."""

    form = OwnedLineForm
    formset = OwnedFormSet
    extra = 0
    min_num = 1

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_add_permission(request, obj)  # type: ignore[call-arg]
        return obj is None and allowed


class StackedLineInline(_Line, StackedInline):  # type: ignore[misc]
    """Like `LineInline`, for lines of many fields."""

    form = OwnedLineForm
    formset = OwnedFormSet
    extra = 0
    min_num = 1

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_add_permission(request, obj)  # type: ignore[call-arg]
        return obj is None and allowed
