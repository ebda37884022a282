"""Keys by which apps act for a seller: made, rotated, revoked, used."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any
from uuid import UUID

from django.db import transaction

from billing.pricing.refused import Refused
from billing.scopes import ALL_SCOPES, EVERYTHING, covers
from billing.sellers.models import ApiKey, Seller
from billing.sellers.queries import prefix_of_mode, valid_keys

SHOWN_CHARACTERS = 16  # Enough to recognise a key by, too few to guess the rest from.
OVERLAP, LONGEST_OVERLAP = timedelta(hours=24), timedelta(days=7)
MOST_NETWORKS = 50
MOST_KEYS = 100  # Valid ones of a seller: each has a share of requests of its own.
USE_NOTED_EVERY = timedelta(minutes=1)


class ApiKeyRefused(Refused):
    """A key can't be made so; the text says why."""


class GrantExceeded(Refused):
    """A key would be able to do more than the key that asks for it."""


class ApiKeyEnded(Exception):
    """A key is revoked, has expired or was rotated: it can't be rotated any more."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a key may do, from where (CIDR; none: anywhere) and until when (None: for ever)."""

    scopes: tuple[str, ...] = (EVERYTHING,)
    networks: tuple[str, ...] = ()
    expires_at: datetime | None = None


def rights_of(api_key: ApiKey) -> Rights:
    """Return what a key may do."""
    networks = tuple(api_key.allowed_networks)
    return Rights(tuple(api_key.scopes), networks, api_key.expires_at)


@transaction.atomic
def create_api_key(
    *,
    seller: Seller,
    name: str,
    at: datetime,
    rights: Rights | None = None,
    within: Rights | None = None,
    key: str | None = None,
) -> tuple[ApiKey, str]:
    """
    Make a key for a seller. Return its row and the key itself, which is shown this once.

    Without `rights` it may do all. `within` are those of the key that asks for it, None where a
    human does. A `key` is given only where it must be known beforehand, as by the demo.

    :raises ApiKeyRefused: if the rights make no sense, the key is of another mode, or the seller
        has `MOST_KEYS` valid ones.
    :raises GrantExceeded: if they go beyond `within`.
    """
    key = key or f"{prefix_of_mode(seller)}{secrets.token_urlsafe(32)}"
    if not key.startswith(prefix_of_mode(seller)):
        raise ApiKeyRefused(f"Keys of this seller begin with {prefix_of_mode(seller)}.")
    allowed = _checked(rights or Rights(), at=at)
    _refuse_more(allowed, within)
    return _made(seller, name, allowed, key=key, at=at), key


@transaction.atomic
def rotate_api_key(
    *, api_key_id: UUID, at: datetime, overlap: timedelta = OVERLAP, within: Rights | None = None
) -> tuple[ApiKey, str]:
    """
    Make another key in the place of one. Return its row and the key itself, shown this once.

    It has the same name, scopes, networks and expiry. The former one works on for the overlap, and
    not at all where that is nothing.

    :raises ApiKeyRefused: if the overlap is too long, or the seller has `MOST_KEYS` valid ones.
    :raises ApiKeyEnded: if the former one is revoked, has expired or was rotated before.
    :raises GrantExceeded: if it may do more than `within`, the rights of the key that asks.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ApiKeyRefused("Two keys overlap for 7 days at most.", field="overlap_seconds")
    former = (
        ApiKey.objects.select_for_update(of=("self",)).select_related("seller").get(pk=api_key_id)
    )
    _refuse_ended(former, at=at)
    _refuse_more(rights_of(former), within)
    key = f"{prefix_of_mode(former.seller)}{secrets.token_urlsafe(32)}"
    rights = rights_of(former)
    if overlap:
        ends_at = at + overlap
        former.expires_at = min(former.expires_at or ends_at, ends_at)
    else:
        former.revoked_at = at
    former.save(update_fields=["expires_at", "revoked_at"])
    return _made(former.seller, former.name, rights, key=key, at=at, replaces=former), key


def revoke_api_key(*, api_key: ApiKey, at: datetime) -> None:
    """End a key's validity at once; revoking it again changes nothing."""
    ApiKey.objects.filter(pk=api_key.pk, revoked_at__isnull=True).update(revoked_at=at)


