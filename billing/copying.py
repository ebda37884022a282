"""Many rows at once: written by COPY, a tenth of what inserting them costs, and read plainly."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Field, ForeignObject, JSONField, Lookup, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)
_Written = Callable[[Any], Sequence[Any]]


def copy_rows(objects: Collection[Model]) -> None:
    """
    Insert objects of one model that are whole: with their keys, and the database's own defaults.

    The objects learn nothing of what the database adds. Constraints and triggers hold as they do
    for each insert, statement by statement: all rows are one.

    :raises IntegrityError: and others, as an insert does.
    """
    if not objects:
        return
    sql, written = _plan(type(next(iter(objects))))
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(sql) as copy,
    ):
        for each in objects:
            copy.write_row(written(each))


def unsaved(model: type[Row], **values: Any) -> Row:
    """
    Return a row of a model that is not stored, of all its columns' values, as they are stored.

    It skips what Django does for each new object, which costs more than billing does. What is
    given by the database itself is left out.
    """
    row = model.__new__(model)
    row._state = ModelState()
    row.__dict__.update(values)
    return row


def plainly(rows: QuerySet[Row], *, but: Collection[str] = (), **known: Any) -> list[Row]:
    """
    Return the objects of a query of whole rows, without what Django does for each.

    They are as it would return them, but for its signals, and relations that would be read along.
    Columns that nobody asks for can be left out: `but` those are read, and those whose value in
    all rows is `known`.
    """
    columns = [field.attname for field in rows.model._meta.concrete_fields]
    names = [name for name in columns if name not in but and name not in known]
    found: list[Row] = []
    for values in rows.values_list(*names):
        read = dict(zip(names, values, strict=True))
        found.append(stored(rows.model, {**read, **known}, alias=rows.db))
    return found


def stored(model: type[Row], values: Mapping[str, Any], *, alias: str) -> Row:
    """Return a row that was read from a database; its other columns are read if asked for."""
    row = unsaved(model, **values)
    row._state.adding, row._state.db = False, alias
    return row


def relate(row: Model, **others: Model | None) -> None:
    """Tell a row the others that its keys name: it needn't read them."""
    row._state.fields_cache.update(others)


@ForeignObject.register_lookup
@Field.register_lookup
class AnyOf(Lookup[Any]):
    """
    `field__any_of`: as `in`, of many values of one type, which are told as one array.

    Hundreds of single parameters cost more than the query that they ask.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        """Return the condition, and the array as its one parameter."""
        field, params = self.process_lhs(compiler, connection)
        values = list(self.rhs)
        if values and isinstance(values[0], UUID):
            return f"{field} = ANY(%s::uuid[])", [*params, uuid_array(values)]
        return f"{field} = ANY(%s)", [*params, values]


def uuid_array(ids: Iterable[UUID]) -> str:
    """Return ids as PostgreSQL reads an array of them, `uuid[]`: quicker than psycopg writes it."""
    return "{" + ",".join([each.hex for each in ids]) + "}"


@cache
def _plan(model: type[Model]) -> tuple[str, _Written]:
    """Return how rows of a model are copied: the statement, and what is written of an object."""
    fields = [field for field in model._meta.concrete_fields if not _is_given(field)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    read = itemgetter(*(field.attname for field in fields))
    places = [place for place, field in enumerate(fields) if isinstance(field, JSONField)]

    def written(each: Model) -> Sequence[Any]:
        values = list(read(each.__dict__))  # Past the descriptors of keys.
        for place in places:
            if values[place] is not None:
                values[place] = msgspec.json.encode(values[place]).decode()
        return values

    return f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN', written


def _is_given(field: Field[Any, Any]) -> bool:
    """Return whether the database itself gives a column's value: a serial key, or a sequence."""
    is_serial = field.primary_key and not field.has_default()
    is_counted = field.has_db_default() and not field.has_default()
    return is_serial or is_counted
