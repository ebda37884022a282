"""Pages that act: what staff do there is recorded, whoever does it and however."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.db import transaction
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django_stubs_ext import StrOrPromise

from billing.sellers.admin.changes import changes_of, lines_of
from billing.staff.commands import deed_on, record
from billing.staff.languages import OF_FACTS, in_english
from billing.staff.origins import actor_of
from billing.staff.queries import actions_on

REASONS = ("why", "reason", "note")  # Fields of forms by which people say why they do something.
DELETES = "delete_selected"  # Django's own, which tells of what it deletes by itself.
SHOWN = 200
NAMED_AT_MOST = 1000  # Of rows that one action is for: so much is recorded of each.
_Bulk = Callable[[Any, HttpRequest, Any], HttpResponse | None]


class Recorded(BaseModelAdmin[Any]):
    """
    Pages whose deeds are facts: who, when, why. They come in place of Django's own log.

    All that adds, changes or deletes by a form comes here by itself, so do actions on selected rows
    and pages of `form_view`. What acts otherwise, or hands out a file, calls `record`.
    """

    object_history_template = "billing/admin/history.html"

    def record(
        self,
        request: HttpRequest,
        rows: Iterable[Model],
        *,
        action: str = "",
        what: StrOrPromise = "",
    ) -> None:
        """Record what the user does to rows; the page's name tells the action if none is given."""
        action = action or _action_of(self, request)
        why = next((said for name in REASONS if (said := request.POST.get(name, "").strip())), "")
        with translation.override(OF_FACTS):  # Names of rows may hold words.
            deeds = [deed_on(row, action=action, what=str(what), why=why) for row in rows]
        record(deeds, by=actor_of(request), at=timezone.now())

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Record that a row was added."""
        self.record(request, [obj], action="add", what=message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Record that a row was changed, or acted on; nothing if its form was saved as it was."""
        if message:
            self.record(request, [obj], what=message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> None:
        """Record which rows are deleted, before they are."""
        self.record(request, queryset, action="delete")

    def construct_change_message(
        self,
        request: HttpRequest,
        form: BaseForm,
        formsets: Any,
        add: bool = False,  # noqa: FBT002  As Django calls it.
    ) -> str:
        """Return in words what a form changes."""
        # What is added stands in its row; a copy of it here would outlive it.
        with translation.override(OF_FACTS):
            told = [] if add else changes_of(form)
            return "\n".join([*told, *(line for each in formsets or () for line in lines_of(each))])

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return what can be done with selected rows; whatever it is, it is recorded."""
        found: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        return {
            name: (function if name == DELETES else _recorded(function, name, says), name, says)
            for name, (function, _, says) in found.items()
        }

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Answer what staff did with a row."""
        answer: HttpResponse = super().history_view(request, object_id, extra_context)  # type: ignore[misc]
        if isinstance(answer, TemplateResponse) and answer.context_data is not None:
            found = list(actions_on(answer.context_data["object"])[: SHOWN + 1])
            answer.context_data |= {
                "actions": found[:SHOWN],
                "has_more": len(found) > SHOWN,
                "kind": self.opts.label_lower,
            }
        return answer


def _action_of(model_admin: Any, request: HttpRequest) -> str:
    """Return in a word what a request does: its page's name, or the chosen action's."""
    opts = model_admin.opts
    match = request.resolver_match
    page = (match.url_name or "") if match else "change"
    name = page.removeprefix(f"{opts.app_label}_{opts.model_name}_")
    if name == "changelist":
        name = request.POST.get("action", "change")
    return name.removesuffix("_selected")


def _recorded(function: _Bulk, name: str, says: str) -> _Bulk:
    """Return an action on selected rows that records it; none where it only asks for something."""

    @wraps(function)
    def acted(model_admin: Recorded, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        with transaction.atomic():
            rows = list(queryset[: NAMED_AT_MOST + 1])  # As they are before: then they may differ.
            answer = function(model_admin, request, queryset)
            if not isinstance(answer, TemplateResponse):
                action = name.removesuffix("_selected")
                what = in_english(says)
                if len(rows) > NAMED_AT_MOST:
                    what = f"{what}: the first {NAMED_AT_MOST} of more"
                model_admin.record(request, rows[:NAMED_AT_MOST], action=action, what=what)
            return answer

    return acted
