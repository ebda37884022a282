"""
Webhooks: a signed message to an endpoint of the seller's app.

Source: Standard Webhooks 1.0.0 (headers, signature, rotation of secrets, 410 Gone).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from standardwebhooks.webhooks import Webhook
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, Timeout
from urllib3.exceptions import HTTPError

from billing.happenings import traces
from invoices.delivery.channels.cut import Cut, PlainPool, TlsPool
from invoices.delivery.channels.shape import Ended, Outcome, excerpt
from invoices.delivery.models import Delivery, WebhookEndpoint, WebhookSecret
from invoices.delivery.queries.addresses import Target, WebhookUrlRefused, target_of

CONNECT_SECONDS = 5.0
LONGEST_READ = 4096  # Of the answer; the rest is not read.
MOST_HEADERS, LONGEST_HEADER = 50, 500  # Of the answer, kept.
SIGNATURE = "webhook-signature"
REPLAY = "webhook-replay"
GONE = 410
_TOO_SLOW = Outcome(Ended.FAILED, answer="TimeoutError: it took too long to answer.")


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
        SIGNATURE: signatures(endpoint, delivery, at=at),
    }
    if delivery.is_replay:
        headers[REPLAY] = "true"
    if around := traces.current.get():
        headers |= around.trace.headers
    outcome = _post(target, delivery.body.encode(), headers)
    return replace(outcome, ip=target.ip, request_headers=_kept(headers))


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what was sent, as it may be kept: who reads it can't send it to the app himself."""
    kept = {**headers}
    kept[SIGNATURE] = " ".join("v1,…" for _ in headers[SIGNATURE].split())
    return kept


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
    with Cut(settings.WEBHOOK_SECONDS) as cut:
        try:
            with _pool(target, cut) as pool:
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
                    # Cut short, headers look complete.
                    return _TOO_SLOW if cut.is_done else _outcome(response, cut)
                finally:
                    response.close()
        except (HTTPError, OSError, ValueError) as error:
            said = excerpt(f"{type(error).__name__}: {error}")
            return _TOO_SLOW if cut.is_done else Outcome(Ended.FAILED, answer=said)


def _pool(target: Target, cut: Cut) -> HTTPConnectionPool:
    """Return a connection to the very address that was looked at; the name is only shown to it."""
    seconds = settings.WEBHOOK_SECONDS
    common: dict[str, Any] = {
        "port": target.port,
        "timeout": Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds),
        "maxsize": 1,
        "cut": cut,
    }
    if target.scheme == "http":
        return PlainPool(target.ip, **common)
    return TlsPool(target.ip, server_hostname=target.host, assert_hostname=target.host, **common)


def _outcome(response: BaseHTTPResponse, cut: Cut) -> Outcome:
    status, answer = response.status, excerpt(_read(response, cut))
    ended = Ended.SENT if 200 <= status < 300 else Ended.FAILED
    headers = {
        excerpt(name)[:LONGEST_HEADER]: excerpt(value)[:LONGEST_HEADER]
        for name, value in list(response.headers.items())[:MOST_HEADERS]
    }
    return Outcome(ended, status, answer, is_gone=status == GONE, answer_headers=headers)


def _read(response: BaseHTTPResponse, cut: Cut) -> bytes:
    found = b""
    try:
        while len(found) < LONGEST_READ and not cut.is_done:
            part = response.read1(LONGEST_READ - len(found), decode_content=False)
            if not part:
                break
            found += part
    except (HTTPError, OSError):
        if not cut.is_done:
            raise
    return found
