"""Pages of API keys: made, rotated, revoked; when and from where they were used last."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
)

from billing.scopes import PRESETS, RESOURCES
from billing.sellers.admin.base import FactAdmin, Lines
from billing.sellers.admin.display import button
from billing.sellers.admin.forms import OwnedForm
from billing.sellers.admin.pages import FormPage, PageForm
from billing.sellers.commands import (
    ApiKeyEnded,
    ApiKeyRefused,
    Rights,
    create_api_key,
    revoke_api_key,
    rotate_api_key,
)
from billing.sellers.commands.keys import LONGEST_OVERLAP, OVERLAP
from billing.sellers.models import ApiKey

HOUR = timedelta(hours=1)
# Grouped: what may be read and written of each part of the API stands together.
SCOPES = [
    ("", [(scope, _(says)) for scope, says in PRESETS.items()]),
    *((_(each.says), [(scope, scope) for scope in each.scopes]) for each in RESOURCES),
]


class ApiKeyForm(OwnedForm):
    scopes = forms.MultipleChoiceField(
        choices=SCOPES,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("What it may do. To write includes to read."),
    )
    allowed_networks = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=_(
            "Networks that it may be used from, one a line: 198.51.100.0/24 or "
            "2001:db8::/32. Empty: from anywhere."
        ),
    )

    def clean_allowed_networks(self) -> list[str]:
        """Return the networks; the command says which is none."""
        return str(self.cleaned_data["allowed_networks"]).replace(",", " ").split()

    def _get_validation_exclusions(self) -> set[str]:
        # The command checks them, and says more of what is wrong than the column would.
        return super()._get_validation_exclusions() | {"allowed_networks"}


class RotateForm(PageForm):
    overlap_hours = forms.IntegerField(
        min_value=0,
        max_value=LONGEST_OVERLAP // HOUR,
        initial=OVERLAP // HOUR,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_("How long the former key works on beside the new one; 0: not at all."),
    )


def _revoke(key: ApiKey, at: datetime) -> StrOrPromise:
    revoke_api_key(api_key=key, at=at)
    return format_lazy(_("The API key {key} is revoked."), key=str(key))


REVOKE = FormPage(
    title=_("Revoke the API key"),
    submit=_("Revoke"),
    form_class=PageForm,
    act=lambda key, _values, at: _revoke(key, at),
    explanation=_("Apps that use the key are refused from now on. This can't be taken back."),
    is_dangerous=True,
)
ROTATE = FormPage(
    title=_("Rotate the API key"),
    submit=_("Rotate"),
    form_class=RotateForm,
    act=lambda key, _values, _at: "",  # The page's own, which shows the new key.
    explanation=_(
        "A new key with the same rights comes in its place; this one ends after a while."
    ),
    refusals=(IntegrityError, ApiKeyEnded, ApiKeyRefused),
)


def _is_valid(key: ApiKey) -> bool:
    is_expired = key.expires_at is not None and key.expires_at <= timezone.now()
    return not key.revoked_at and not is_expired


def _is_latest(key: ApiKey) -> bool:
    return _is_valid(key) and not hasattr(key, "replaced_by")


@admin.register(ApiKey)
class ApiKeyAdmin(FactAdmin):
    form = ApiKeyForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (IntegrityError, ApiKeyRefused)
    list_display = (
        "shown_prefix", "name", "shown_scopes", "last_used_at", "expires_at", "revoked_at",
    )  # fmt: skip
    list_filter = (
        ("revoked_at", admin.EmptyFieldListFilter),
        ("expires_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("name", "prefix")
    actions = ("revoke_selected",)
    actions_detail = ("rotate", "revoke")
    offered_where: ClassVar[Mapping[str, Any]] = {"rotate": _is_latest, "revoke": _is_valid}
    add_fieldsets = (
        (None, {"fields": ("seller", "name", "scopes", "expires_at", "allowed_networks")}),
    )
    fieldsets = (
        (None, {"fields": ("seller", "name", "shown_prefix", "shown_scopes", "shown_networks")}),
        (
            _("Life"),
            {"fields": ("created_at", "expires_at", "revoked_at", "replaces", "successor")},
        ),
        (_("Last use"), {"fields": ("last_used_at", "last_used_ip")}),
    )
    readonly_fields = ("shown_prefix", "shown_scopes", "shown_networks", "successor")
    list_select_related = ("replaced_by",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_apikey")

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_apikey")

    def has_rotate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_revoke_permission(request) and self.has_add_permission(request)

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        said = form.cleaned_data
        rights = Rights(
            tuple(said["scopes"]), tuple(said["allowed_networks"]), said.get("expires_at")
        )
        row, key = create_api_key(seller=said["seller"], name=said["name"], rights=rights, at=at)
        self._show(request, key)
        return row

    @admin.display(description=_("key"), ordering="prefix")
    def shown_prefix(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @admin.display(description=_("scopes"))
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(gettext(PRESETS.get(scope, scope)) for scope in key.scopes)

    @admin.display(description=_("used from"))
    def shown_networks(self, key: ApiKey) -> str:
        return ", ".join(key.allowed_networks) or gettext("anywhere")

    @admin.display(description=_("replaced by"))
    def successor(self, key: ApiKey) -> str:
        found = getattr(key, "replaced_by", None)
        return format_html('<a href="{}">{}</a>', self.url_of(found), found) if found else "-"

    @admin.action(description=_("Revoke selected API keys"), permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        at = timezone.now()
        for key in queryset:
            _revoke(key, at)
        self.message_user(request, gettext("The API keys are revoked."), messages.SUCCESS)

    @button(_("Rotate"), path="rotate", permission="rotate", icon="autorenew")
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(former: ApiKey, values: dict[str, Any], at: datetime) -> StrOrPromise:
            overlap = values["overlap_hours"] * HOUR
            row, key = rotate_api_key(api_key_id=former.pk, overlap=overlap, at=at)
            self._show(request, key)  # Apart from what is told: that is logged as well.
            said = _("The API key {key} comes in the place of {former}.")
            return format_lazy(said, key=str(row), former=str(former))

        return self.form_view(request, object_id, replace(ROTATE, act=act))

    @button(_("Revoke"), path="revoke", permission="revoke", icon="key_off")
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, REVOKE)

    def _show(self, request: HttpRequest, key: str) -> None:
        words = gettext("Copy the key now, it is not shown again: <code>{}</code>")
        self.message_user(request, format_html(words, key), messages.WARNING)
