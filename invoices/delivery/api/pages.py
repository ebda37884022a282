"""The pages of download links: without a login, for who has the address."""

import logging
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from invoices.delivery.commands import fetch_by_link
from invoices.delivery.files import file_response
from invoices.delivery.models import DownloadLink
from invoices.delivery.queries.links import LinkUnknown, link_id
from invoices.delivery.queries.texts import DOCUMENTS, language_of, moment
from invoices.documents.queries import StorageAway, StoredBytesDiffer, documents_of

logger = logging.getLogger(__name__)

GONE = 410
# Nobody is to find these pages, keep them, or learn their address from a page that they lead to.
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


OVER = {"de": "Dieser Link ist abgelaufen", "en": "This link has expired"}


@require_safe
def download_page(request: HttpRequest, token: str) -> HttpResponse:
    """List the documents that a link leads to."""
    link = _link(token)
    language = language_of(link.invoice)
    is_over = _is_over(link, at=timezone.now())
    context = {
        "link": link,
        "expires": moment(link.expires_at, link.seller.timezone, language),
        "token": token,
        "language": language,
        "is_over": is_over,
        "title": OVER[language] if is_over else _title(link, language),
        "documents": [] if is_over else documents_of(link.invoice),
    }
    status = GONE if is_over else 200
    with translation.override(language):  # Of the sizes: 26,7 KB.
        page = render(request, "invoices/delivery/download.html", context, status=status)
    return _unseen(page)


@require_safe
def download_file(request: HttpRequest, token: str, document: UUID) -> HttpResponse:
    """Give a document that a link leads to, and count it."""
    link, at = _link(token), timezone.now()
    if _is_over(link, at=at):
        return download_page(request, token)
    found = next((row for row in documents_of(link.invoice) if row.pk == document), None)
    if found is None:
        raise Http404
    try:
        response = file_response(found)
    except (StoredBytesDiffer, FileNotFoundError) as damaged:
        logger.exception("A link leads to a damaged document: %s", found.pk)
        raise Http404 from damaged
    except StorageAway:
        logger.exception("The storage of documents is away")
        return _unseen(HttpResponse(status=503, headers={"Retry-After": "60"}))
    if request.method == "GET":  # Mail servers look at links by HEAD.
        fetch_by_link(link_id=link.pk, at=at)
    return _unseen(response)


def _title(link: DownloadLink, language: str) -> str:
    kind = DOCUMENTS[language][link.invoice.kind]
    return f"{kind[0].upper()}{kind[1:]} {link.invoice.number}"


def _link(token: str) -> DownloadLink:
    try:
        return DownloadLink.objects.select_related("invoice", "seller").get(pk=link_id(token))
    except (LinkUnknown, DownloadLink.DoesNotExist) as unknown:
        raise Http404 from unknown


def _is_over(link: DownloadLink, *, at: datetime) -> bool:
    return link.revoked_at is not None or link.expires_at <= at


def _unseen(response: HttpResponse) -> HttpResponse:
    for name, value in HEADERS.items():
        response[name] = value
    return response


urlpatterns = [
    path("d/<str:token>", download_page, name="download-page"),
    path("d/<str:token>/<uuid:document>", download_file, name="download-file"),
]
