"""Reads about sellers."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from billing.sellers.models import ApiKey, Seller, TestClock

# The hour of a seller's day in which it ends: what is collected is dated on the day itself.
LAST_HOUR = 23


class SellerUnclear(Exception):
    """It isn't clear which seller is meant."""


def today(seller: Seller, *, at: datetime) -> date:
    """Return the seller's day: its test clock's, or that of `at` in its time zone."""
    clock = _clock(seller)
    return clock.today if clock else local_date(seller, at=at)


def due_until(seller: Seller, *, at: datetime) -> date:
    """Return the latest day of which what is due may be billed: today, unless it is held."""
    clock = _clock(seller)
    if clock and clock.is_held:
        return clock.today - timedelta(days=1)
    return clock.today if clock else local_date(seller, at=at)


def ended_until(seller: Seller, *, at: datetime) -> date:
    """
    Return the latest day that has ended: today in its last hour, else yesterday.

    The day of a test clock ends when the clock leaves it.
    """
    clock = _clock(seller)
    if clock:
        ends = clock.target_date is not None and clock.today < clock.target_date
        return clock.today if ends else clock.today - timedelta(days=1)
    local = at.astimezone(ZoneInfo(seller.timezone))
    return local.date() if local.hour >= LAST_HOUR else local.date() - timedelta(days=1)


def local_date(seller: Seller, *, at: datetime) -> date:
    """Return the date that `at` falls on in the seller's time zone."""
    return at.astimezone(ZoneInfo(seller.timezone)).date()


def has_clock(seller: Seller) -> bool:
    """Return whether a seller's days are those of a test clock."""
    return _clock(seller) is not None


def sellers_on_real_time() -> Iterable[Seller]:
    """Return the sellers whose days pass by themselves."""
    return Seller.objects.filter(test_clock__isnull=True)


def sellers_with_moving_clock() -> Iterable[Seller]:
    """Return the sellers whose test clock is on its way to a day."""
    return Seller.objects.filter(test_clock__target_date__isnull=False)


def prefix_of_mode(seller: Seller) -> str:
    """Return what a seller's keys begin with: those of a test are told from others at sight."""
    return "anl_test_" if seller.is_test else "anl_live_"


def valid_keys(*, at: datetime) -> QuerySet[ApiKey]:
    """Return the keys that are neither revoked nor expired, with their sellers."""
    lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    return ApiKey.objects.select_related("seller").filter(lasting, revoked_at__isnull=True)


def find_seller(name_or_id: str | None) -> Seller:
    """
    Return the seller that a human means: by id, by name, or the only one.

    :raises SellerUnclear: if there is none, or more than one; the text lists them.
    """
    sellers = list(Seller.objects.order_by("name"))
    found = [
        seller
        for seller in sellers
        if name_or_id is None or name_or_id in (str(seller.id), seller.name)
    ]
    if len(found) == 1:
        return found[0]
    if not sellers:
        raise SellerUnclear("There is no seller yet: make one in the admin first.")
    known = "; ".join(f"{seller.name} ({seller.id})" for seller in sellers)
    unknown = f"No seller is called {name_or_id!r}. " if name_or_id and not found else ""
    raise SellerUnclear(f"{unknown}Name one by --seller, by name or id. There are: {known}.")


def _clock(seller: Seller) -> TestClock | None:
    return TestClock.objects.filter(seller=seller).first() if seller.is_test else None
