"""
Rows in large numbers, read plainly: only the columns that a check looks at, as Django's objects.

What Django does for each object that it reads costs more than what checks do with it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import JSONField, Model

from billing.copying import stored

Row = TypeVar("Row", bound=Model)
_ALIKE_AT_MOST = 2000  # Texts that are kept: sellers are printed alike, and charges explained.


def as_objects(
    model: type[Row], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Iterator[Row]:
    """
    Yield rows of some of a model's columns as its objects; another column is read when asked for.

    What is stored as JSON may be shared among them: it is for reading only.
    """
    alias = connection.alias
    as_text = [name for name in columns if _is_json(model, name)]
    for row in rows:
        values = dict(zip(columns, row, strict=True))
        for name in as_text:
            values[name] = _decoded(values[name])
        yield stored(model, values, alias=alias)


def _is_json(model: type[Model], column: str) -> bool:
    return isinstance(model._meta.get_field(column), JSONField)


@lru_cache(_ALIKE_AT_MOST)
def _decoded(text: str | None) -> Any:
    return None if text is None else json.loads(text)
