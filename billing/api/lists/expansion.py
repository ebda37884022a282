"""Nested objects instead of their ids: `expand=customer`, one level deep, a query for each name."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from billing.api.answers.expandable import Expandable, tell_expandable
from billing.api.answers.outputs import RowsShown
from billing.api.callers.access import demand
from billing.api.callers.authentication import Caller
from billing.api.inputs.form import Input
from billing.api.inputs.names import NamesField
from billing.api.scoped import Endpoint
from billing.scopes import read_scope

EXPAND = "What is shown as an object instead of its id, or besides, with the scope that it needs"
Output = type[serializers.BaseSerializer[Any]]
Show = Callable[[Endpoint, Sequence[Any]], Iterable[Any]]
Method = TypeVar("Method", bound=Callable[..., Any])
Select = Callable[[QuerySet[Any]], QuerySet[Any]]


@dataclass(frozen=True, kw_only=True)
class _Expansion:
    """
    What can stand within rows, shown as in its own list: by its `output`, or what `show` makes.

    `resource` is the one of the table of scopes that it belongs to: who sees it must be let into
    that too.
    """

    resource: str
    model: type[Model]
    column: str
    output: Output
    show: Show | None = None
    select: Select = lambda rows: rows

    @cached_property
    def scope(self) -> str:
        """
        The scope that is needed to see it.

        :raises ResourceUnknown: if there is no such resource.
        """
        return read_scope(self.resource)

    @cached_property
    def shown(self) -> Show:
        """What shows it."""
        if self.show is not None:
            return self.show
        rows_shown = RowsShown(self.output)
        return lambda _endpoint, rows: rows_shown.show(rows)


@dataclass(frozen=True, kw_only=True)
class Nested(_Expansion):
    """An object that rows name by a column of theirs."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rows must have."""
        return (self.column,)

    def of(self, endpoint: Endpoint, rows: Sequence[Any]) -> list[Any]:
        """Return for each row its object; None where it names none."""
        keys = {getattr(row, self.column) for row in rows} - {None}
        found = list(self.select(endpoint.rows(self.model).filter(pk__in=keys))) if keys else []
        shown = dict(zip((each.pk for each in found), self.shown(endpoint, found), strict=True))
        return [shown.get(getattr(row, self.column)) for row in rows]


@dataclass(frozen=True, kw_only=True)
class NestedMany(_Expansion):
    """The rows of another table that name these by a column of theirs, in order."""

    order: str

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
        for each, shown in zip(found, self.shown(endpoint, found), strict=True):
            by_row[getattr(each, self.column)].append(shown)
        return [by_row[row.pk] for row in rows]


Expansions = Mapping[str, Nested | NestedMany]


def chosen(endpoint: Endpoint, expands: Expansions, asked: Mapping[str, Any]) -> Expansions:
    """
    Return what the caller wants to see expanded.

    :raises ScopeMissing: if it isn't let into one of them, be there any or not.
    """
    found = {name: expands[name] for name in asked.get("expand", ())}
    for nested in found.values():
        demand(cast(Caller, endpoint.request.user), nested.scope)
    return found


def expanded(
    endpoint: Endpoint,
    rows: Sequence[Any],
    shown: Sequence[dict[str, Any]],
    wanted: Expansions,
) -> None:
    """Put into what is shown of rows the objects that are `chosen`: some queries for each name."""
    for name, nested in wanted.items():
        for into, each in zip(shown, nested.of(endpoint, rows), strict=True):
            into[name] = each


def expanding(expands: Expansions) -> OpenApiParameter:
    """Return the description of `expand`: each name with the scope that it needs."""
    scopes = ", ".join(f"`{name}` {nested.scope}" for name, nested in expands.items())
    return parameter("expand", expands, f"{EXPAND}: {scopes}.")


def tell_expansions(output: Output, expands: Expansions) -> None:
    """Let the description of an output know what can stand within it."""
    for name, nested in expands.items():
        is_many = isinstance(nested, NestedMany)
        tell_expandable(output, name, Expandable(output=nested.output, is_many=is_many))


def parameter(name: str, names: Iterable[str], description: str) -> OpenApiParameter:
    """Return the description of a parameter that holds some of the names."""
    return OpenApiParameter(
        name, str, many=True, enum=list(names), style="form", explode=False, description=description
    )


@dataclass(frozen=True, kw_only=True)
class Showing:
    """A single object, with nested ones where they are asked for."""

    output: Output
    expands: Expansions

    def __post_init__(self) -> None:
        """Let the description know."""
        tell_expansions(self.output, self.expands)

    def described(self, method: Method) -> Method:
        """Describe a method that answers with this object, and mark it as one that does."""
        method.showing = self  # type: ignore[attr-defined]
        return extend_schema(parameters=[expanding(self.expands)], responses=self.output)(method)

    def answer(self, endpoint: Endpoint, row: Model, shown: Any) -> Response:
        """Return the object as it is `shown`, and with it what is to be nested."""
        wanted = chosen(endpoint, self.expands, endpoint.asked(self.query))
        answer = dict(shown)
        expanded(endpoint, [row], [answer], wanted)
        return Response(answer)

    @cached_property
    def query(self) -> type[Input]:
        """What a caller can ask for."""
        fields = {"expand": NamesField(names=self.expands, required=False)}
        return type("ExpandQuery", (Input,), fields)
