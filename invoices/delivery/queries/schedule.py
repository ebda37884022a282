"""When a delivery is tried again: later and later, not all at one moment."""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta

from invoices.delivery.models import Delivery


def _waits(*minutes: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=each) for each in minutes)


HOUR = 60
# How long to wait after each failed try; after the last there is none. Webhooks go on for three
# days, since an app may be away over a weekend; who waits for an e-mail asks within a day.
WAITS: Mapping[str, Sequence[timedelta]] = {
    "webhook": _waits(0.1, 5, 30, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 20 * HOUR),
    "email": _waits(1, 5, 20, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR),
    "download": _waits(1, 5, 20, HOUR, 4 * HOUR),
}
JITTER = 0.2


def next_wait(delivery: Delivery) -> timedelta | None:
    """Return how long to wait after the latest failed try of a delivery; None: it is given up."""
    waits = WAITS[delivery.channel]
    index = delivery.tries - delivery.earlier_tries - 1
    if index >= len(waits):
        return None
    return waits[index] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
