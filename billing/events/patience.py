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

TRIES = 4
FIRST_WAIT_SECONDS = 0.2

Result = TypeVar("Result")


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
