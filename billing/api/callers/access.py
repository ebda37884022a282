"""What a caller is allowed: each address of the API needs a scope, known by its route."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django.urls import URLPattern, URLResolver
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from billing.api.callers.authentication import Caller
from billing.api.problems import Refusal, tell
from billing.scopes import needed_scope

ROOT = "api/v1/"
OPEN = {"", "openapi.json", "docs", "redoc"}  # What describes the API is for anyone.
METHODS = ("get", "post", "put", "patch", "delete")


class ScopeMissing(Exception):
    """The key lacks the scope that the operation needs."""


tell(
    exceptions={
        ScopeMissing: Refusal(
            403, "scope_missing", remedy="Take a key with the scope that `detail` names."
        )
    }
)


class HasScope(BasePermission):
    """Lets in who has the scope that the address and the method need."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """
        Return True.

        :raises ScopeMissing: naming the scope that is needed.
        :raises MethodNotAllowed: if the address doesn't know the method: no scope is for it.
        """
        method = str(request.method)
        if method not in view.allowed_methods:
            raise MethodNotAllowed(method)
        demand(cast(Caller, request.user), scope_of(_route(request), method, view))
        return True


def require(request: Request, scopes: Iterable[str]) -> None:
    """
    Do nothing if the caller is allowed what needs all of the scopes.

    For what an operation needs besides its address' own scope, since it shows or passes on what
    belongs to other resources.

    :raises ScopeMissing: naming the first that is missing.
    """
    for scope in scopes:
        demand(cast(Caller, request.user), scope)


def demand(caller: Caller, scope: str) -> None:
    """
    Let a caller go on who may do what needs `scope`.

    :raises ScopeMissing: naming the scope, if it mayn't.
    """
    if not caller.may(scope):
        raise ScopeMissing(f"This needs the scope {scope}, which {caller} lacks.")


def scope_of(address: str, method: str, view: object) -> str:
    """
    Return the scope that a request needs, by the route or the path of its address.

    :raises ResourceUnknown: if it belongs to nothing that keys are let into.
    """
    stores = bool(getattr(view, "writes", True))
    return needed_scope(address.removeprefix("/").removeprefix(ROOT), method, stores=stores)


def refuse_unscoped(patterns: Iterable[URLPattern | URLResolver]) -> None:
    """
    Make sure that each endpoint has its scope, so that no address can be forgotten.

    :raises ResourceUnknown: if one has none: then the process doesn't start.
    """
    for route, view in endpoints(patterns):
        for method in METHODS:
            if hasattr(view, method):
                scope_of(route, method.upper(), view)


def endpoints(
    patterns: Iterable[URLPattern | URLResolver], before: str = ""
) -> Iterator[tuple[str, type[Any]]]:
    """Yield each route with its view, but for those that are open to everybody."""
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from endpoints(pattern.url_patterns, route)
            continue
        if route not in OPEN:
            yield route, pattern.callback.view_class  # type: ignore[attr-defined]


def _route(request: Request) -> str:
    match = request._request.resolver_match
    return match.route if match else ""
