"""Pages on the way in: of the second factor, its setting up, and what a lock says."""

from base64 import b32encode
from typing import Any

import segno
from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminTextInputWidget

LOCKED = 429  # Too many requests. Source: RFC 6585, section 4.


class CodeForm(forms.Form):
    """Asks for a code."""

    code = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "one-time-code", "autofocus": True, "inputmode": "text"}
        ),
    )


def page(request: HttpRequest, template: str, *, status: int = 200, **more: Any) -> HttpResponse:
    """Return a page of the admin's looks for who isn't in yet."""
    context = {**admin.site.each_context(request), **more}
    return render(request, f"billing/staff/{template}.html", context, status=status)


def locked(request: HttpRequest, _response: Any = None, _credentials: Any = None) -> HttpResponse:
    """Answer somebody who is locked: the same whether there is such a user or not."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return page(
        request, "locked", status=LOCKED, title=gettext("Locked"), minutes=minutes,
        tries=settings.AXES_FAILURE_LIMIT,
    )  # fmt: skip


def unlock(*, username: str) -> int:
    """Let a user try again from everywhere. Return how many places were noted."""
    return int(AccessAttempt.objects.filter(username=username).delete()[0])


def code_drawn(device: Any) -> str:
    """Return the picture that an app reads the secret of a device from."""
    # Without a size of its own: it is shrunk to the page as a whole, not cut.
    drawn = segno.make(device.config_url, error="m").svg_inline(
        border=4, light="#fff", omitsize=True
    )
    return mark_safe(drawn)  # noqa: S308  Made here, of squares.


def secret_of(device: Any) -> str:
    """Return the secret of a device as it is typed, in groups of four letters."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
