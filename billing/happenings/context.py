"""What all lines bear that are written on a way: bound once, where a request or an event begins."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Value = str | int | float | bool | list[str]
Fields = Mapping[str, Value]
# Of a line that is told with many others: its message, and its fields as objects in objects.
Row = tuple[str, Mapping[str, Any]]

_bound: ContextVar[dict[str, Value] | None] = ContextVar("bound", default=None)


@contextmanager
def bound(fields: Fields) -> Iterator[None]:
    """Have all lines bear these fields meanwhile, of libraries too; inner ones go before outer."""
    token = _bound.set({**(_bound.get() or {}), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def note(fields: Fields) -> None:
    """Add fields to what was bound last: they hold until its end. Outside of any nothing is."""
    latest = _bound.get()
    if latest is not None:
        latest.update(fields)


def bound_fields() -> Fields:
    """Return what lines bear now, by the dotted names of fields."""
    return _bound.get() or {}


def nested(flat: Fields) -> dict[str, Any]:
    """Return fields by their dotted names as objects in objects."""
    whole: dict[str, Any] = {}
    for name, value in flat.items():
        *groups, leaf = name.split(".")
        place = whole
        for group in groups:
            place = place.setdefault(group, {})
        place[leaf] = value
    return whole
