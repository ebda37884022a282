"""The running system, as tests reach it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.engine import Engine

WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where the website answers, and the processes behind it."""

    url: str
    engine: Engine

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Return when `is_so` says so; else fail, and show what the processes said."""
        self.engine.wait_until(is_so, within=WITHIN, what=what)
