"""Patience with what passes: a database or broker that is away for a moment."""

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

# Faults of the moment, not of the event: the connection, a deadlock, a shutdown, the time limit.
PASSING = (OperationalError, InterfaceError, SoftTimeLimitExceeded)

# SQLSTATEs of faults that waiting mends: connections, shutdowns, deadlocks and the like, locks
# that are held, too many connections. Not: a full disk, a statement that takes too long. Source:
# PostgreSQL, appendix A (error codes).
PASSING_STATES = ("08", "57P", "40", "55P03", "53300")

TRIES = 4
FIRST_WAIT_SECONDS = 0.2

Result = TypeVar("Result")


def passes_by(error: Exception) -> bool:
    """Return whether waiting mends what the database said, or that it said nothing."""
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    return sqlstate is None or sqlstate.startswith(PASSING_STATES)


def patiently(action: Callable[[], Result]) -> Result | None:
    """
    Do something that is safe to repeat; after a passing fault again, with a jittered back-off.

    Returns None when the last try failed too: the event still waits, and the relay sends it again.
    """
    for attempt in range(TRIES):
        try:
            return action()
        except (OperationalError, InterfaceError) as error:
            connection.close()  # It may be broken: the next query opens a fresh one.
            logger.warning("Passing fault, try %d of %d: %s", attempt + 1, TRIES, error)
            if attempt + 1 < TRIES:
                time.sleep(FIRST_WAIT_SECONDS * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311
    return None
