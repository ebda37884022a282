"""Every request has an id: its answer bears it, and each line that is logged on its way."""

import logging
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from billing.happenings.context import bound
from billing.ids import new_id

HEADER = "X-Request-ID"
FORM = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)

_current: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """Return the id of the request that is being answered; a fresh one outside of any."""
    return _current.get() or str(new_id())


def with_request_id(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """
    Return middleware: the caller's `X-Request-ID` where it gives a well-formed one, else a new id.

    A caller's own id makes its log and this one tell one story.
    """

    def answer_with_id(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        chosen = given if FORM.fullmatch(given) else str(new_id())
        token = _current.set(chosen)
        try:
            with bound({"http.request.id": chosen}):
                response = answer(request)
        finally:
            _current.reset(token)
        response[HEADER] = chosen
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            response.streaming_content = _streamed(iter(response), under=chosen)
        return response

    return answer_with_id


def _streamed(parts: Iterator[bytes], *, under: str) -> Iterator[bytes]:
    """Yield what an answer streams: it is made while it goes out, under the request's id."""
    while True:
        token = _current.set(under)
        try:
            part = next(parts, None)
        finally:
            _current.reset(token)
        if part is None:
            return
        yield part


class RequestIdFilter(logging.Filter):
    """Gives lines of the log `request`: the id in brackets, nothing outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass."""
        current = _current.get()
        record.request = f" [{current}]" if current else ""
        return True
