"""What the OpenAPI description says of every endpoint."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiParameter
from rest_framework.serializers import Serializer

IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="A request is carried out once under its key; sent again, its answer comes again.",
)


TOO_BUSY = {
    "description": (
        "Too busy: earlier facts still wait to be billed, many of them of this seller. Nothing was"
        " recorded; try again after Retry-After, under the same Idempotency-Key."
    ),
    "headers": {
        "Retry-After": {"schema": {"type": "integer"}, "description": "In seconds."},
    },
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class EndpointSchema(AutoSchema):
    """Adds to the description of an endpoint what its base class does for it."""

    def get_override_parameters(
        self,
    ) -> list[OpenApiParameter | Serializer[Any] | type[Serializer[Any]]]:
        """Return the parameters that every request of the method has."""
        stores = getattr(self.view, "writes", False)
        is_writing = stores and self.method in {"POST", "PUT", "PATCH", "DELETE"}
        return [IDEMPOTENCY_KEY] if is_writing else []

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        """Return the answers, with the refusal of facts while too many wait."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        is_stating = getattr(self.view, "bills", False) and self.method == "POST"
        return {**bodies, "429": TOO_BUSY} if is_stating else bodies
