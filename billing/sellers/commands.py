"""Writes about sellers: keys by which apps act for them, and the test clock."""

import hashlib
import secrets
from datetime import date, datetime

from django.db import transaction

from billing.pricing.refused import Refused
from billing.sellers.models import ApiKey, Seller, TestClock
from billing.sellers.queries import local_date

SHOWN_CHARACTERS = 16  # Enough to recognise a key by, too few to guess the rest from.


class TestClockRefused(Refused):
    """The test clock can't be set or advanced so; the text says why."""

    __test__ = False


def create_api_key(
    *, seller: Seller, name: str, at: datetime, key: str | None = None
) -> tuple[ApiKey, str]:
    """
    Make a key for a seller. Return its row and the key itself, which is shown this once.

    A `key` is given only where it must be known beforehand, as by the demo.
    """
    key = key or f"anl_{'test' if seller.is_test else 'live'}_{secrets.token_urlsafe(32)}"
    row = ApiKey.objects.create(
        seller=seller,
        name=name,
        prefix=key[:SHOWN_CHARACTERS],
        secret_hash=hash_of_key(key),
        created_at=at,
    )
    return row, key


def revoke_api_key(*, api_key: ApiKey, at: datetime) -> None:
    """End a key's validity; revoking it again changes nothing."""
    ApiKey.objects.filter(pk=api_key.pk, revoked_at__isnull=True).update(revoked_at=at)


def hash_of_key(key: str) -> str:
    """Return what is kept of a key. It has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def advance_test_clock(
    *, seller: Seller, to: date, at: datetime, hold_due: bool = False
) -> TestClock:
    """
    Order a seller's test clock to go to a day; the scheduler takes it there, day by due day.

    A seller without a test clock gets one that stands on its present day first. With `hold_due` it
    stops at the first moment of the day: facts of the day can be stated before what is due that
    day is billed, which waits until the clock is told to go on, be it to the same day.

    :raises TestClockRefused: if the seller is not in test mode, the day lies before the clock's,
        or it is already on its way to an earlier day that hasn't been reached.
    """
    if not seller.is_test:
        raise TestClockRefused("Only a seller in test mode has a test clock.")
    TestClock.objects.get_or_create(
        seller=seller, defaults={"today": local_date(seller, at=at), "target_date": None}
    )
    clock = TestClock.objects.select_for_update().get(seller=seller)
    if to < clock.today:
        problem = f"The test clock stands on {clock.today} and can't go back to {to}"
        raise TestClockRefused(f"{problem}: name that day or a later one.", field="to")
    if clock.target_date and to < clock.target_date:
        raise TestClockRefused(
            f"The test clock is on its way to {clock.target_date}: wait, or name a day from it on.",
            field="to",
        )
    clock.target_date = to
    clock.held_date = to if hold_due else None
    # A day that is held stays so until its facts are handled; going on, the clock releases it.
    clock.is_held = clock.is_held or clock.held_date == clock.today
    clock.save(update_fields=["target_date", "held_date", "is_held"])
    return clock
