"""Records as the caller sent them, read and found well-formed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from billing.money import plain_decimal

# What a column of values and amounts holds.
WHOLE_DIGITS, PLACES = 12, 12
_SEPARATOR = "\x1f"  # No field may hold a control character.


@dataclass(frozen=True, slots=True)
class SentRecord:
    """
    A record that names its meter and subscription, be they known or not.

    `subscription` is an id in lower case, or `ext:` and the caller's own id; `at` is in UTC.
    """

    meter: str
    subscription: str
    key: str
    at: datetime
    value: Decimal
    amount: Decimal | None
    properties: Mapping[str, str]

    @property
    def payload_hash(self) -> bytes:
        """What must agree where the key was sent before."""
        amount = "" if self.amount is None else plain_decimal(self.amount)
        told = [self.subscription, self.at.isoformat(), plain_decimal(self.value), amount]
        for name in sorted(self.properties):
            told += (name, self.properties[name])
        return blake2b(_SEPARATOR.join(told).encode(), digest_size=16).digest()

    @property
    def payload(self) -> dict[str, Any]:
        """The record as it can be kept, and read again."""
        return {
            "subscription": self.subscription,
            "at": self.at.isoformat(),
            "value": plain_decimal(self.value),
            "amount": None if self.amount is None else plain_decimal(self.amount),
            "properties": dict(self.properties),
        }


def read_payload(*, meter: str, key: str, payload: Mapping[str, Any]) -> SentRecord:
    """Return a record that was kept."""
    amount = payload["amount"]
    return SentRecord(
        meter=meter,
        subscription=payload["subscription"],
        key=key,
        at=datetime.fromisoformat(payload["at"]).astimezone(UTC),
        value=Decimal(payload["value"]),
        amount=None if amount is None else Decimal(amount),
        properties=payload["properties"],
    )
