"""Identities of rows: UUIDv7, so that keys sort by time and never meet."""

from functools import lru_cache
from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """
    Return a fresh time-ordered identity.

    Source: RFC 9562, section 5.7.
    """
    return compat.uuid7()


@lru_cache(maxsize=4096)
def uuid_of(text: str) -> UUID:
    """
    Return the identity that a text writes: the engine, which is pure, carries them as texts.

    :raises ValueError: if it writes none.
    """
    return UUID(text)
