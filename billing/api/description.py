"""What the OpenAPI description says of every operation: how it refuses."""

from typing import Any

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was refused. Source: RFC 9457.",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and how to mend it."},
        "code": {"type": "string", "description": "Stable, for example timeline_contradicts."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
        "request_id": {"type": "string"},
    },
}


def tell_of_problems(result: dict[str, Any], *_: object, **__: object) -> dict[str, Any]:
    """Add to each operation that whatever isn't success is a problem document."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    refusal = {
        "description": "Refused: 400 invalid, 401 no valid key, 404 not there, 409 in conflict.",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = refusal
    return result
