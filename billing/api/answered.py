"""Every request is told by one line of the log, and is a span of its caller's trace."""

import logging
from collections.abc import Callable, Iterator
from contextvars import Context, copy_context
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from billing.api.callers.addresses import client_address
from billing.happenings.context import Fields, Value, bound
from billing.happenings.lines import Action, Outcome, Stopwatch, tell
from billing.happenings.spans import request_span
from billing.happenings.traces import TRACEPARENT, TRACESTATE, read

logger = logging.getLogger(__name__)

Answering = Callable[[HttpRequest], HttpResponseBase]
# Asked every few seconds, by machines.
PROBES = {"healthz", "readyz", "metrics"}
ROUTE = "anlass.route"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# Answered by pages of Django's own, with 4xx.
_REFUSALS = (Http404, PermissionDenied, SuspiciousOperation)


class ToldRequests:
    """
    Middleware: tells each request by one line once it is answered, wholly.

    The line names the pattern of the address, never what was asked with: that may be a name or a
    secret. What is found out on the way (seller, key, transaction) is noted, and all lines bear it.
    """

    def __init__(self, answer: Answering) -> None:
        """Take what answers."""
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request, under its caller's trace where it names a valid one."""
        headers, watch = request.headers, Stopwatch()
        caller = read(headers.get(TRACEPARENT, ""), headers.get(TRACESTATE, ""))
        with bound({"http.request.method": _method(request)}):
            with request_span(_method(request), caller=caller) as span:
                response = self._answer(request)
                told = _told(request, response)
                span.name = " ".join(str(part) for part in (span.name, told.get(ROUTE)) if part)
                span.fields.update(_of_span(told))
                context = copy_context()
            if isinstance(response, StreamingHttpResponse) and not isinstance(
                response, FileResponse
            ):
                parts = iter(response)
                response.streaming_content = _Streamed(parts, context, (request, told, watch))
            else:
                context.run(_tell, request, told, watch)
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Tell what was raised by a page; endpoints of the API tell it as a problem."""
        if not isinstance(exception, _REFUSALS):
            logger.error("Defect while answering a request", exc_info=exception)


class _Streamed:
    """What an answer streams: made while it goes out, under all that was bound; told at its end."""

    def __init__(self, parts: Iterator[bytes], context: Context, told: tuple[Any, ...]) -> None:
        self._parts = parts
        self._context = context
        self._told = told
        self._bytes = 0
        self._is_over = False

    def __iter__(self) -> "_Streamed":
        return self

    def __next__(self) -> bytes:
        part = self._context.run(next, self._parts)
        self._bytes += len(part)
        return part

    def close(self) -> None:
        """Tell of the request, once: it is answered, or nobody listens any more."""
        if not self._is_over:
            self._is_over = True
            request, told, watch = self._told
            told = {**told, "http.response.body.bytes": self._bytes}
            self._context.run(_tell, request, told, watch)


def _method(request: HttpRequest) -> str:
    """Return the method, if it is one: a caller may write anything. Source: RFC 9110, RFC 5789."""
    return request.method if request.method in _METHODS else "OTHER"


def _told(request: HttpRequest, response: HttpResponseBase) -> dict[str, Value]:
    match, user = request.resolver_match, getattr(request, "_cached_user", None)
    told: dict[str, Value] = {"http.response.status_code": response.status_code}
    if match:
        told[ROUTE] = f"/{match.route}"
    if user is not None and user.pk is not None:
        told["user.id"] = str(user.pk)
    if isinstance(response, HttpResponse):
        told["http.response.body.bytes"] = len(response.content)
    elif length := response.get("Content-Length", ""):
        told["http.response.body.bytes"] = int(length)
    if settings.LOG_CLIENT_ADDRESSES and (address := client_address(request)):
        told["client.ip"] = str(address)
    return told


def _of_span(told: Fields) -> Fields:
    """Return what a span says of a request. Source: OpenTelemetry, semantic conventions of HTTP."""
    said = {"http.response.status_code": told["http.response.status_code"]}
    return {**said, "http.route": told[ROUTE]} if ROUTE in told else said


def _tell(request: HttpRequest, told: Fields, watch: Stopwatch) -> None:
    status = int(str(told["http.response.status_code"]))
    where = told.get(ROUTE, "an address that is no page")
    tell(
        Action.REQUEST_ANSWERED,
        f"{_method(request)} {where} was answered with {status}",
        {**told, **watch.fields},
        outcome=Outcome.FAILURE if status >= HTTPStatus.BAD_REQUEST else Outcome.SUCCESS,
        level=_level(request, status),
    )


def _level(request: HttpRequest, status: int) -> int:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return logging.ERROR
    route = request.resolver_match.route if request.resolver_match else None
    is_static = route is None and status < HTTPStatus.BAD_REQUEST
    return logging.DEBUG if is_static or route in PROBES else logging.INFO
