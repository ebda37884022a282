"""Nested objects instead of their ids: `expand=customer`, one level deep, a query for each name."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from billing.api.inputs import Input
from billing.api.names import NamesField
from billing.api.outputs import RowsShown
from billing.api.scoped import Endpoint

EXPAND = "What is shown as an object instead of its id, or besides."
Show = Callable[[Endpoint, Sequence[Any]], Iterable[Any]]
Method = TypeVar("Method", bound=Callable[..., Any])
Select = Callable[[QuerySet[Any]], QuerySet[Any]]


@dataclass(frozen=True, kw_only=True)
class Nested:
    """
    An object that rows name by a column of theirs, shown as in its own list.

    `show` makes answers of rows where the output alone can't.
    """

    model: type[Model]
    column: str
    output: type[serializers.BaseSerializer[Any]]
    show: Show | None = None
    select: Select = lambda rows: rows

    is_many: ClassVar[bool] = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rows must have."""
        return (self.column,)

    def of(self, endpoint: Endpoint, rows: Sequence[Any]) -> list[Any]:
        """Return for each row its object; None where it names none."""
        keys = {getattr(row, self.column) for row in rows} - {None}
        found = list(self.select(endpoint.rows(self.model).filter(pk__in=keys))) if keys else []
        shown = dict(zip((each.pk for each in found), self._shown(endpoint, found), strict=True))
        return [shown.get(getattr(row, self.column)) for row in rows]

    @cached_property
    def _shown(self) -> Show:
        return self.show or _by_output(self.output)


@dataclass(frozen=True, kw_only=True)
class NestedMany:
    """The rows of another table that name these by a column of theirs, in order."""

    model: type[Model]
    column: str
    output: type[serializers.BaseSerializer[Any]]
    order: str
    select: Select = lambda rows: rows

    is_many: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rows must have."""
        return ()

    def of(self, endpoint: Endpoint, rows: Sequence[Any]) -> list[Any]:
        """Return for each row what names it."""
        keys = [row.pk for row in rows]
        named = endpoint.rows(self.model).filter(**{f"{self.column}__in": keys})
        found = list(self.select(named.order_by(self.column, self.order))) if keys else []
        by_row: dict[Any, list[Any]] = defaultdict(list)
        for each, shown in zip(found, self._shown(endpoint, found), strict=True):
            by_row[getattr(each, self.column)].append(shown)
        return [by_row[row.pk] for row in rows]

    @cached_property
    def _shown(self) -> Show:
        return _by_output(self.output)


Expansions = Mapping[str, Nested | NestedMany]


def expanded(
    endpoint: Endpoint,
    rows: Sequence[Any],
    shown: Sequence[dict[str, Any]],
    wanted: Expansions,
) -> None:
    """Put into what is shown of rows the objects that are wanted: a query or two for each name."""
    for name, nested in wanted.items():
        for into, each in zip(shown, nested.of(endpoint, rows), strict=True):
            into[name] = each


def parameter(name: str, names: Iterable[str], description: str) -> OpenApiParameter:
    """Return the description of a parameter that holds some of the names."""
    return OpenApiParameter(
        name, str, many=True, enum=list(names), style="form", explode=False, description=description
    )


@dataclass(frozen=True, kw_only=True)
class Showing:
    """A single object, with nested ones where they are asked for."""

    output: type[serializers.BaseSerializer[Any]]
    expands: Expansions

    def described(self, method: Method) -> Method:
        """Describe a method that answers with this object."""
        method.showing = self  # type: ignore[attr-defined]
        told = [parameter("expand", self.expands, EXPAND)]
        return extend_schema(parameters=told, responses=self.output)(method)

    def answer(self, endpoint: Endpoint, row: Model, shown: Any) -> Response:
        """Return the object as it is `shown`, and with it what is to be nested."""
        asked = endpoint.asked(self.query)
        answer = dict(shown)
        wanted = {name: self.expands[name] for name in asked.get("expand", ())}
        expanded(endpoint, [row], [answer], wanted)
        return Response(answer)

    @cached_property
    def query(self) -> type[Input]:
        """What a caller can ask for."""
        fields = {"expand": NamesField(names=self.expands, required=False)}
        return type("ExpandQuery", (Input,), fields)


def _by_output(output: type[serializers.BaseSerializer[Any]]) -> Show:
    """Return what shows rows by an output that needs nothing else."""
    shown = RowsShown(output)
    return lambda _endpoint, rows: shown.show(rows)
