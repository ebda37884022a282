"""SIGTERM and SIGHUP end a command of the stack as Ctrl-C does: by an exception, tidily."""

import signal
from types import FrameType


class Stopped(BaseException):
    """The process was asked to end by SIGTERM or SIGHUP."""


def raise_on_stop() -> None:
    """From now on SIGTERM and SIGHUP raise `Stopped` in the main thread."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise)


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Stopped(number)
