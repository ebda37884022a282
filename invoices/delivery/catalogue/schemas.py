"""Descriptions of messages: for OpenAPI, and as JSON Schema beside each type."""

from functools import cache
from typing import Any

from drf_spectacular.plumbing import ComponentRegistry, build_mocked_view
from drf_spectacular.utils import OpenApiExample, OpenApiWebhook, extend_schema
from rest_framework import serializers

from billing.api.description.parts import MONEY
from invoices.delivery.catalogue import examples
from invoices.delivery.catalogue.types import TYPES, PublicType
from invoices.delivery.models.endpoints import VERSIONS

_COMPONENTS = "#/components/schemas/"
_DEFINITIONS = "#/$defs/"


class MessageOutput(serializers.Serializer[Any]):
    """What all messages have; `data` differs by type."""

    id = serializers.CharField(
        help_text="The same with each try, resend and replay, as the header `webhook-id`."
    )
    type = serializers.CharField()
    api_version = serializers.ChoiceField(choices=VERSIONS)
    occurred_at = serializers.DateTimeField()
    seller = serializers.UUIDField()
    sequence = serializers.IntegerField(
        help_text="Grows from message to message about one object; drop what is below what you"
        " have of it. `data` is never older than it says."
    )
    transaction_id = serializers.UUIDField(help_text="GET /transactions/{id} tells the story.")
    is_example = serializers.BooleanField(help_text="Whether it only tries an endpoint.")


@cache
def shape_of(public: PublicType) -> type[serializers.Serializer[Any]]:
    """Return the serializer of a type's whole message."""
    name = "".join(part.title() for part in public.name.replace(".", "_").split("_"))
    shown = {"object": public.serializer(help_text=public.description)}
    about = type(f"{name}Data", (serializers.Serializer,), shown)
    return type(f"{name}Message", (MessageOutput,), {"data": about()})


def example_of(public: PublicType) -> dict[str, Any]:
    """Return an example of a type's whole message."""
    return {
        "id": f"evt_{examples.TRANSACTION_ID.replace('-', '')}",
        "type": public.name,
        "api_version": "v1",
        "occurred_at": "2026-03-01T08:15:30.123456Z",
        "seller": examples.SELLER_ID,
        "sequence": 481516,
        "transaction_id": examples.TRANSACTION_ID,
        "is_example": False,
        "data": {"object": public.example},
    }


@cache
def schema_of(public: PublicType) -> dict[str, Any]:
    """
    Return the JSON Schema of a type's whole message.

    Source: JSON Schema 2020-12, which OpenAPI 3.1 describes with.
    """
    registry = ComponentRegistry()
    described_by = extend_schema(request=shape_of(public), responses=None)
    view = build_mocked_view("POST", "/", described_by, registry)
    whole = view.schema.resolve_serializer(shape_of(public), "response")
    parts = {**registry.build({})["schemas"], "Money": MONEY}
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **parts.pop(whole.name)}
    moved: dict[str, Any] = _moved({**described, "$defs": parts})
    return moved


def _moved(node: Any) -> Any:
    """
    Return a description whose parts refer to each other within it.

    Null is both of "anything" and of "null", so that it would never be exactly one of them.
    """
    if isinstance(node, dict):
        return {"anyOf" if key == "oneOf" else key: _moved(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_moved(each) for each in node]
    if isinstance(node, str) and node.startswith(_COMPONENTS):
        return node.replace(_COMPONENTS, _DEFINITIONS)
    return node


def _webhook(public: PublicType) -> OpenApiWebhook:
    described = extend_schema(
        summary=public.description.partition(":")[0].rstrip("."),
        description=public.description,
        tags=["webhooks"],
        request=shape_of(public),
        examples=[OpenApiExample(public.name, example_of(public))],
        responses={"2XX": None},
    )
    return OpenApiWebhook(name=public.name, decorator=described)


# What the description of the API says of each: named in the settings.
WEBHOOKS = [_webhook(public) for public in TYPES.values()]
