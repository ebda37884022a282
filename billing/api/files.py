"""The base of endpoints that answer with a file."""

from collections.abc import Iterable

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from billing.api.scoped import Endpoint


class OneForm(BaseContentNegotiation):
    """
    Gives what there is, whatever is accepted; refusals stay problems in JSON.

    A file has one form only: who asks for another is better served with it than with a 406.
    Source: RFC 9110 section 12.4.1.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer of refusals: a file isn't rendered."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class FileEndpoint(Endpoint):
    """An address of the API whose answer is a file."""

    content_negotiation_class = OneForm
