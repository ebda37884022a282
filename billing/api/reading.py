"""The API's description, and pages to read and try it on: they ask no other host."""

import json
from functools import cache
from threading import Lock
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.gzip import gzip_page
from django.views.generic import TemplateView
from drf_spectacular.generators import SchemaGenerator

# What the viewers bring along names other hosts (a logo, fonts): the browser asks none of them.
# They style their elements one by one, and search in a worker that they make themselves.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
    ]
)
_making = Lock()


@gzip_page
def openapi(request: HttpRequest) -> HttpResponse:
    """Answer with the API's description: OpenAPI 3.1, for anyone."""
    with _making:  # The generator loads its extensions at first, and not for two at a time.
        described = _description()
    return HttpResponse(described, content_type="application/json")


@cache
def _description() -> bytes:
    """Return the description. It takes seconds to make, and stays the same: once per process."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    described = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    return json.dumps(described, ensure_ascii=False, default=str).encode()


class ReadingView(TemplateView):
    """A page that shows the API's description."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer with the page, and with what it may load."""
        response = super().dispatch(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY
        return response
