"""Pages of download links: who may fetch what without a login, and how often it was."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from billing.sellers.admin import FactAdmin, FormPage, PageForm, button, link
from invoices.delivery.commands import revoke_link
from invoices.delivery.models import DownloadLink
from invoices.delivery.queries.links import path_of


def _revoke(row: DownloadLink, _values: Mapping[str, Any], at: datetime) -> StrOrPromise:
    revoke_link(link_id=row.pk, at=at)
    return _("The link is revoked.")


REVOKE = FormPage(
    title=_("Revoke the link"),
    submit=_("Revoke"),
    form_class=PageForm,
    act=_revoke,
    explanation=_("Who has it can fetch nothing more. This can't be taken back."),
    is_dangerous=True,
)


@admin.register(DownloadLink)
class DownloadLinkAdmin(FactAdmin):
    list_display = ("shown_invoice", "created_at", "expires_at", "revoked_at", "downloads")
    list_select_related = ("invoice",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("invoice__number",)
    search_ids = ("pk", "invoice", "delivery")
    actions_detail = ("revoke",)
    readonly_fields = ("shown_invoice", "path")
    fieldsets = (
        (None, {"fields": ("shown_invoice", "path", "created_at", "expires_at", "revoked_at")}),
        (_("Use"), {"fields": ("downloads", "latest_download_at")}),
    )

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("invoices.change_downloadlink")

    @admin.display(description=_("invoice"))
    def shown_invoice(self, row: DownloadLink) -> str:
        return link(row.invoice)

    @admin.display(description=_("path"))
    def path(self, row: DownloadLink) -> str:
        return path_of(row)

    @button(_("Revoke"), path="revoke", permission="revoke", icon="link_off")
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, REVOKE)
