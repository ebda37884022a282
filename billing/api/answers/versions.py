"""
States of things: `ETag`, `If-None-Match` and `If-Match`. Source: RFC 9110, section 13.

The ETag of a thing is the hash of what is shown of it, so it changes whenever an answer would. It
is strong: the same bytes.
"""

import hashlib
from typing import Any

from django.db.models import Model
from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from billing.api.problems import Refusal, tell

CHANGING = {"PATCH", "PUT", "DELETE"}
PRIVATE = "private, no-cache"  # Kept by the caller alone, and asked about before it is used.
UNKEPT = "private, no-store"  # Not kept at all: a list has no ETag to ask about it by.


class ChangedMeanwhile(Exception):
    """A thing isn't in the state any more in which the caller saw it."""


class MalformedTag(Exception):
    """`If-Match` holds no ETag."""


tell(
    exceptions={
        ChangedMeanwhile: Refusal(412, "changed_meanwhile"),
        MalformedTag: Refusal(
            400,
            "malformed_etag",
            detail="If-Match holds no ETag: give it as it came, with its quotes.",
        ),
    }
)


def tag_of(shown: Any) -> str:
    """Return the ETag of what is shown of a thing."""
    return tag_of_bytes(JSONRenderer().render(shown))


def tag_of_bytes(content: bytes) -> str:
    """Return the ETag of an answer's body."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """Return whether the caller has this state already."""
    known = [each.removeprefix("W/") for each in parse_etags(_header(request, "If-None-Match"))]
    return tag in known or "*" in known


def is_conditional(request: Request) -> bool:
    """Return whether a change is to be made in a certain state only."""
    return request.method in CHANGING and "If-Match" in request.headers


def lock(row: Model) -> None:
    """Hold a row until the end of the transaction; who only refers to it needn't wait."""
    type(row)._default_manager.select_for_update(no_key=True).get(pk=row.pk)


def refuse_other_state(request: Request, shown: Any) -> None:
    """
    Do nothing if a thing is in the state that the caller saw.

    :raises ChangedMeanwhile: if it isn't.
    :raises MalformedTag: if the caller says no state.
    """
    wanted = parse_etags(_header(request, "If-Match"))
    if not wanted:
        raise MalformedTag
    if "*" not in wanted and tag_of(shown) not in wanted:
        raise ChangedMeanwhile(
            "It was changed since you read it: nothing was done. Read it again (GET), look whether"
            " your change still fits, and send it with the ETag of that answer as If-Match."
        )


def _header(request: Request, name: str) -> str:
    return str(request.headers.get(name, ""))
