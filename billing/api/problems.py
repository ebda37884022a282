"""
Refusals as problems, RFC 9457: one table from exception to status and code.

A stage adds its own exceptions and constraints with `tell`; the codes are part of the API.
"""

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from psycopg.errors import QueryCanceled
from rest_framework import exceptions
from rest_framework.response import Response

from billing.api.messages import printable
from billing.api.request_ids import request_id
from billing.events.pressure import TooBusy
from billing.happenings.context import note
from billing.pricing.prices import ContradictoryPlan
from billing.pricing.timeline import ContradictoryTimeline, WrongChange
from billing.sellers.commands import TestClockRefused

logger = logging.getLogger(__name__)

API = "/api/"
CONTENT_TYPE = "application/problem+json"
LONGEST_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    How an exception is told: without a `detail`, in its own words; so its `field`.

    `means` and `remedy` are for the catalogue of codes, where what else is known doesn't say it.
    """

    status: int
    code: str
    field: str = ""
    detail: str = ""
    means: str = ""
    remedy: str = ""


# What the web framework refuses before any of our code: our words for its exceptions.
FRAMEWORK: dict[type[exceptions.APIException], tuple[str, str]] = {
    exceptions.ParseError: ("The body is not JSON.", "Send JSON in UTF-8, each name once."),
    exceptions.NotAuthenticated: (
        "No API key was sent.",
        "Send `Authorization: Bearer KEY`.",
    ),
    exceptions.AuthenticationFailed: (
        "The key is not taken.",
        "Look whether the key is whole, and wasn't revoked; make another in the admin.",
    ),
    exceptions.PermissionDenied: (
        "The key may not do this.",
        "Take a key that may.",
    ),
    exceptions.MethodNotAllowed: (
        "The address doesn't know the method.",
        "Look at the description: `Allow` names the methods.",
    ),
    exceptions.NotAcceptable: (
        "The answer can't be given in the form that `Accept` asks for.",
        "Accept `application/json`.",
    ),
    exceptions.UnsupportedMediaType: (
        "The body's media type is not read.",
        "Send `Content-Type: application/json`.",
    ),
}
_NOT_FOUND = Refusal(404, "not_found", detail="There is no such thing.")
_NO_SUCH_ADDRESS = Refusal(
    404,
    "not_found",
    detail="There is no such address: GET /api/v1/ tells where things are. None ends with /.",
)

_EXCEPTIONS: dict[type[Exception], Refusal] = {
    Http404: _NOT_FOUND,
    exceptions.NotFound: _NOT_FOUND,
    PermissionDenied: Refusal(403, "permission_denied", detail="This is not permitted."),
    RequestDataTooBig: Refusal(
        413, "body_too_large", detail="The body is larger than is taken: send less at once."
    ),
    WrongChange: Refusal(400, "validation_failed"),
    ContradictoryTimeline: Refusal(409, "timeline_contradicts"),
    ContradictoryPlan: Refusal(400, "plan_contradicts"),
    TooBusy: Refusal(429, "too_busy"),
    TestClockRefused: Refusal(409, "test_clock_refused"),
    DataError: Refusal(400, "out_of_range", detail="A value is larger than can be stored."),
    OperationalError: Refusal(503, "try_again", detail="The database is busy or away: try again."),
    InterfaceError: Refusal(503, "try_again", detail="The database is busy or away: try again."),
}
_TOOK_TOO_LONG = Refusal(
    503,
    "took_too_long",
    detail="The database took too long, and nothing was done: try again; ask a list for less.",
)
_CONSTRAINTS: dict[str, Refusal] = {}
_ANSWERS: list[Refusal] = []
_BY_MODULE: dict[str, set[str]] = {}
_DEFECT = Refusal(
    500, "defect", detail="This should not have happened. Report it with the request_id."
)

_BAD_REQUEST = Refusal(400, "bad_request", detail="The request is malformed.")


def tell(
    *,
    exceptions: Mapping[type[Exception], Refusal] | None = None,
    constraints: Mapping[str, Refusal] | None = None,
    answers: Iterable[Refusal] = (),
) -> None:
    """
    Add to the table what a stage's commands raise, and what its constraints refuse.

    `answers` are refusals that its endpoints give by themselves, with `problem`.
    """
    _EXCEPTIONS.update(exceptions or {})
    _CONSTRAINTS.update(constraints or {})
    _ANSWERS.extend(answers)
    told = [*(exceptions or {}).values(), *(constraints or {}).values(), *answers]
    # Whose endpoints refuse so: the module that calls, which each caller would have to say.
    module = sys._getframe(1).f_globals["__name__"]
    _BY_MODULE.setdefault(module, set()).update(refusal.code for refusal in told)


def told_in(module: str) -> set[str]:
    """Return the codes that a module has told of: its endpoints refuse with them."""
    return set(_BY_MODULE.get(module, ()))


def all_told() -> Iterator[tuple[str, Refusal]]:
    """Yield all that was told, with what its cause says of itself."""
    for kind, refusal in _EXCEPTIONS.items():
        is_ours = kind.__module__.startswith(("billing.", "invoices."))
        yield (is_ours and kind.__doc__) or refusal.detail, refusal
    ours = (_BAD_REQUEST, _DEFECT, _TOOK_TOO_LONG)
    for refusal in (*_CONSTRAINTS.values(), *_ANSWERS, *ours):
        yield refusal.detail, refusal


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response:
    """Return the answer to what went wrong in a view."""
    if isinstance(error, exceptions.APIException) and not isinstance(error, exceptions.NotFound):
        return _of_framework(error)
    refusal = _refusal(error)
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s", refusal.code, exc_info=error)
    detail = refusal.detail or str(error)
    field = refusal.field or getattr(error, "field", "")
    errors = [_entry(field, refusal.code, detail)] if field else []
    soon = "1" if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE else ""
    retry_after = str(getattr(error, "retry_after", soon))
    headers = {"Retry-After": retry_after} if retry_after else {}
    return _answer(
        _problem(refusal.status, refusal.code, detail, errors=errors),
        headers,
    )


def problem(refusal: Refusal, *, errors: list[dict[str, str]], **more: Any) -> Response:
    """Return the answer to what was refused in part: what else the request did stays done."""
    body = _problem(refusal.status, refusal.code, refusal.detail, errors=errors)
    return _answer({**body, **more}, {})


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that no route knows: people get a page, apps a problem."""
    if not request.path.startswith(API):
        return defaults.page_not_found(request, exception)
    return _plain(_NO_SUCH_ADDRESS)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what was refused before any view: an unknown host, for example."""
    return _plain(_BAD_REQUEST)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a defect outside the API's views."""
    return _plain(_DEFECT) if request.path.startswith(API) else defaults.server_error(request)


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, IntegrityError):
        return _of_constraint(error)
    if isinstance(error.__cause__, QueryCanceled):
        return _TOOK_TOO_LONG
    known = (_EXCEPTIONS[kind] for kind in type(error).__mro__ if kind in _EXCEPTIONS)
    return next(known, _DEFECT)


