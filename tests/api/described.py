"""Whether the API answers as its description says: each answer that a test sees is held to it."""

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
from django.urls import Resolver404, resolve
from drf_spectacular.generators import SchemaGenerator

ROUTE_PART = re.compile(r"<(?:\w+:)?(\w+)>")


@cache
def description() -> dict[str, Any]:
    """The API's description, as it is served."""
    generator = SchemaGenerator()
    found: dict[str, Any] = json.loads(json.dumps(generator.get_schema(public=True)))
    return found


def check_answer(
    method: str, path: str, *, status: int, media_type: str, body: bytes, is_partial: bool = False
) -> None:
    """
    Fail if the description doesn't tell of such an answer of the operation.

    What `is_partial` has the `fields` alone that were asked for.
    """
    operation = operation_of(method, path)
    if operation is None:
        return
    name = operation["operationId"]
    assert str(status) in operation["responses"], f"{name} answers {status}: {body[:300]!r}"
    told = operation["responses"][str(status)]
    if "content" not in told:
        assert not body, f"{name} answers {status} with a body"
        return
    assert media_type in told["content"], f"{name} answers {status} as {media_type}"
    if not media_type.endswith("json"):
        return
    said = json.loads(body)
    if "x-problem-codes" in told:
        assert said["code"] in told["x-problem-codes"], f"{name} refuses with {said['code']}"
    validator = _validator(path_of(path), method.lower(), str(status), media_type)
    wrong = [
        error.message
        for error in validator.iter_errors(said)
        if not is_partial or error.kind.name != "required"
    ]
    assert not wrong, f"{name} answers {status}: {wrong}"


def path_of(path: str) -> str:
    """Return the address as the description writes it: `/api/v1/customers/{id}`."""
    route = resolve(path.partition("?")[0]).route
    return "/" + ROUTE_PART.sub(r"{\1}", route)


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """Return the operation that a request is for; None if the description has none."""
    try:
        found: dict[str, Any] = description()["paths"].get(path_of(path), {})
    except Resolver404:
        return None
    return found.get(method.lower())


@cache
def _validator(path: str, method: str, status: str, media_type: str) -> Any:
    document = description()
    told = document["paths"][path][method]["responses"][status]["content"][media_type]["schema"]
    return jsonschema_rs.validator_for(
        {"components": document["components"], "allOf": [told]}, validate_formats=True
    )
