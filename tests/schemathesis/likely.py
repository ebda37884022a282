"""
What requests may well say: names of what is there, days near today, ids that nothing has yet.

Whether a value made at random is replaced, and by which, follows from the value alone, so that a
seed plays again.
"""

import itertools
import json
import os
import re
import zlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.schemathesis.names import HOOK, SELDOM, Names

NAMES: Names = json.loads(os.environ["FUZZED_NAMES"])
NOW = datetime.now(UTC)
_numbers = itertools.count(1)

# What names a thing in bodies and queries, and the resource that it is of.
NAMED = {
    "customer": "customers", "contract": "contracts", "plan": "plans", "product": "products",
    "meter": "meters", "subscription": "subscriptions", "event": "events", "coupon": "coupons",
    "invoice": "invoices", "corrected_invoice": "invoices", "endpoint": "webhook-endpoints",
    "transaction": "transactions", "number": "by-number",
}  # fmt: skip
BARE = {"coupon"}  # Named by its code alone.
OWN = {"external_id", "code", "key"}  # Each its own, or it is there already.
# What texts made at random never are.
TEXTS: dict[str, Any] = {
    "country": "DE", "currency": "EUR", "vat_id": "", "unit": "C62", "email": "a@example.com",
    "mandate_iban": "", "mandate_reference": "", "buyer_reference": "", "exemption_code": "",
    "exemption_text": "", "electronic_address": "", "electronic_address_scheme": "",
    "delivery_name": "", "delivery_street": "", "delivery_postcode": "", "delivery_city": "",
    "delivery_country": "", "document_format": "zugferd", "url": HOOK, "quantity": "2",
    "unit_price": "9.90", "amount": "5.00", "percent": "10", "event_types": [SELDOM],
    "allowed_networks": [], "scopes": ["customers:read"], "address": "a@example.com",
    "gross_from": "1.00", "gross_until": "999999.00", "grouping": "per_event",
}  # fmt: skip
DAYS = re.compile(r"_(from|until|to)$|^(on|day|from|until|to)$")
LATER = re.compile(r"until|expires|ends|_to$|^to$")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\S+")


def number_of(value: object) -> int:
    """Return a number that follows from a value, evenly spread."""
    return zlib.crc32(repr(value).encode()) // 8


def is_chosen(value: object, *, of: int = 8) -> bool:
    """Return whether a value is replaced: all are but one in `of`."""
    return zlib.crc32(repr(value).encode()) % of > 0


def picked(names: list[str], value: object) -> str:
    """Return the one of the names that stands for a value."""
    return names[number_of(value) % len(names)]


def own() -> str:
    """Return an id that nothing has yet."""
    return f"own-{next(_numbers)}"


def with_likely(value: Any) -> Any:
    """Return a body, or what is in it, with most of its values replaced."""
    if isinstance(value, list):
        return [with_likely(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: likely(name, each)
        if is_chosen([name, each]) and not isinstance(each, dict)
        else with_likely(each)
        for name, each in value.items()
    }


def likely(name: str, value: Any) -> Any:
    """Return what stands for a value of this name."""
    if value is None:
        return None
    if named := NAMES.get(NAMED.get(name, "")):
        return picked(named, value).removeprefix("code:" if name in BARE else "")
    if isinstance(value, list):
        return _several(name, value)
    return _text(name, value) if isinstance(value, str) else value


def _several(name: str, values: list[Any]) -> list[Any]:
    known = NAMES.get(name) if name.removesuffix("s") in NAMED else None
    if known:
        return [picked(known, each) for each in values]
    return list(TEXTS[name]) if name in TEXTS else [with_likely(each) for each in values]


def _text(name: str, value: str) -> str:
    if name in OWN:
        return own()
    if DAYS.search(name) or DAY.match(value):
        return _near(name, value)
    return str(TEXTS.get(name, value))


def _near(name: str, value: str) -> str:
    """Return a day near today, or an instant of it; a later one where something ends."""
    is_later = bool(LATER.search(name))
    some = number_of(value) % 20
    if INSTANT.fullmatch(value):
        moment = NOW + (timedelta(days=30 + some) if is_later else timedelta(hours=-some))
        return moment.isoformat(timespec="seconds")
    days = 30 + some if is_later else some - 10
    return date.fromordinal(NOW.date().toordinal() + days).isoformat()
