"""Settings of what one app may ask of the API, so that none takes the room of others."""

from typing import Any

from config import env


def _bucket(name: str, *, per_second: int) -> dict[str, Any]:
    """Return how fast a bucket of tokens fills, and how many it holds."""
    rate = env.number(f"{name}_PER_SECOND", per_second)
    return {"per_second": rate, "burst": env.number(f"{name}_BURST", 2 * rate, at_least=rate)}


# Requests of each API key, by the bucket that they are taken from; 0 a second: no limit.
API_LIMITS = {
    "api": _bucket("API_REQUESTS", per_second=100),
    "usage": _bucket("API_USAGE_REQUESTS", per_second=100),
}
API_LIMITS_URL = env.text("REDIS_URL")
# A statement of a request that takes longer is ended, and the request refused.
API_STATEMENT_SECONDS = env.number("API_STATEMENT_SECONDS", 10, at_least=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = env.number("API_BODY_BYTES", 2_621_440, at_least=1024)
