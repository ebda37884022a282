"""A stored document as the answer to a request."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header, parse_etags

from invoices.documents.models import Document
from invoices.documents.queries import stored_bytes


def file_response(document: Document, if_none_match: str = "") -> HttpResponse:
    """
    Return a document's bytes to be saved as a file, or 304 for who has them already.

    :raises StoredBytesDiffer: if the storage holds others.
    """
    etag = f'"{document.sha256}"'
    if _names(if_none_match, etag):
        return HttpResponse(status=304, headers={"ETag": etag})
    headers = {
        "ETag": etag,
        "Content-Disposition": content_disposition_header(True, document.file_name) or "",  # noqa: FBT003
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    return HttpResponse(stored_bytes(document), content_type=document.media_type, headers=headers)


def _names(if_none_match: str, etag: str) -> bool:
    """Return whether a condition names a version. Source: RFC 9110 section 13.1.2."""
    named = parse_etags(if_none_match)
    return named == ["*"] or etag in (each.removeprefix("W/") for each in named)
