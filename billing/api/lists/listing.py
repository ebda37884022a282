"""What a list offers: filters, nested objects, some of the fields only, and all of it as a file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from billing.api.answers.export import CSV, NDJSON, columns_of, exported, form_of
from billing.api.answers.outputs import MoneyField, OutputField, RowsShown
from billing.api.answers.pages import (
    MarkField,
    PageQuery,
    PositionPageQuery,
    behind,
    cut,
    mark,
    marked,
    page_of,
    values_of,
)
from billing.api.answers.slots import take_slot
from billing.api.inputs.names import NamesField
from billing.api.lists.expansion import (
    Expansions,
    chosen,
    expanded,
    expanding,
    parameter,
    tell_expansions,
)
from billing.api.lists.filters import Filters
from billing.api.scoped import Endpoint
from billing.sellers.models import ApiKey, Membership

Row = TypeVar("Row", bound=Model)
Show = Callable[[Endpoint, Sequence[Any]], Iterable[Any]]
Bound = Callable[[QuerySet[Any], QuerySet[Any]], QuerySet[Any]]
Method = TypeVar("Method", bound=Callable[..., Any])
FIELDS = "fields"
WANTED = "The fields that are wanted; default: all. The others aren't there then, required or not."


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[Row]):
    """
    A list of rows, newest first: in pages, or wholly as CSV or NDJSON where it can be exported.

    `by` are the columns that say what is newest, the key if they aren't given; an index begins with
    the seller, or with what narrows, and ends with them. `show` makes answers of rows where the
    output alone can't, `bound` says more of what lies behind a row, where rows are ordered by
    another table's. Cursors are keys; where rows have no id, or their order leads by a column that
    changes, `marks` is their table, and cursors hold the values. Where it is `sparse`, callers can
    ask for some fields only.
    """

    output: type[serializers.BaseSerializer[Any]]
    name: str = ""
    filters: type[Filters] = Filters
    by: tuple[str, ...] = ("id",)
    expands: Expansions = field(default_factory=dict)
    sparse: bool = False
    exports: bool = False
    show: Show | None = None
    bound: Bound | None = None
    marks: type[Model] | None = None

    def __post_init__(self) -> None:
        """Let the description know what can stand within a row."""
        tell_expansions(self.output, self.expands)

    def described(self, method: Method) -> Method:
        """Describe a method that answers with this list."""
        method.listing = self  # type: ignore[attr-defined]
        method.is_list = True  # type: ignore[attr-defined]
        page = page_of(self.output)
        answers: Any = {(200, "application/json"): page} if self.exports else page
        if self.exports:
            answers |= {(200, CSV): OpenApiTypes.STR, (200, NDJSON): OpenApiTypes.STR}
        return extend_schema(parameters=[self.query, *self._parameters()], responses=answers)(
            method
        )

    def answer(
        self,
        endpoint: Endpoint,
        rows: QuerySet[Row],
        *,
        asked: dict[str, Any] | None = None,
        known: QuerySet[Row] | None = None,
    ) -> Response:
        """
        Return what is asked for of the seller's `rows`: a page, or all of them as a file.

        `known` are those that a cursor may name, where rows leave the list between two pages.
        """
        asked = endpoint.asked(self.query) if asked is None else asked
        form = form_of(endpoint.request) if self.exports else None
        chosen(endpoint, self.expands, asked)  # Refused here: a file has begun once it is shown.
        wanted = self.filters.wanted(endpoint, asked, wholly=form is not None)
        found = self.filters(wanted, queryset=rows).qs
        order = self._order(wanted)
        if "cursor" in asked:
            found = self._behind(found, rows if known is None else known, order, asked["cursor"])
        found = found.order_by(*(f"-{column}" for column in order))
        found = self._lean(found, asked.get(FIELDS))
        if form:
            return self._file(endpoint, form, found, asked)
        cursor = partial(mark, by=order) if self.marks else attrgetter(self._key)
        shown, following = cut(endpoint.request, found, asked=asked, cursor=cursor)
        return Response({"results": self._shown(endpoint, shown, asked), "next": following})

    @cached_property
    def query(self) -> type[PageQuery]:
        """What a caller can ask for."""
        fields: dict[str, Any] = self.filters.fields()
        if self.expands:
            fields["expand"] = NamesField(names=self.expands, required=False)
        if self.sparse:
            fields[FIELDS] = NamesField(names=self.names, required=False)
        if self.marks:
            fields["cursor"] = MarkField()
        base = PositionPageQuery if self._by_position else PageQuery
        return cast(type[PageQuery], type(f"{self._name}Query", (base,), fields))

    def _file(
        self, endpoint: Endpoint, form: str, rows: QuerySet[Row], asked: Mapping[str, Any]
    ) -> Response:
        if form == CSV and "expand" in asked:
            why = "A CSV has no place for objects: leave it out, or take NDJSON."
            raise serializers.ValidationError({"expand": [why]}, code="not_in_csv")
        columns = columns_of(self._fields(asked.get(FIELDS)))
        return exported(  # type: ignore[return-value]  # Streamed, instead of rendered.
            form,
            rows,
            columns,
            lambda some: self._shown(endpoint, some, asked),
            slot=take_slot(cast(ApiKey | Membership, endpoint.request.auth).pk),
        )

    @property
    def _key(self) -> str:
        return "position" if self._by_position else "pk"

    @property
    def _by_position(self) -> bool:
        return self.by == ("position",)

    @cached_property
    def names(self) -> list[str]:
        """The names of a row's fields."""
        return list(self._rows.fields)

    @property
    def _name(self) -> str:
        """What the description calls it: its rows, unless others are called so."""
        return self.name or self.output.__name__.removesuffix("Output")

    @cached_property
    def _rows(self) -> RowsShown:
        return RowsShown(self.output)

    def _fields(self, names: Sequence[str] | None) -> dict[str, OutputField]:
        fields = self._rows.fields
        return fields if names is None else {name: fields[name] for name in fields if name in names}

    def _parameters(self) -> list[OpenApiParameter]:
        told = [expanding(self.expands)] if self.expands else []
        if self.sparse:
            told.append(parameter(FIELDS, self.names, WANTED))
        return told

    def _order(self, wanted: Mapping[str, Any]) -> list[str]:
        leading = self.filters.leading(wanted)
        return [leading, *self.by] if leading else [*self.by]

    def _behind(
        self, found: QuerySet[Row], known: QuerySet[Row], order: list[str], cursor: Any
    ) -> QuerySet[Row]:
        if self.marks:
            return behind(found, by=order, values=marked(self.marks, cursor, by=order))
        if order in (["id"], ["position"]):
            return found.filter(**{f"{order[0]}__lt": cursor})
        found = behind(found, by=order, values=values_of(known, by=order, cursor=cursor))
        return self.bound(found, known.filter(pk=cursor)) if self.bound else found

    def _lean(self, rows: QuerySet[Row], names: Sequence[str] | None) -> QuerySet[Row]:
        """Return the rows without the columns that nobody asked for, where it is known which."""
        if self.show is not None or not self.sparse:
            return rows
        columns = self._columns.get(None) if names is None else self._named(names)
        return rows.select_related(None).only(*columns) if columns else rows

    def _named(self, names: Sequence[str]) -> set[str] | None:
        found = [self._columns[name] for name in names]
        needed = {each for nested in self.expands.values() for each in nested.columns}
        return (
            {*self.by, *needed, *(column for some in found for column in some or ())}
            if all(some is not None for some in found)
            else None
        )

    @cached_property
    def _columns(self) -> dict[str | None, set[str] | None]:
        """The columns that each field is made of, and all fields (None); None where unknown."""
        known: dict[str | None, set[str] | None] = {}
        for name, each in self._rows.fields.items():
            known[name] = _made_of(each)
        every: list[Any] = list(known.values())
        known[None] = (
            None if None in every else {*self.by, *(one for some in every for one in some)}
        )
        return known

    def _shown(
        self, endpoint: Endpoint, rows: Sequence[Row], asked: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        names = asked.get(FIELDS)
        if self.show is not None:
            shown = [dict(each) for each in self.show(endpoint, rows)]
        else:
            shown = self._rows.show(rows, names)
        expanded(endpoint, rows, shown, chosen(endpoint, self.expands, asked))
        if names is not None:
            keep = {*names, *asked.get("expand", ())}
            shown = [{name: row[name] for name in row if name in keep} for row in shown]
        return shown


def _made_of(each: OutputField) -> set[str] | None:
    """Return the columns that a field of an output is made of; None if only it knows."""
    if isinstance(each, MoneyField):
        return {each.minor, "currency"}
    source = str(each.source or each.field_name)
    return None if source == "*" or "." in source else {source}
