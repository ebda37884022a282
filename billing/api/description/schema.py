"""What the OpenAPI description says of every endpoint."""

import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeVar, cast

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from drf_spectacular.utils import Direction, OpenApiParameter
from rest_framework.serializers import Serializer

from billing.api import problems
from billing.api.answers import versions
from billing.api.answers.expandable import either, expandable_in
from billing.api.answers.versions import CHANGING
from billing.api.callers.access import scope_of
from billing.api.description.codes import example_of, statuses
from billing.api.description.naming import operation_id
from billing.api.problems import told_in

Method = TypeVar("Method", bound=Callable[..., Any])

WRITING = {"POST", "PUT", "PATCH", "DELETE"}
IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="A request is carried out once under its key; sent again, its answer comes again.",
    type={"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
)
REQUEST_ID = OpenApiParameter(
    name="X-Request-ID",
    location=OpenApiParameter.HEADER,
    description=(
        "A name of yours for the request, given back in the answer: up to 100 letters, digits and"
        " `_.-`. Another one is passed over."
    ),
)
IF_MATCH = OpenApiParameter(
    name="If-Match",
    location=OpenApiParameter.HEADER,
    description="The `ETag` that the thing had when you read it: else it stays as it is.",
)
IF_NONE_MATCH = OpenApiParameter(
    name="If-None-Match",
    location=OpenApiParameter.HEADER,
    description="The `ETag` that you have: if it still holds, the answer is 304, without a body.",
)
PATH_PARAMETERS = {
    "id": "Its id (UUID); or `ext:` and your own id, or `code:` and its code, where it has one.",
    "number": "As printed; it may contain slashes.",
    "document": "The document's id (UUID).",
}
QUERY_PARAMETERS = {
    "limit": "So many rows of a page at most.",
    "day": "Only those of this day.",
}
EVERYWHERE = {
    "not_authenticated", "authentication_failed", "bad_request", "defect", "try_again",
    "took_too_long",
}  # fmt: skip
FOUNDATION = ("access", "authentication", "limits")
WITH_BODY = {
    "parse_error", "validation_failed", "body_too_large", "length_required",
    "unsupported_media_type",
}  # fmt: skip
TITLES = {
    400: "Invalid",
    401: "No valid key",
    403: "Not permitted",
    404: "Not there",
    406: "Not in that form",
    411: "Without its length",
    409: "In conflict with what is there",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Not JSON",
    429: "Too much, for now: nothing was recorded; try again after Retry-After",
    500: "A defect",
    503: "Busy or away: try again after Retry-After",
}


def refusing(*codes: str) -> Callable[[Method], Method]:
    """
    Return a decorator that says with which codes a method refuses.

    Those that its module tells of (`problems.tell`) are known for methods that write.
    """

    def noted(method: Method) -> Method:
        method.refuses = codes  # type: ignore[attr-defined]
        return method

    return noted


