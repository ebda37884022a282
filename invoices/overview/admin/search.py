"""The search over all pages: one field, results in groups."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext

from billing.sellers.admin import link, sellers_of, transaction_link
from invoices.overview.queries.found import Found, found

ASKED = "q"


def search_urls() -> list[URLPattern]:
    """Return the search's address: unfold's site adds it to its own."""
    return [path("find/", admin.site.admin_view(search_page), name="find")]


def search_page(request: HttpRequest) -> HttpResponse:
    """Answer what bears the text that was asked for, of what the user may see."""
    asked = request.GET.get(ASKED, "").strip()

    def may_see(model: type[Model]) -> bool:
        page = admin.site._registry.get(model)
        return page is not None and page.has_view_permission(request)

    sellers = sellers_of(request).values_list("pk", flat=True)
    shown = found(asked, seller_ids=sellers, models=may_see)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Search"),
        "asked": asked,
        "groups": [_group(model, rows) for model, rows in shown.groups],
        "story": _story(shown),
        "names_left_out": shown.names_left_out,
    }
    request.current_app = admin.site.name
    return TemplateResponse(request, "invoices/admin/search.html", context)


def _group(model: type[Model], rows: Sequence[Model]) -> tuple[str, list[tuple[str, str]]]:
    name = str(model._meta.verbose_name_plural)
    return name[:1].upper() + name[1:], [(link(row), _beside(row)) for row in rows]


def _beside(row: Any) -> str:
    """Return what tells a row from others: its customer, or its seller."""
    customer = getattr(row, "customer", None)
    return str(customer or row.seller)


def _story(shown: Found) -> str:
    return transaction_link(shown.transaction_id) if shown.transaction_id else ""


admin.site.extra_urls = search_urls  # type: ignore[attr-defined]
