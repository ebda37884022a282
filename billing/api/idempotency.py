"""Writing requests, carried out once: a repeated one gets the first one's answer again."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.callers.limits import limited_in_time
from billing.api.models import IdempotentRequest
from billing.api.problems import CONTENT_TYPE as PROBLEM
from billing.api.problems import Refusal, tell
from billing.sellers.models import Seller

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")


KEPT = timedelta(hours=24)
FORGOTTEN_AT_ONCE = 5_000  # Rows in a transaction.


class IdempotencyKeyReused(Exception):
    """The key belongs to another request already."""


class RequestInFlight(Exception):
    """The first request under the key hasn't ended."""

    retry_after = 1


class ShownOnce(Response):
    """An answer with a secret: what is kept of it, and given to a repeated request, lacks it."""

    def __init__(self, shown: Any, *, kept: Any, **more: Any) -> None:
        """Answer `shown`; keep `kept`. Nobody on the way may store the answer either."""
        super().__init__(shown, **more)
        self.kept = kept
        self["Cache-Control"] = "no-store"


tell(
    exceptions={
        IdempotencyKeyReused: Refusal(409, "idempotency_key_reused"),
        RequestInFlight: Refusal(409, "idempotency_key_in_flight"),
    }
)


def carry_out(
    request: Request, *, seller: Seller, action: Callable[[], Response], at: datetime
) -> HttpResponseBase:
    """
    Do something in one transaction, once per Idempotency-Key of the seller.

    Only success is remembered, for 24 hours. What was refused or broke off left nothing, and is
    carried out when it comes again. Source: draft-ietf-httpapi-idempotency-key-header.

    :raises IdempotencyKeyReused: if the key belongs to another request.
    :raises RequestInFlight: if another request under the key is being carried out.
    """
    key = request.headers.get(HEADER)
    with limited_in_time():
        if key is None:
            return action()
        if not KEY.fullmatch(key):
            raise ValidationError(
                {HEADER: ["Give 1 to 255 visible ASCII characters."]}, code="malformed"
            )
        _one_at_a_time(seller, key)
        request_hash = _hash_of(request)
        known = IdempotentRequest.objects.filter(seller=seller, key=key).first()
        if known and known.created_at > at - KEPT:
            return _replay(known, request_hash)
        if known:
            known.delete()
        response = action()
        _remember(
            response, IdempotentRequest(seller=seller, key=key, request_hash=request_hash), at
        )
        return response


def forget_old_requests(*, at: datetime) -> int:
    """Delete answers that are no longer given, the oldest first; return how many."""
    old = IdempotentRequest.objects.filter(created_at__lte=at - KEPT).order_by("created_at")
    ids = old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]
    return IdempotentRequest.objects.filter(pk__in=list(ids)).delete()[0]


def _one_at_a_time(seller: Seller, key: str) -> None:
    """Take the key until the transaction ends, and be it by the end of its process."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"{seller.pk} {key}"]
        )
        (is_mine,) = cursor.fetchone()
    if not is_mine:
        raise RequestInFlight(
            "A request under this Idempotency-Key is being carried out: send it again in a second,"
            " and take the answer that the first one gets."
        )


def _hash_of(request: Request) -> str:
    """Hash what was said: the same body may be written with other spaces and in another order."""
    told = json.dumps(
        [request.method, request.get_full_path(), request.data], sort_keys=True, default=str
    )
    return hashlib.sha256(told.encode()).hexdigest()


def _replay(known: IdempotentRequest, request_hash: str) -> HttpResponse:
    if known.request_hash != request_hash:
        raise IdempotencyKeyReused(
            "The Idempotency-Key belongs to another request: take a new one for each request."
        )
    return HttpResponse(
        known.answer["body"],
        status=known.status,
        content_type=_content_type(known.status),
        headers={**known.answer["headers"], REPLAYED: "true"},
    )


def _content_type(status: int) -> str:
    """Return that of an answer. One that refuses a part, and keeps the rest, is remembered too."""
    return PROBLEM if status >= HTTPStatus.BAD_REQUEST else "application/json"


def _remember(response: Response, row: IdempotentRequest, at: datetime) -> None:
    row.status = response.status_code
    kept = response.kept if isinstance(response, ShownOnce) else response.data
    row.answer = {  # As text: a JSON column would not keep the order of its names.
        "body": JSONRenderer().render(kept).decode(),
        "headers": {name: response[name] for name in ("Location",) if name in response},
    }
    row.created_at = at
    row.save(force_insert=True)
