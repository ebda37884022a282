"""Puts what is there into the addresses and bodies that schemathesis makes: most of the time."""

import itertools
import json
import os
import zlib
from typing import Any

import schemathesis
from schemathesis.core.parameters import ParameterLocation

NAMES: dict[str, str] = json.loads(os.environ.get("FUZZED_NAMES", "{}"))
IN_BODIES = {
    "customer": "customers", "contract": "contracts", "plan": "plans", "product": "products",
    "meter": "meters", "subscription": "subscriptions", "event": "events",
}  # fmt: skip

# What texts made at random never are. Mostly taken, so that what is made gets past the first look.
LIKELY: dict[str, Any] = {
    "country": "DE", "currency": "EUR", "vat_id": "", "unit": "C62", "email": "a@example.com",
    "mandate_iban": "", "mandate_reference": "", "buyer_reference": "", "exemption_code": "",
    "exemption_text": "", "electronic_address": "", "electronic_address_scheme": "",
    "delivery_name": "", "delivery_street": "", "delivery_postcode": "", "delivery_city": "",
    "delivery_country": "", "document_format": "zugferd", "url": "http://127.0.0.1:9/hook",
    "at": "2026-01-20T10:00:00Z", "quantity": "2", "unit_price": "9.90", "amount": "5.00",
    "percent": "10", "on": None, "coupon": None,
}  # fmt: skip


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Name what is there, but where the name is what is wrong on purpose."""
    if _is_valid(case, ParameterLocation.PATH) and case.path_parameters:
        parts = [part for part in case.operation.path.split("/") if part]
        for before, part in itertools.pairwise(parts):
            name = part.strip("{}")
            if part != name and before in NAMES and _is_chosen(case.path_parameters[name]):
                case.path_parameters[name] = NAMES[before]
    if _is_valid(case, ParameterLocation.BODY):
        _name_in(case.body)


def _is_valid(case: Any, location: ParameterLocation) -> bool:
    made = case.meta.components.get(location) if case.meta else None
    return made is None or not made.mode.is_negative


def _is_chosen(value: object) -> bool:
    """Return whether a value is replaced: by the value alone, so that a seed plays again."""
    return zlib.crc32(repr(value).encode()) % 8 > 0


def _name_in(body: Any) -> None:
    if isinstance(body, list):
        for each in body:
            _name_in(each)
    if not isinstance(body, dict):
        return
    for name, value in body.items():
        if name in IN_BODIES and isinstance(value, str) and _is_chosen(value):
            body[name] = NAMES[IN_BODIES[name]]
        elif name in LIKELY and _is_chosen(value):
            body[name] = LIKELY[name]
        else:
            _name_in(value)
