"""Lists in pages: newest first, by cursor, so that a page costs the same however deep it lies."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api import messages
from billing.api.inputs import Input

CURSOR: messages.Messages = dict.fromkeys(
    ("invalid", "max_string_length", "min_value", "max_value"),
    "Take the cursor from `next` of the page before.",
)
Row = TypeVar("Row", bound=Model)
Method = TypeVar("Method", bound=Callable[..., Response])


class PageQuery(Input):
    """Which page of a list is wanted."""

    limit = serializers.IntegerField(
        min_value=1, max_value=100, default=50, error_messages=messages.WHOLE
    )
    cursor = serializers.UUIDField(
        required=False, help_text="From `next` of the page before.", error_messages=CURSOR
    )


class PositionPageQuery(PageQuery):
    """Which page of a list that is ordered by position is wanted."""

    cursor = serializers.IntegerField(  # type: ignore[assignment]
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="From `next`.",
        error_messages={**messages.WHOLE, **CURSOR},
    )


def listed(
    output: type[serializers.BaseSerializer[Any]], *, query: type[PageQuery] = PageQuery
) -> Callable[[Method], Method]:
    """Return a decorator that describes a method which answers with a page of such rows."""
    name = output.__name__.removesuffix("Output")
    answer = inline_serializer(
        f"{name}Page",
        fields={
            "results": output(many=True),
            "next": serializers.URLField(allow_null=True, help_text="Of the next page, if any."),
        },
    )
    return extend_schema(operation_id=f"{name}_list", parameters=[query], responses=answer)


def page(
    request: Request,
    rows: QuerySet[Row],
    *,
    asked: dict[str, Any],
    show: Callable[[Sequence[Row]], Any],
    by: str = "id",
) -> Response:
    """Return one page of `rows` as `show` gives them, and the address of the next, if any."""
    if "cursor" in asked:
        rows = rows.filter(**{f"{by}__lt": asked["cursor"]})
    found = list(rows.order_by(f"-{by}")[: asked["limit"] + 1])
    shown = found[: asked["limit"]]
    has_more = len(found) > len(shown)
    following = _address(request, getattr(shown[-1], by)) if has_more else None
    return Response({"results": show(shown), "next": following})


def _address(request: Request, cursor: object) -> str:
    query = {**request.query_params.dict(), "cursor": str(cursor)}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
