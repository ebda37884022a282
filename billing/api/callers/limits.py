"""
How much an app may ask for: a bucket of tokens per API key, of which each request takes one.

The buckets stand in Redis, for all web processes together. While it is away nobody is limited: a
limit protects others' share, and no invoice may wait for that. The headers are those of
draft-ietf-httpapi-ratelimit-headers.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from redis.exceptions import RedisError
from throttled import RateLimiterType, Throttled, per_sec
from throttled.exceptions import StoreUnavailableError
from throttled.store import RedisStore

from billing.api.problems import Refusal, tell

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.2
IDLE_SECONDS = 60
LEFT_ALONE_SECONDS = 5.0  # After a fault: not each request shall wait for what is away.


class RateLimited(Exception):
    """The app has asked for more than its share."""

    def __init__(self, *, share: "Share", retry_after: int) -> None:
        """Say after how many seconds to try again."""
        self.share = share
        per_second = settings.API_LIMITS[share.bucket]["per_second"]
        super().__init__(
            f"This API key may send {per_second} requests a second here. Nothing was done: try"
            f" again in {retry_after} s."
        )
        self.retry_after = retry_after


tell(exceptions={RateLimited: Refusal(429, "rate_limited")})


@dataclass(frozen=True, slots=True)
class Share:
    """What is left of an app's share: requests, and in how many seconds the bucket is full."""

    bucket: str
    left: int
    full_after: int

    @property
    def headers(self) -> dict[str, str]:
        """The `RateLimit` headers of the answer."""
        quota = settings.API_LIMITS[self.bucket]
        window = -(-quota["burst"] // quota["per_second"])
        return {
            "RateLimit-Policy": f'"{self.bucket}";q={quota["burst"]};w={window}',
            "RateLimit": f'"{self.bucket}";r={self.left};t={self.full_after}',
        }


class _Fault:
    """Until when Redis is left alone."""

    until = 0.0


def take(caller_id: UUID | int, *, bucket: str) -> Share | None:
    """
    Take a request out of a caller's bucket, and return what is left; None where nothing is limited.

    A caller is an API key, or a membership of staff who look at what apps see.

    :raises RateLimited: if the bucket is empty.
    """
    if not settings.API_LIMITS[bucket]["per_second"] or time.monotonic() < _Fault.until:
        return None
    try:
        result = _bucket(bucket).limit(f"{bucket}:{caller_id}")
    except (RedisError, StoreUnavailableError):
        _Fault.until = time.monotonic() + LEFT_ALONE_SECONDS
        logger.warning("Requests aren't limited: Redis is away", exc_info=True)
        return None
    share = Share(bucket, left=result.state.remaining, full_after=round(result.state.reset_after))
    if result.limited:
        raise RateLimited(share=share, retry_after=max(1, round(result.state.retry_after)))
    return share


@contextmanager
def limited_in_time() -> Iterator[None]:
    """
    Run a request's statements in one transaction, each for `API_STATEMENT_SECONDS` at most.

    A transaction that nobody goes on with is ended too.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true),"
            " set_config('idle_in_transaction_session_timeout', %s, true)",
            [f"{settings.API_STATEMENT_SECONDS}s", f"{IDLE_SECONDS}s"],
        )
        yield


@cache
def _bucket(name: str) -> Throttled:
    quota = settings.API_LIMITS[name]
    return Throttled(
        using=RateLimiterType.TOKEN_BUCKET.value,
        quota=per_sec(quota["per_second"], burst=quota["burst"]),
        store=_store(),
        key_prefix="anlass:api",
    )


@cache
def _store() -> RedisStore:
    patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
    return RedisStore(server=settings.API_LIMITS_URL, options={"CONNECTION_POOL_KWARGS": patience})
