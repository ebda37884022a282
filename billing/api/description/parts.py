"""What the OpenAPI description says beside its operations: problems, headers, money, tags."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from billing.api.description.codes import problem_codes
from billing.api.description.tags import described

JSON = "application/json"
EXAMPLES = Path(__file__).with_name("examples.json")
MONEY: dict[str, Any] = {
    "type": "object",
    "description": "An amount of money, as a decimal string with as many digits as its currency.",
    "required": ["amount", "currency"],
    "properties": {
        "amount": {
            "type": "string",
            "format": "decimal",
            "pattern": r"^-?\d+(\.\d+)?$",
            "examples": ["35.70"],
        },
        "currency": {
            "type": "string",
            "pattern": "^[A-Z]{3}$",
            "description": "ISO 4217.",
            "examples": ["EUR"],
        },
    },
}
PROBLEM_ERROR: dict[str, Any] = {
    "type": "object",
    "description": "What is wrong with one field.",
    "required": ["field", "code", "detail"],
    "properties": {
        "field": {"type": "string", "description": "As a path: lines.0.quantity."},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was refused. Source: RFC 9457.",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:anlass:problem:validation_failed"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and how to mend it."},
        "code": {
            "description": "What went wrong, for programs; more codes may come.",
            "anyOf": [{"$ref": "#/components/schemas/ProblemCode"}, {"type": "string"}],
        },
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemError"}},
        "request_id": {"type": "string", "description": "Also in X-Request-ID: for reports."},
    },
}
HEADERS: dict[str, Any] = {
    "X-Request-ID": {
        "description": "The request's name: yours, or one that was made.",
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "The address of what was made.",
        "schema": {"type": "string", "format": "uri"},
    },
    "Idempotent-Replayed": {
        "description": "`true` if this is the answer to an earlier request under the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "ETag": {
        "description": "The state that is shown: for If-None-Match and If-Match.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "What is left of the key's share, and in how many seconds it is whole again:"
        ' `"api";r=150;t=1`. Not there where nothing is limited.',
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": 'The share of each key: `"api";q=200;w=2`, so many requests in so many'
        " seconds.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "How long to wait, in seconds.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "schema": {"type": "string"},
    },
}


def complete(result: dict[str, Any], *_: object, **__: object) -> dict[str, Any]:
    """Add to the description what all operations refer to."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(
        Money=MONEY, Problem=PROBLEM, ProblemError=PROBLEM_ERROR, ProblemCode=_codes()
    )
    schemas = _without_blank(dict(sorted(components["schemas"].items())))
    components["schemas"] = {name: _of_a_part(name, each) for name, each in schemas.items()}
    components["headers"] = HEADERS
    for path in result["paths"].values():
        for operation in path.values():
            _show_example(operation)
    operations = [each for path in result["paths"].values() for each in path.values()]
    result["tags"] = described({tag for operation in operations for tag in operation["tags"]})
    return result


def _show_example(operation: dict[str, Any]) -> None:
    """Add what a request and its answer look like, if a story was told of the operation."""
    told = _examples().get(operation["operationId"], {})
    body = operation.get("requestBody", {}).get("content", {}).get(JSON)
    if body is not None and "request" in told:
        body["example"] = told["request"]
    answer = operation["responses"].get(str(told.get("status")), {}).get("content", {}).get(JSON)
    if answer is not None:
        answer["example"] = told["response"]


@cache
def _examples() -> dict[str, Any]:
    """Return requests and answers of the API itself, by operation: a test tells them again."""
    found: dict[str, Any] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found


def _of_a_part(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """
    Return a schema without defaults, if it is that of a change of some fields.

    What isn't said stays as it is; clients send defaults that they know of.
    """
    if not name.startswith("Patched"):
        return schema
    properties = {
        field: {word: said for word, said in told.items() if word != "default"}
        for field, told in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _without_blank(schema: Any) -> Any:
    """
    Return a schema in which an address or a code that may be empty is one text.

    Clients would have to tell two types of text apart for it. And where the first takes an empty
    text itself, one of both would refuse it: exactly one may match.
    """
    if isinstance(schema, list):
        return [_without_blank(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    first, *others = schema.get("oneOf", [{}])
    if isinstance(first, dict) and others and _takes_blank(first):
        rest = {name: value for name, value in schema.items() if name != "oneOf"}
        return {**{name: value for name, value in first.items() if name != "format"}, **rest}
    return {name: _without_blank(value) for name, value in schema.items()}


def _takes_blank(schema: dict[str, Any]) -> bool:
    """Return whether a text may be empty by its schema itself, or but for being an address."""
    pattern = schema.get("pattern")
    return schema.get("format") == "email" or (
        pattern is not None and re.match(pattern, "") is not None
    )


def _codes() -> dict[str, Any]:
    codes = problem_codes()
    table = "\n".join(f"* `{each.code}`: {each.means} {each.remedy}" for each in codes)
    return {
        "type": "string",
        "description": f"What went wrong, and what to do.\n\n{table}",
        "enum": [each.code for each in codes],
    }
