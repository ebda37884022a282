"""The API's description, and pages to read and try it on: they ask no other host."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView
from drf_spectacular.generators import SchemaGenerator

from billing.api.callers.access import endpoints

READING = ("openapi", "docs", "redoc")

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


def index_of(patterns: Sequence[URLPattern | URLResolver]) -> Callable[..., HttpResponse]:
    """Return a view that answers, to anyone, with where the API's lists and its description are."""

    @require_safe
    def index(request: HttpRequest) -> HttpResponse:
        routes = [route for route, view in endpoints(patterns) if hasattr(view, "get")]
        found = {
            "name": "Anlass",
            "version": "v1",
            "authentication": "Authorization: Bearer KEY",
            **{name: request.build_absolute_uri(reverse(name)) for name in READING},
            "resources": {
                route: request.build_absolute_uri(route)
                for route in sorted(routes)
                if "<" not in route
            },
        }
        return JsonResponse(found)

    return index


class ReadingView(TemplateView):
    """A page that shows the API's description."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer with the page, and with what it may load."""
        response = super().dispatch(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY
        return response
