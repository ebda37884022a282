"""
Webhooks: a signed message to an endpoint of the seller's app.

Source: Standard Webhooks 1.0.0 (headers, signature, rotation of secrets, 410 Gone).
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from standardwebhooks.webhooks import Webhook
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError

from invoices.delivery.channels.shape import Ended, Outcome, excerpt
from invoices.delivery.models import Delivery, WebhookEndpoint, WebhookSecret
from invoices.delivery.queries.addresses import Target, WebhookUrlRefused, target_of

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
LONGEST_READ = 4096  # Of the answer; the rest is not read.
GONE = 410


def post(delivery: Delivery, *, at: datetime) -> Outcome:
    """Post a delivery's body to where its endpoint is now."""
    endpoint = delivery.endpoint
    assert endpoint is not None, "the database demands one"
    try:
        target = target_of(endpoint.url)
    except WebhookUrlRefused as refused:
        return Outcome(Ended.FAILED, answer=excerpt(refused))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Anlass-Webhooks/1",
        "Host": target.authority,
        "Connection": "close",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signatures(endpoint, delivery, at=at),
    }
    return _post(target, delivery.body.encode(), headers)


def signatures(endpoint: WebhookEndpoint, delivery: Delivery, *, at: datetime) -> str:
    """Return the signatures of a message, one by each secret that is valid now."""
    valid = WebhookSecret.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=at), endpoint=endpoint
    )
    return " ".join(
        Webhook(each.secret).sign(delivery.message_id, _whole_second(at), delivery.body)
        for each in valid.order_by("-created_at")
    )


def _whole_second(at: datetime) -> datetime:
    # The library takes what it is given for UTC, whatever its zone.
    return at.replace(tzinfo=None) - (at.utcoffset() or timedelta())


def _post(target: Target, body: bytes, headers: dict[str, str]) -> Outcome:
    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        with _pool(target) as pool:
            response = pool.urlopen(
                "POST",
                target.path,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                assert_same_host=False,
                preload_content=False,
            )
            try:
                return _outcome(response.status, _read(response, deadline))
            finally:
                response.close()
    except (HTTPError, OSError, ValueError) as error:
        return Outcome(Ended.FAILED, answer=excerpt(f"{type(error).__name__}: {error}"))


def _pool(target: Target) -> HTTPConnectionPool:
    """Return a connection to the very address that was looked at; the name is only shown to it."""
    common: dict[str, Any] = {
        "port": target.port,
        "timeout": Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
        "maxsize": 1,
    }
    if target.scheme == "http":
        return HTTPConnectionPool(target.ip, **common)
    return HTTPSConnectionPool(
        target.ip, server_hostname=target.host, assert_hostname=target.host, **common
    )


def _read(response: BaseHTTPResponse, deadline: float) -> bytes:
    found = b""
    while len(found) < LONGEST_READ and time.monotonic() < deadline:
        part = response.read1(LONGEST_READ - len(found), decode_content=False)
        if not part:
            break
        found += part
    return found


def _outcome(status: int, answer: bytes) -> Outcome:
    if 200 <= status < 300:
        return Outcome(Ended.SENT, status, excerpt(answer))
    return Outcome(Ended.FAILED, status, excerpt(answer), is_gone=status == GONE)