def _of_constraint(error: IntegrityError) -> Refusal:
    """Return how the constraint's refusal is told. One that no stage foresaw is a defect."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return _CONSTRAINTS.get(getattr(diagnosis, "constraint_name", None) or "", _DEFECT)


def _of_framework(error: exceptions.APIException) -> Response:
    headers = {"WWW-Authenticate": header} if (header := _header(error)) else {}
    if isinstance(error, exceptions.ValidationError):
        errors = list(_flat(error.detail))
        detail = f"{errors[0]['field']}: {errors[0]['detail']}" if errors else "Wrong input."
        body = _problem(
            400,
            "validation_failed",
            detail.removeprefix(": "),
            errors=errors,
        )
    else:
        code = str(getattr(error.detail, "code", "error"))
        remedy = FRAMEWORK[type(error)][1] if type(error) in FRAMEWORK else ""
        body = _problem(error.status_code, code, f"{error.detail} {remedy}".strip())
    return _answer(body, headers)


def _header(error: exceptions.APIException) -> str | None:
    return getattr(error, "auth_header", None)


def _flat(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Yield one entry per error of a nested structure, its field as a path: lines.0.quantity."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            part = "" if name == "non_field_errors" else str(name)
            yield from _flat(inner, ".".join(filter(None, (path, part))))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            is_message = isinstance(inner, exceptions.ErrorDetail)
            yield from _flat(inner, path if is_message else f"{path}.{index}".lstrip("."))
    else:
        yield _entry(path, getattr(detail, "code", "invalid"), str(detail))


def _entry(field: str, code: str, detail: str) -> dict[str, str]:
    return {"field": printable(field), "code": code, "detail": _cut(detail)}


def _problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    note({"error.code": code})
    return shape(status, code, _cut(detail), errors=errors or [], request_id=request_id())


def shape(
    status: int, code: str, detail: str, *, errors: list[dict[str, str]], request_id: str
) -> dict[str, Any]:
    """Return the body of a problem. Source: RFC 9457."""
    return {
        "type": f"urn:anlass:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": int(status),
        "detail": detail,
        "code": code,
        "errors": errors,
        "request_id": request_id,
    }


def _cut(detail: str) -> str:
    safe = detail.encode("utf-8", "backslashreplace").decode("utf-8")
    return safe if len(safe) <= LONGEST_DETAIL else f"{safe[: LONGEST_DETAIL - 1]}…"


def _answer(body: dict[str, Any], headers: Mapping[str, str]) -> Response:
    return Response(body, status=body["status"], headers=dict(headers), content_type=CONTENT_TYPE)


def _plain(refusal: Refusal) -> HttpResponse:
    body = _problem(refusal.status, refusal.code, refusal.detail)
    return JsonResponse(body, status=refusal.status, content_type=CONTENT_TYPE)
