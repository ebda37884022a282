"""Identities of rows: UUIDv7, so that keys sort by time and never meet."""

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """
    Return a fresh time-ordered identity.

    Source: RFC 9562, section 5.7.
    """
    return compat.uuid7()
