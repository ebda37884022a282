"""Starts again what died."""

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from config.stack.output import Output
from config.stack.program import DidNotStart

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
STEADY_AFTER = 30.0  # Seconds of life after which a death counts as the first one again.


class Part(Protocol):
    """A process or a service."""

    @property
    def name(self) -> str:
        """The name in the log."""

    @property
    def pid(self) -> int | None:
        """The process id; None while it does not run."""

    def start(self) -> None:
        """Start it again."""


class Watch:
    """A thread that looks after the parts of a stack, and starts again those that died."""

    def __init__(self, parts: Sequence[Part], output: Output) -> None:
        """Watch `parts`, which run already."""
        self._lives = [_Life(part, output) for part in parts]
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a restart under way is finished first."""
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.2):
            for life in self._lives:
                if life.part.pid is None and not self._end.is_set():
                    life.renew()


class _Life:
    """One part's deaths and the pauses between them, which grow while it keeps dying."""

    def __init__(self, part: Part, output: Output) -> None:
        self.part = part
        self._output = output
        self._pause = FIRST_PAUSE
        self._started = time.monotonic()
        self._due: float | None = None

    def renew(self) -> None:
        now = time.monotonic()
        if self._due is None:
            if now - self._started > STEADY_AFTER:
                self._pause = FIRST_PAUSE
            self._due = now + self._pause
            self._say(f"{self.part.name} died. Starting it again in {self._pause:g} s.")
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        elif now >= self._due:
            self._due, self._started = None, now
            self._try()

    def _try(self) -> None:
        try:
            self.part.start()
        except (DidNotStart, OSError) as error:
            self._say(f"{self.part.name} could not be started: {error}")

    def _say(self, text: str) -> None:
        for line in text.splitlines():
            self._output.line("stack", line)
