"""Who states facts: the member of staff at whose request they are stated, if it is one's."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_acting: ContextVar[int | None] = ContextVar("acting", default=None)


def acting() -> int | None:
    """Return the id of the user who acts; None for apps, the calendar and the engine itself."""
    return _acting.get()


@contextmanager
def acting_as(user_id: int | None) -> Iterator[None]:
    """Have the events of facts that are stated meanwhile name who caused them."""
    token = _acting.set(user_id)
    try:
        yield
    finally:
        _acting.reset(token)
