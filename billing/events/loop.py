"""A process that does one thing again and again until it is told to stop."""

import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from django.conf import settings
from django.db import connection
from prometheus_client import CollectorRegistry

from billing.monitoring.heartbeat import beat
from billing.monitoring.processes import registry, serve

logger = logging.getLogger(__name__)

WAIT_AFTER_FAULT_SECONDS = 0.5
WAIT_AT_MOST_SECONDS = 15.0


class Loop:
    """
    Repeats an action until SIGTERM or SIGINT; the action that runs then is finished first.

    Each turn beats the process's heart (`is_alive`).

    The action returns how long to wait before the next turn, in seconds. A fault (the database or
    broker away) is logged and waited out with a doubling, jittered back-off.
    """

    def __init__(self, name: str, *, figures: CollectorRegistry | None = None) -> None:
        """Name the loop; it shows the process's own figures, or those that are given."""
        self._name = name
        self._figures = figures or registry()
        self._stopped = threading.Event()

    def run(self, action: Callable[[], float]) -> None:
        """Repeat `action` until the process is told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        serve(self._figures, port=settings.METRICS_PORT, address=settings.METRICS_ADDRESS)
        logger.info("%s ready", self._name)
        faults = 0
        while not self._stopped.is_set():
            beat(self._name)
            try:
                wait = action()
                faults = 0
            except Exception:
                # Whatever it was, the next turn may go well, and must be tried.
                wait = min(WAIT_AFTER_FAULT_SECONDS * 2**faults, WAIT_AT_MOST_SECONDS)
                wait *= random.uniform(0.5, 1.5)  # noqa: S311
                logger.warning("%s: next try in %.1f s", self._name, wait, exc_info=faults == 0)
                faults += 1
                connection.close()  # It may be broken: the next turn opens a fresh one.
            self._stopped.wait(wait)
        logger.info("%s stopped", self._name)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped.set()


class Every:
    """Tells when a period has passed since it last did."""

    def __init__(self, seconds: float) -> None:
        """Set the period in seconds; it has passed at first."""
        self._seconds = seconds
        self._next = 0.0

    def is_over(self) -> bool:
        """Return whether the period has passed, and begin the next if so."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
