"""What the channels have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from invoices.delivery.models import Delivery, DeliveryAttempt

Ended = DeliveryAttempt.Outcome
LONGEST_ANSWER = 4096


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    How a try ended; `status` is that of HTTP or SMTP, None if there was none.

    Of a refusal, `remedy` says what a human can do. `is_gone` says that the receiver wants no more.
    Of a webhook it is told which address was connected to, and the headers both ways.
    """

    ended: DeliveryAttempt.Outcome
    status: int | None = None
    answer: str = ""
    remedy: str = ""
    is_gone: bool = False
    ip: str | None = None
    request_headers: Mapping[str, str] = field(default_factory=dict)
    answer_headers: Mapping[str, str] = field(default_factory=dict)


class Channel(Protocol):
    """A way to reach someone."""

    def __call__(self, delivery: Delivery, *, at: datetime) -> Outcome:
        """Send a delivery, and say how that ended."""


def excerpt(answer: object) -> str:
    """Return the beginning of what a receiver said, as text that can be stored."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return text.replace("\0", "�")[:LONGEST_ANSWER]
