"""Readers of what commands are told: what can't be meant is refused with what is wanted."""

from argparse import ArgumentTypeError
from datetime import date


def day(text: str) -> date:
    """
    Read a day.

    :raises ArgumentTypeError: if it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise ArgumentTypeError(f"{text}: give a day as YYYY-MM-DD.") from wrong


def number(text: str) -> int:
    """
    Read a whole number of at least one.

    :raises ArgumentTypeError: if it is none.
    """
    found = int(text) if text.isdecimal() else 0
    if not found:
        raise ArgumentTypeError(f"{text}: give a whole number of at least 1.")
    return found
