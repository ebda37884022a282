"""Whether the API answers as its description says: each answer that a test sees is held to it."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs

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


def check_answer(method: str, path: str, *, status: int, media_type: str, body: bytes) -> None:
    """Fail if the description doesn't tell of such an answer of the operation."""
    path, _, query = path.partition("?")
    is_sparse = status == 200 and "fields" in parse_qs(query)
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
    if is_sparse:
        refuse_unknown(said["results"], of=_rows_of(told["content"][media_type]["schema"]))
        return
    _validator(path_of(path), method.lower(), str(status), media_type).validate(said)


def refuse_unknown(rows: list[dict[str, Any]], *, of: dict[str, Any]) -> None:
    """Fail if a field isn't as the description of whole rows says; others may be missing."""
    for row in rows:
        for name, value in row.items():
            _field(json.dumps(of["properties"][name])).validate(value)


def _rows_of(page: dict[str, Any]) -> dict[str, Any]:
    rows = _referred(page)["properties"]["results"]["items"]
    return _referred(rows)


def _referred(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = description()["components"]["schemas"][name]
    return found


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
def _field(schema: str) -> Any:
    components = description()["components"]
    return jsonschema_rs.validator_for(
        {"components": components, "allOf": [json.loads(schema)]}, validate_formats=True
    )


@cache
def _validator(path: str, method: str, status: str, media_type: str) -> Any:
    document = description()
    told = document["paths"][path][method]["responses"][status]["content"][media_type]["schema"]
    return jsonschema_rs.validator_for(
        {"components": document["components"], "allOf": [told]}, validate_formats=True
    )
