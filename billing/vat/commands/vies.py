"""
Asking VIES, the European Commission's register of VAT ids, over its REST interface.

Source: https://ec.europa.eu/taxation_customs/vies, "checkVatNumber".
"""

import json
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from django.conf import settings

_UNKNOWN = "---"  # What VIES gives where a member state doesn't tell.
_LONGEST_ANSWER = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What VIES said; `is_valid` is None if it, or the member state behind it, gave no answer."""

    is_valid: bool | None
    consultation_number: str = ""
    name: str = ""
    address: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


def ask(vat_id: str, *, requester: str) -> Answer:
    """
    Ask whether a VAT id was issued; `requester` is the asker's own, for a consultation number.

    Whatever is wrong on the way there counts as no answer: it is told in `raw`.
    """
    body = {"countryCode": vat_id[:2], "vatNumber": vat_id[2:]}
    if requester:
        body |= {"requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:]}
    request = Request(  # noqa: S310  # The address is the operator's, not a caller's.
        f"{settings.VIES_URL}/check-vat-number",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    try:
        with urlopen(request, timeout=settings.VIES_TIMEOUT_SECONDS) as response:  # noqa: S310
            return _read(response.read(_LONGEST_ANSWER))
    except HTTPError as error:
        with error:
            told = _read(error.read(_LONGEST_ANSWER))
        return Answer(is_valid=None, raw={"status": error.code, **told.raw})
    except (OSError, HTTPException) as error:
        return Answer(is_valid=None, raw={"error": f"{type(error).__name__}: {error}"[:500]})


def _read(content: bytes) -> Answer:
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return Answer(is_valid=None, raw={"error": "The answer is no JSON object."})
    if not isinstance(told.get("valid"), bool):  # For example MS_UNAVAILABLE.
        return Answer(is_valid=None, raw=told)
    return Answer(
        is_valid=told["valid"],
        consultation_number=_text(told, "requestIdentifier")[:40],
        name=_text(told, "name")[:500],
        address=_text(told, "address")[:1000],
        raw=told,
    )


def _text(told: dict[str, Any], name: str) -> str:
    text = told.get(name)
    return text.strip() if isinstance(text, str) and text.strip() != _UNKNOWN else ""
