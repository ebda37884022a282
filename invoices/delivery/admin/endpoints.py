"""Pages of the endpoints of a seller's apps."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from billing.sellers.admin import (
    FormPage,
    Lines,
    OwnedForm,
    PageForm,
    SellerScopedAdmin,
    button,
    labelled,
)
from invoices.delivery import commands
from invoices.delivery.catalogue import PATTERNS
from invoices.delivery.models import WebhookEndpoint
from invoices.delivery.queries.addresses import WebhookUrlRefused

STATE_COLOURS = {"enabled": "success", "disabled": "danger", "deleted": "info"}
State = WebhookEndpoint.State


class EndpointForm(OwnedForm):
    event_types = forms.MultipleChoiceField(
        choices=[(name, _("all") if name == "*" else name) for name in PATTERNS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("What the app is told of."),
    )


def _page(
    title: StrOrPromise, act: Any, *, explanation: StrOrPromise, is_dangerous: bool = False
) -> FormPage:
    return FormPage(
        title=title,
        submit=title,
        form_class=PageForm,
        act=act,
        refusals=(IntegrityError, commands.EndpointNotEnabled),
        explanation=explanation,
        is_dangerous=is_dangerous,
    )


def _try(endpoint: WebhookEndpoint, _values: Mapping[str, Any], at: datetime) -> StrOrPromise:
    commands.try_endpoint(endpoint=endpoint, at=at)
    return _("A message is on its way: see the deliveries.")


def _enable(endpoint: WebhookEndpoint, _values: Mapping[str, Any], at: datetime) -> StrOrPromise:
    commands.enable_endpoint(endpoint_id=endpoint.pk)
    return _("The endpoint is told again of what happens from now on.")


def _disable(endpoint: WebhookEndpoint, _values: Mapping[str, Any], at: datetime) -> StrOrPromise:
    commands.disable_endpoint(endpoint_id=endpoint.pk, at=at)
    return _("The endpoint is told nothing more.")


def _shown_once(secret: str) -> str:
    words = gettext("Copy the secret now, it is not shown again: <code>{}</code>")
    return format_html(words, secret)


TRY = _page(_("Send a test message"), _try, explanation=_("It says nothing but that it is a test."))
ENABLE = _page(_("Enable"), _enable, explanation=_("What happened meanwhile can be sent again."))
DISABLE = _page(_("Disable"), _disable, explanation=_("What happens meanwhile is not told later."))
ROTATE = _page(
    _("Make a new secret"),
    lambda *_: "",  # The page's own, which shows the new secret.
    explanation=_("The present secret signs too for 24 hours; one from before ends at once."),
    is_dangerous=True,
)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(SellerScopedAdmin):
    form = EndpointForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (
        IntegrityError,
        WebhookUrlRefused,
        commands.TooManyEndpoints,
    )
    list_display = ("url", "description", "shown_state", "failing_since")
    list_filter = ("state",)
    search_fields = ("url", "description")
    actions_detail = ("try_out", "enable", "disable", "rotate")
    readonly_fields = ("state", "created_at", "customer", "contract", "api_version")
    add_fieldsets = ((None, {"fields": ("seller", "url", "event_types", "description")}),)
    fieldsets = (
        (None, {"fields": ("seller", "url", "event_types", "description", "created_at")}),
        (_("Told of"), {"fields": ("customer", "contract", "api_version")}),
        (
            _("State"),
            {"fields": ("state", "failing_since", "disabled_at", "disabled_reason")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return super().get_queryset(request).exclude(state=State.DELETED)

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        endpoint, secret = commands.create_endpoint(**form.cleaned_data, at=at)
        self.message_user(request, _shown_once(secret), messages.WARNING)
        return endpoint

    def amend(self, form: OwnedForm, *, at: datetime) -> None:
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        commands.change_endpoint(endpoint_id=form.instance.pk, **changed)

    def has_steer_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("invoices.change_webhookendpoint")

    @labelled(_("state"), colours=STATE_COLOURS, ordering="state")
    def shown_state(self, endpoint: WebhookEndpoint) -> tuple[str, str]:
        return endpoint.state, endpoint.get_state_display()

    @button(_("Send a test"), path="test", permission="steer", icon="send")
    def try_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, TRY)

    @button(_("Enable"), path="enable", permission="steer", icon="play_arrow")
    def enable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, ENABLE)

    @button(_("Disable"), path="disable", permission="steer", icon="pause")
    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, DISABLE)

    @button(_("New secret"), path="rotate", permission="steer", icon="key")
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(
            endpoint: WebhookEndpoint, _values: Mapping[str, Any], at: datetime
        ) -> StrOrPromise:
            secret = commands.rotate_secret(endpoint=endpoint, at=at)
            # Apart from what is told: that is recorded as well.
            self.message_user(request, _shown_once(secret), messages.WARNING)
            return format_lazy(_("{endpoint} has a new secret."), endpoint=str(endpoint))

        return self.form_view(request, object_id, replace(ROTATE, act=act))
