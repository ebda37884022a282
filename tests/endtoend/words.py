"""How the API writes what scenarios say."""

from datetime import date
from decimal import Decimal
from typing import Any

Body = dict[str, Any]
ALWAYS = date(2000, 1, 1)  # The earliest day that the API takes.


def name_of(subscription: str) -> str:
    return subscription or "subscription"


def said(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def day_said(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
