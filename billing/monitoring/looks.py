"""Looking at what may hang: in a thread of its own, and never twice at once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Generic, TypeVar

from django.db import connection, transaction

T = TypeVar("T")


class Look(Generic[T]):
    """
    A look at something that the process needs.

    While it hangs no other is begun, so that threads don't pile up; nor does it keep the process
    from ending.
    """

    def __init__(self, name: str, look: Callable[[], T]) -> None:
        """`name` is the thread's; what `look` raises is raised to who asks for the answer."""
        self._name = name
        self._look = look
        self._answer: Future[T] | None = None

    def begin(self) -> Future[T]:
        """Begin a look, unless the former still hangs; return its answer, which may never come."""
        if self._answer is None or self._answer.done():
            self._answer = Future()
            run = threading.Thread(
                target=self._run, args=[self._answer], name=self._name, daemon=True
            )
            run.start()
        return self._answer

    def _run(self, answer: Future[T]) -> None:
        try:
            answer.set_result(self._look())
        except BaseException as error:
            answer.set_exception(error)


@contextmanager
def impatient(seconds: float) -> Iterator[None]:
    """
    Give a database connection of the thread's own, which is closed behind it: it proves connecting.

    Statements may take so many seconds. That holds for a transaction: behind a pooler, what is set
    for longer would meet others.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
            yield
    finally:
        connection.close()