def note_use(*, api_key: ApiKey, address: IPv4Address | IPv6Address | None, at: datetime) -> None:
    """
    Note when and from where a key was used: once a minute, whatever is requested.

    Requests that come together don't wait for each other: the one that finds the row locked, be it
    by a rotation, leaves it.
    """
    since = at - USE_NOTED_EVERY
    if api_key.last_used_at and api_key.last_used_at > since:
        return
    stale = ApiKey.objects.filter(pk=api_key.pk).exclude(last_used_at__gt=since)
    with transaction.atomic():
        if stale.select_for_update(skip_locked=True, no_key=True).values("pk").first():
            ip = str(address) if address else None
            ApiKey.objects.filter(pk=api_key.pk).update(last_used_at=at, last_used_ip=ip)


def hash_of_key(key: str) -> str:
    """Return what is kept of a key. It has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def _made(
    seller: Seller, name: str, rights: Rights, *, key: str, at: datetime, **more: Any
) -> ApiKey:
    Seller.objects.select_for_update(no_key=True).get(pk=seller.pk)  # One after the other.
    if valid_keys(at=at).filter(seller=seller).count() >= MOST_KEYS:
        raise ApiKeyRefused(
            f"A seller has {MOST_KEYS} valid keys at most: revoke one that nobody uses."
        )
    return ApiKey.objects.create(
        seller=seller,
        name=name,
        prefix=key[:SHOWN_CHARACTERS],
        secret_hash=hash_of_key(key),
        scopes=list(rights.scopes),
        allowed_networks=list(rights.networks),
        created_at=at,
        expires_at=rights.expires_at,
        **more,
    )


def _checked(rights: Rights, *, at: datetime) -> Rights:
    """Return the rights as they are stored: in order, networks written out, nothing twice."""
    unknown = sorted(set(rights.scopes) - set(ALL_SCOPES))
    if unknown or not rights.scopes:
        known = ", ".join(ALL_SCOPES)
        named = f"There is no scope {unknown[0]!r}" if unknown else "A key needs a scope"
        raise ApiKeyRefused(f"{named}: give one of {known}.", field="scopes")
    if rights.expires_at and rights.expires_at <= at:
        raise ApiKeyRefused("It would have expired already.", field="expires_at")
    if len(rights.networks) > MOST_NETWORKS:
        problem = f"A key has {MOST_NETWORKS} networks at most."
        raise ApiKeyRefused(problem, field="allowed_networks")
    return replace(
        rights,
        scopes=tuple(scope for scope in ALL_SCOPES if scope in rights.scopes),
        networks=tuple(dict.fromkeys(map(_network, rights.networks))),
    )


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip()))
    except ValueError as wrong:
        problem = f"{wrong}: give a network such as 198.51.100.0/24 or 2001:db8::/32."
        raise ApiKeyRefused(problem, field="allowed_networks") from wrong


def _refuse_ended(api_key: ApiKey, *, at: datetime) -> None:
    if api_key.revoked_at or (api_key.expires_at and api_key.expires_at <= at):
        raise ApiKeyEnded("The key works no more: make a new one.")
    if ApiKey.objects.filter(replaces=api_key).exists():
        raise ApiKeyEnded("The key was rotated already: rotate the one that came in its place.")


def _refuse_more(wanted: Rights, within: Rights | None) -> None:
    """Refuse what the key that asks for it couldn't do itself, from there, or any longer."""
    if within is None:
        return
    beyond = [scope for scope in wanted.scopes if not covers(within.scopes, scope)]
    if beyond:
        problem = f"The key that asks for it lacks {beyond[0]} itself."
        raise GrantExceeded(problem, field="scopes")
    if not all(_lies_within(each, within.networks) for each in wanted.networks or ("",)):
        problem = f"The key that asks for it works from {', '.join(within.networks)} only."
        raise GrantExceeded(problem, field="allowed_networks")
    if within.expires_at and (not wanted.expires_at or wanted.expires_at > within.expires_at):
        problem = f"The key that asks for it expires at {within.expires_at.isoformat()}."
        raise GrantExceeded(problem, field="expires_at")


def _lies_within(network: str, allowed: tuple[str, ...]) -> bool:
    """Return whether a network, or everywhere if it is none, lies within those allowed."""
    if not allowed or not network:
        return not allowed
    inner = ip_network(network)
    return any(
        inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
        for outer in map(ip_network, allowed)
    )
