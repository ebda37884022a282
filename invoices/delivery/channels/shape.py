"""What the channels have in common."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from invoices.delivery.models import Delivery, DeliveryAttempt

Ended = DeliveryAttempt.Outcome
LONGEST_ANSWER = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    How a try ended; `status` is that of HTTP or SMTP, None if there was none.

    Of a refusal, `remedy` says what a human can do. `is_gone` says that the receiver wants no more.
    """

    ended: DeliveryAttempt.Outcome
    status: int | None = None
    answer: str = ""
    remedy: str = ""
    is_gone: bool = False


class Channel(Protocol):
    """A way to reach someone."""

    def __call__(self, delivery: Delivery, *, at: datetime) -> Outcome:
        """Send a delivery, and say how that ended."""


def excerpt(answer: object) -> str:
    """Return the beginning of what a receiver said, as text that can be stored."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return text.replace("\0", "�")[:LONGEST_ANSWER]
