"""Writes about sellers, and about the keys by which apps act for them."""

from billing.sellers.commands.keys import (
    SHOWN_CHARACTERS,
    ApiKeyEnded,
    ApiKeyRefused,
    GrantExceeded,
    Rights,
    create_api_key,
    hash_of_key,
    note_use,
    revoke_api_key,
    rights_of,
    rotate_api_key,
)
from billing.sellers.commands.sellers import (
    DetailsIncomplete,
    RegistrationEndedAlready,
    RegistrationRefused,
    TestClockRefused,
    advance_test_clock,
    change_seller,
    end_registration,
    register_seller,
)

__all__ = [
    "SHOWN_CHARACTERS",
    "ApiKeyEnded",
    "ApiKeyRefused",
    "DetailsIncomplete",
    "GrantExceeded",
    "RegistrationEndedAlready",
    "RegistrationRefused",
    "Rights",
    "TestClockRefused",
    "advance_test_clock",
    "change_seller",
    "create_api_key",
    "end_registration",
    "hash_of_key",
    "note_use",
    "register_seller",
    "revoke_api_key",
    "rights_of",
    "rotate_api_key",
]
