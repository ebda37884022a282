"""What all lines bear that are written on a way: bound once, where a request or an event begins."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Value = str | int | float | bool | list[str]
Fields = Mapping[str, Value]

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
