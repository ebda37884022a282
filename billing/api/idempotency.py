"""Writing requests, carried out once: a repeated one gets the first one's answer again."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from django.db import connection, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.models import IdempotentRequest
from billing.api.problems import CONTENT_TYPE as PROBLEM
from billing.api.problems import Refusal, tell
from billing.sellers.models import Seller

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")


class IdempotencyKeyReused(Exception):
    """The key belongs to another request already."""


tell(exceptions={IdempotencyKeyReused: Refusal(409, "idempotency_key_reused")})


def carry_out(
    request: Request, *, seller: Seller, action: Callable[[], Response], at: datetime
) -> HttpResponseBase:
    """
    Do something in one transaction, once per Idempotency-Key of the seller.

    A second request under the key waits until the first has ended. Only success is remembered.

    :raises IdempotencyKeyReused: if the key belongs to another request.
    """
    key = request.headers.get(HEADER)
    with transaction.atomic():
        if key is None:
            return action()
        if not KEY.fullmatch(key):
            raise ValidationError(
                {HEADER: ["Give 1 to 255 visible ASCII characters."]}, code="malformed"
            )
        _one_at_a_time(seller, key)
        request_hash = _hash_of(request)
        known = IdempotentRequest.objects.filter(seller=seller, key=key).first()
        if known:
            return _replay(known, request_hash)
        response = action()
        _remember(
            response, IdempotentRequest(seller=seller, key=key, request_hash=request_hash), at
        )
        return response


def _one_at_a_time(seller: Seller, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{seller.pk} {key}"]
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
    row.answer = {  # As text: a JSON column would not keep the order of its names.
        "body": JSONRenderer().render(response.data).decode(),
        "headers": {name: response[name] for name in ("Location",) if name in response},
    }
    row.created_at = at
    row.save(force_insert=True)
