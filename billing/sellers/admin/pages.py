"""Pages that ask for something before a command acts on a row."""

import hashlib
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
from django.utils.safestring import SafeString
from django_stubs_ext import StrOrPromise

from billing.sellers.admin.forms import label_fields, refuse_controls

CONFIRMED = "confirmed"  # Posted back with what a preview was of.


class PageForm(forms.Form):
    """What a page asks for before it acts on `row`."""

    named: ClassVar[Mapping[str, str]] = {}  # A refusal's field → the form's, where it is another.

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        """Ask about `row`; None where the page is about several."""
        self.row = row
        super().__init__(*args, **kwargs)
        label_fields(self)

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
    tell the user, lazily: it is recorded in English, whatever the user reads. Refusals that it
    raises are shown on the form. Where `preview` shows what it would do, it is done once the user
    has seen that (`shown`) and confirmed it by `confirm`.
    """

    title: StrOrPromise
    submit: StrOrPromise
    form_class: type[PageForm]
    act: Callable[[Any, dict[str, Any], datetime], StrOrPromise]
    explanation: StrOrPromise = ""
    refusals: tuple[type[Exception], ...] = (IntegrityError,)
    is_dangerous: bool = False
    preview: Callable[[Any, dict[str, Any], datetime], SafeString] | None = None
    confirm: StrOrPromise = ""
    shown: SafeString | None = None


def confirmed(request: HttpRequest, form: forms.Form) -> bool:
    """Return whether the user has seen the preview of just these values."""
    return request.POST.get(CONFIRMED) == _digest(form)


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
    if page.shown is not None:
        hidden = [*(hidden or []), (CONFIRMED, _digest(form))]
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


def _digest(form: forms.Form) -> str:
    """Return what tells the values of a form from others."""
    return hashlib.sha256(repr(sorted(form.cleaned_data.items())).encode()).hexdigest()
