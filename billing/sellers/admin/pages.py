"""Pages that ask for something before a command acts on a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse

from billing.sellers.admin.forms import refuse_controls


class PageForm(forms.Form):
    """What a page asks for before it acts on `row`."""

    named: ClassVar[Mapping[str, str]] = {}  # A refusal's field → the form's, where it is another.

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        """Ask about `row`; None where the page is about several."""
        self.row = row
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Refuse texts with control characters."""
        cleaned = super().clean()
        refuse_controls(self)
        return self.cleaned_data if cleaned is None else cleaned


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """
    A page with a form, and what its button does.

    `act` gets the row, the form's values and the instant; it calls one command and returns what to
    tell the user. Refusals that it raises are shown on the form.
    """

    title: str
    submit: str
    form_class: type[PageForm]
    act: Callable[[Any, dict[str, Any], datetime], str]
    explanation: str = ""
    refusals: tuple[type[Exception], ...] = (IntegrityError,)
    is_dangerous: bool = False


def render_page(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    *,
    page: FormPage,
    form: forms.Form,
    row: Model | None,
    hidden: list[tuple[str, str]] | None = None,
) -> TemplateResponse:
    """Return the page; `hidden` are further values that its form posts back."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": page.title,
        "subtitle": str(row) if row else None,
        "original": row,
        "page": page,
        "form": form,
        "hidden": hidden or [],
        "media": model_admin.media + form.media,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "billing/admin/form_page.html", context)
