"""Lists in pages: newest first, by cursor, so that a page costs the same however deep it lies."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import BooleanField, Func, Model, QuerySet, Value
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api import messages
from billing.api.inputs.form import Input

TAKE_NEXT = "Take the cursor from `next` of the page before."
CURSOR: messages.Messages = dict.fromkeys(
    ("invalid", "max_string_length", "min_value", "max_value"), TAKE_NEXT
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
    described = extend_schema(parameters=[query], responses=page_of(output))

    def mark(method: Method) -> Method:
        method.is_list = True  # type: ignore[attr-defined]
        return described(method)

    return mark


def page_of(output: type[serializers.BaseSerializer[Any]]) -> Any:
    """Return the description of a page of such rows: the same one for lists of the same rows."""
    if output not in _PAGES:
        _PAGES[output] = _described_page(output)
    return _PAGES[output]


_PAGES: dict[Any, Any] = {}


def _described_page(output: type[serializers.BaseSerializer[Any]]) -> Any:
    return inline_serializer(
        f"{output.__name__.removesuffix('Output')}Page",
        fields={
            "results": output(many=True),
            "next": serializers.URLField(allow_null=True, help_text="Of the next page, if any."),
        },
    )


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
    shown, following = cut(request, rows.order_by(f"-{by}"), asked=asked, cursor=attrgetter(by))
    return Response({"results": show(shown), "next": following})


def cut(
    request: Request,
    rows: QuerySet[Row],
    *,
    asked: dict[str, Any],
    cursor: Callable[[Row], object],
) -> tuple[list[Row], str | None]:
    """Return the first of the rows, and the address of the next page, if there are more."""
    found = list(rows[: asked["limit"] + 1])
    shown = found[: asked["limit"]]
    has_more = len(found) > len(shown)
    return shown, address_from(request, cursor(shown[-1])) if has_more else None


class MarkField(serializers.CharField):
    """A cursor that holds the values by which rows are ordered, as `mark` wrote them."""

    default_error_messages = {"invalid": TAKE_NEXT}

    def __init__(self, **kwargs: Any) -> None:
        """Which values they are is known with the order."""
        super().__init__(required=False, max_length=1000, help_text="From `next`.", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the values as texts."""
        try:
            values = json.loads(urlsafe_b64decode(data.encode()))
        except (ValueError, RecursionError):
            self.fail("invalid")
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            self.fail("invalid")
        return values


def mark(row: Any, by: Sequence[str]) -> str:
    """Return the cursor that holds a row's values of some columns."""
    values = [getattr(row, row._meta.get_field(name).attname) for name in by]
    return urlsafe_b64encode(json.dumps([str(each) for each in values]).encode()).decode()


def marked(model: type[Model], texts: Sequence[str], *, by: Sequence[str]) -> Sequence[Any]:
    """
    Return the values that a mark holds, of columns of a table.

    :raises ValidationError: if no page gave it, nor could have.
    """
    fields = [model._meta.get_field(name) for name in by]
    try:
        return [_storable(field, text) for field, text in zip(fields, texts, strict=True)]
    except (ValueError, OverflowError, DjangoValidationError) as error:
        raise _no_such_cursor() from error


def values_of(known: QuerySet[Any], *, by: Sequence[str], cursor: Any) -> Sequence[Any]:
    """
    Return the values of the row that a cursor is the key of.

    :raises ValidationError: if it isn't among the rows that are known, or has no place in the
        order: nothing is before or behind a value that isn't there.
    """
    found: tuple[Any, ...] | None = known.filter(pk=cursor).values_list(*by).first()
    if found is None or None in found:
        raise _no_such_cursor()
    return found


def _no_such_cursor() -> serializers.ValidationError:
    return serializers.ValidationError({"cursor": [TAKE_NEXT]}, code="invalid")


def _storable(field: Any, text: str) -> Any:
    """Return a value that the database takes for a column: it is compared with one."""
    if "\0" in text:
        raise ValueError(text)
    text.encode()  # Half a pair of surrogates is no text, though JSON can hold it.
    value = field.to_python(text)
    field.run_validators(value)
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(text)
    return value.astimezone(UTC)


def behind(rows: QuerySet[Row], *, by: Sequence[str], values: Sequence[Any]) -> QuerySet[Row]:
    """Return those of `rows`, in descending order of the columns `by`, behind one with values."""
    fields = [rows.model._meta.get_field(name) for name in by]
    known = [
        Value(value, output_field=cast(Any, getattr(field, "target_field", field)))
        for value, field in zip(values, fields, strict=True)
    ]
    # Compared as a row, so that an index on the columns goes straight there.
    return rows.filter(
        Func(
            Func(*by, function="ROW", output_field=BooleanField()),
            Func(*known, function="ROW", output_field=BooleanField()),
            template="(%(expressions)s)",
            arg_joiner=" < ",
            output_field=BooleanField(),
        )
    )


def said_in(request: Request) -> dict[str, str]:
    """Return what the query says; what it says twice with a comma between, as many clients send."""
    return {name: ",".join(said) for name, said in request.query_params.lists()}


def address_from(request: Request, cursor: object) -> str:
    """Return the address of the page that follows a row."""
    query = {**said_in(request), "cursor": str(cursor)}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