class EndpointSchema(AutoSchema):
    """Adds to the description of an endpoint what its base class does for it."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the description of an operation, with the scope that a key needs for it."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        scope = {"x-required-scope": scope_of(self.path, self.method, self.view)}
        return {**operation, **scope} if operation else operation

    def get_operation_id(self) -> str:
        """Return the name of the operation, as a client's method would be called."""
        return operation_id(self.path, self.method, stores=self._stores)

    def get_summary(self) -> str:
        """Return what the method does: the first paragraph of its docstring."""
        return " ".join(self._doc.partition("\n\n")[0].split()).removesuffix(".")

    def get_description(self) -> str:  # type: ignore[override]  # As drf-spectacular has it.
        """Return what else the method's docstring says."""
        return self._doc.partition("\n\n")[2].strip()

    def get_override_parameters(
        self,
    ) -> list[OpenApiParameter | Serializer[Any] | type[Serializer[Any]]]:
        """Return the parameters that every request of the method has."""
        found: list[Any] = [REQUEST_ID]
        found += [IDEMPOTENCY_KEY] if self._writes else []
        found += [IF_MATCH] if self._changes_a_thing else []
        found += [IF_NONE_MATCH] if self._shows_a_thing else []
        return found

    def refusals(self) -> dict[int, list[str]]:
        """Return the codes with which the operation refuses, by status."""
        known = statuses()
        found: dict[int, list[str]] = {}
        for code in sorted(self._codes()):
            for status in known[code]:
                found.setdefault(status, []).append(code)
        return dict(sorted(found.items()))

    def _codes(self) -> set[str]:
        codes = EVERYWHERE.union(*(told_in(f"billing.api.callers.{name}") for name in FOUNDATION))
        codes |= set(getattr(self._method, "refuses", ()))
        codes |= self._told_of_files()
        if "{" in self.path:
            codes |= {"not_found"}
        if any(each["in"] == "query" for each in self._get_parameters()):
            codes |= {"validation_failed"}
        if not getattr(self.view, "answers_with_files", False):
            codes |= {"not_acceptable"}
        if self.method in WRITING:
            codes |= WITH_BODY | self._told_in_modules()
        if self._writes:
            codes |= told_in("billing.api.idempotency") | {"out_of_range"}
        if self._changes_a_thing:
            codes |= told_in(versions.__name__)
        if self.method == "POST" and getattr(self.view, "bills", False):
            codes |= {"too_busy"}
        return codes

    def _told_of_files(self) -> set[str]:
        if getattr(getattr(self._method, "listing", None), "exports", False):
            return told_in("billing.api.answers.slots")
        return set()

    def _told_in_modules(self) -> set[str]:
        """Return what the view's modules tell of, and the modules whose inputs they take."""
        own = {kind.__module__ for kind in type(self.view).__mro__}
        taken = {
            getattr(value, "__module__", "")
            for name in own
            for value in vars(sys.modules[name]).values()
        }
        # Of versions refuse those alone that change a thing: it is told of apart.
        modules = {name for name in own | taken if name} - {problems.__name__, versions.__name__}
        return {code for module in modules for code in told_in(module)}

    @property
    def _method(self) -> Any:
        return getattr(self.view, self.method.lower(), None)

    @property
    def _doc(self) -> str:
        return get_doc(self._method)

    @property
    def _shows_a_thing(self) -> bool:
        return self.method == "GET" and not getattr(self._method, "is_list", False)

    @property
    def _changes_a_thing(self) -> bool:
        return self.method in CHANGING and hasattr(self.view, "thing")

    @property
    def _stores(self) -> bool:
        return bool(getattr(self.view, "writes", False))

    @property
    def _writes(self) -> bool:
        return self._stores and self.method in WRITING

    def _get_serializer_name(
        self,
        serializer: Any,
        direction: Direction,
        bypass_extensions: bool = False,  # noqa: FBT001, FBT002
    ) -> str:
        """Return the name of a component: that of the thing, `Customer`, for what is answered."""
        name: str = super()._get_serializer_name(serializer, direction, bypass_extensions)
        return name.removesuffix("Output")

    def _map_basic_serializer(self, serializer: Any, direction: Direction) -> dict[str, Any]:
        """Return the schema of a serializer: with what can be expanded within an output."""
        found: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        for name, each in expandable_in(type(serializer)).items():
            nested = self.resolve_serializer(cast(Serializer[Any], each.output()), direction).ref
            plain = found["properties"].get(name)
            found["properties"][name] = either(plain, nested, name=name, is_many=each.is_many)
        return found

    def _map_serializer_field(
        self,
        field: Any,
        direction: Direction,
        bypass_extensions: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        """Return the schema of a field: with its pattern."""
        found: dict[str, Any] = super()._map_serializer_field(  # type: ignore[no-untyped-call]
            field, direction, bypass_extensions
        )
        is_blank = getattr(field, "allow_blank", False)
        if found.get("oneOf") == [{}, {"type": "null"}]:  # Anything is, null too.
            found = {name: value for name, value in found.items() if name != "oneOf"}
        if pattern := getattr(field, "told_pattern", ""):
            found = {**found, "pattern": f"^({pattern})?$" if is_blank else f"^{pattern}$"}
        return found

    def _get_parameters(self) -> list[dict[str, Any]]:
        """Return the parameters; those that lists share have their description from here."""
        found: list[dict[str, Any]] = super()._get_parameters()
        for each in found:
            if not each.get("description"):
                name = each["name"]
                each["description"] = QUERY_PARAMETERS.get(name, f"Only those of this {name}.")
        return found

    def _resolve_path_parameters(self, variables: Iterable[str]) -> list[dict[str, Any]]:
        """Return the parameters of the path, each with what it may be."""
        found: list[dict[str, Any]] = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for each in found:
            each["description"] = PATH_PARAMETERS.get(each["name"], "Its id (UUID).")
        return found

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        """Return the answers: those of success with their headers, and all refusals."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status, body in bodies.items():
            body["description"] = body.get("description") or HTTPStatus(int(status)).phrase
            body["headers"] = {**body.get("headers", {}), **self._headers(int(status))}
        if self._shows_a_thing:
            bodies["304"] = {"description": "As the caller has it.", "headers": self._headers(304)}
        return {**bodies, **{str(s): _refused(s, codes) for s, codes in self.refusals().items()}}

    def _headers(self, status: int) -> dict[str, Any]:
        names = ["X-Request-ID", "RateLimit", "RateLimit-Policy"]
        is_thing = self._shows_a_thing or self._changes_a_thing
        names += ["ETag"] if is_thing and status != HTTPStatus.NO_CONTENT else []
        names += ["Location"] if status == HTTPStatus.CREATED else []
        names += ["Idempotent-Replayed"] if self._writes else []
        return _referred(names)


def _refused(status: int, codes: list[str]) -> dict[str, Any]:
    names = ["X-Request-ID"]
    names += ["Retry-After"] if status in {429, 503} else []
    names += ["WWW-Authenticate"] if status == HTTPStatus.UNAUTHORIZED else []
    told = ", ".join(f"`{code}`" for code in codes)
    return {
        "description": f"{TITLES.get(status, HTTPStatus(status).phrase)}: {told}.",
        "headers": _referred(names),
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": example_of(status, codes),
            }
        },
        "x-problem-codes": codes,
    }


def _referred(names: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
