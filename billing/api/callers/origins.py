"""Leaves on each request where it came from, for what is noted of staff's actions."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_network
from typing import Any, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from billing.api.callers.addresses import client_address
from billing.api.request_ids import request_id
from billing.staff.origins import ORIGIN, Origin

NETWORK_BITS = 64  # Of IPv6: what one customer of a provider has for itself at least.


def with_origin(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return middleware that leaves on a request its address and id; it comes behind the id's."""

    def answer_with_origin(request: HttpRequest) -> HttpResponseBase:
        address = client_address(cast(Request, request))  # All that is read of it both have.
        origin = Origin(address=str(address) if address else None, request_id=request_id())
        setattr(request, ORIGIN, origin)
        return answer(request)

    return answer_with_origin


def network_of(request: Any) -> str:
    """
    Return the network from which someone tries to sign in: of IPv6 its 64 leading bits.

    Who has a network of IPv6 would else have a fresh address for each try.
    """
    address = client_address(request)
    if isinstance(address, IPv6Address):
        network = ip_network((address, NETWORK_BITS), strict=False)
        return str(network.network_address)
    return str(address or "0.0.0.0")  # noqa: S104  Not listened at: it stands for an unknown one.
