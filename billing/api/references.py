"""References to rows: by id, or by the caller's own id (`ext:…`) or a code (`code:…`)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.urls import register_converter

Row = TypeVar("Row", bound=Model)

UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
COLUMNS = {"ext": "external_id", "code": "code"}
LONGEST = 100  # Of the columns referred to.


@dataclass(frozen=True, slots=True)
class Reference:
    """Names a row by one of its unique columns. Whether it is there, only a query knows."""

    column: str
    value: str

    def names(self, row: Model) -> bool:
        """Return whether this names `row`."""
        return str(getattr(row, self.column)) == self.value


class ReferenceConverter:
    """The part of a path that names a row. External ids and codes may contain slashes."""

    regex = "(?:ext|code):.+|[^/]+"

    def to_python(self, value: str) -> str:
        """Return the text as it is: what is malformed is as unknown as what isn't there."""
        return value

    def to_url(self, value: object) -> str:
        """Return the text of an id."""
        return str(value)


register_converter(ReferenceConverter, "reference")


def read_reference(text: str, *, known_as: str) -> Reference | None:
    """
    Return what a text refers to; None if it is malformed.

    `known_as` is the scheme that the row has beside its id: "ext", "code", or "" for none.
    """
    if UUID_FORM.fullmatch(text):
        return Reference("pk", str(UUID(text)))
    scheme, colon, value = text.partition(":")
    is_well_formed = colon and known_as and scheme == known_as
    if not is_well_formed or not value.isprintable() or not 0 < len(value) <= LONGEST:
        return None
    return Reference(COLUMNS[scheme], value)


def referred(rows: QuerySet[Row], references: Iterable[Reference]) -> Sequence[Row]:
    """Return those of `rows` that are referred to, in one query."""
    wanted = Q()
    for column in ("pk", *COLUMNS.values()):
        if values := {each.value for each in references if each.column == column}:
            wanted |= Q(**{f"{column}__in": values})
    return list(rows.filter(wanted)) if wanted else []
