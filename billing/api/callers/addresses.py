"""Where a request comes from."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

Address = IPv4Address | IPv6Address


def client_address(request: Request | HttpRequest) -> Address | None:
    """
    Return the address of the caller; None if it can't be told.

    Each proxy adds to X-Forwarded-For who asked it, so that the setting TRUSTED_PROXIES says how
    many entries from the end are to be believed. What stands before them may be anybody's
    invention. A request that passed fewer proxies counts as from whoever connected.
    """
    proxies: int = settings.TRUSTED_PROXIES
    told = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",")]
    if proxies and len(told) >= proxies and told[-proxies]:
        return _read(told[-proxies])
    return _read(request.META.get("REMOTE_ADDR", ""))


def is_within(address: Address | None, networks: Iterable[str]) -> bool:
    """Return whether an address lies in one of the networks; if there are none, any does."""
    allowed = [ip_network(each) for each in networks]
    return not allowed or any(address in each for each in allowed if address is not None)


def _read(text: str) -> Address | None:
    """Return the address; one of IPv4 as such, though it was written as one of IPv6."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
