"""What the OpenAPI description says of every endpoint."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import Serializer

IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="A request is carried out once under its key; sent again, its answer comes again.",
)


class EndpointSchema(AutoSchema):
    """Adds to the description of an endpoint what its base class does for it."""

    def get_override_parameters(
        self,
    ) -> list[OpenApiParameter | Serializer[Any] | type[Serializer[Any]]]:
        """Return the parameters that every request of the method has."""
        stores = getattr(self.view, "writes", False)
        is_writing = stores and self.method in {"POST", "PUT", "PATCH", "DELETE"}
        return [IDEMPOTENCY_KEY] if is_writing else []
