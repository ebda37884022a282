"""
Where webhooks may go: to public addresses alone, as their names resolve at that moment.

A name is resolved once; the connection then goes to the address that was looked at, so that a
second answer of the name's server changes nothing.
"""

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

Ip = IPv4Address | IPv6Address

LONGEST_URL = 500
PORTS = {"https": 443, "http": 80}
# Below are mail servers and the like, to which nobody is to speak through us.
FIRST_FREE_PORT = 1024
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.ASCII)
# Prefixes of IPv6 that lead to an address of IPv4 which they hold, or to no one.
# Source: RFC 6052, RFC 8215, RFC 3056, RFC 4380, RFC 3879, RFC 2765, RFC 9637, RFC 9602.
_TUNNELS = [
    ip_network(prefix)
    for prefix in (
        "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", "::/96",
        "::ffff:0:0:0/96", "100::/64", "2001:2::/48", "3fff::/20", "5f00::/16",
    )
]  # fmt: skip
# What Python takes for public, or took in some release: relays, carriers' own, clouds' metadata.
_DEAD = [ip_network(prefix) for prefix in ("192.0.0.0/24", "192.88.99.0/24", "100.64.0.0/10")]


class WebhookUrlRefused(Exception):
    """Webhooks can't go to this address; the text says why."""

    field = "url"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect to, and what to ask for there."""

    scheme: str
    host: str
    port: int
    path: str
    ip: str

    @property
    def authority(self) -> str:
        """The `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """
    Return where a webhook's address leads to now.

    :raises WebhookUrlRefused: if it is malformed, doesn't resolve, or isn't public.
    """
    scheme, host, port, path = _parts(url)
    ips = _resolved(host, port)
    for ip in ips:
        _refuse_private(ip, host)
    if scheme == "http" and not all(ip.is_loopback for ip in ips):
        raise WebhookUrlRefused("Give an address that begins with https://.")
    return Target(scheme, host, port, path, str(ips[0]))


def _parts(url: str) -> tuple[str, str, int, str]:
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise WebhookUrlRefused(
            f"Give at most {LONGEST_URL} visible ASCII characters; names of other scripts as xn--…"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as malformed:
        raise WebhookUrlRefused("This is no address of a web page.") from malformed
    allowed = {"https", "http"} if settings.WEBHOOKS_TO_LOOPBACK else {"https"}
    if parts.scheme not in allowed or not parts.hostname:
        raise WebhookUrlRefused("Give an address that begins with https://.")
    host = parts.hostname.removesuffix(".")  # The same name, as certificates say it.
    if not _HOST.fullmatch(host):
        raise WebhookUrlRefused("This is no name of a machine.")
    if port is not None and port < FIRST_FREE_PORT and port != PORTS[parts.scheme]:
        raise WebhookUrlRefused(f"Take port {PORTS['https']}, or one from {FIRST_FREE_PORT} on.")
    if parts.username is not None or parts.fragment or "\\" in url:
        raise WebhookUrlRefused("Leave out user names, passwords, fragments and backslashes.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or PORTS[parts.scheme], path


def _resolved(host: str, port: int) -> list[Ip]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # Without the zone of link-local addresses: they are refused anyway.
        ips = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    except (OSError, ValueError) as error:
        raise WebhookUrlRefused(f"The name {host} can't be resolved.") from error
    if not ips:
        raise WebhookUrlRefused(f"The name {host} can't be resolved.")
    return ips


def _refuse_private(ip: Ip, host: str) -> None:
    if not _is_public(ip) and not (settings.WEBHOOKS_TO_LOOPBACK and ip.is_loopback):
        raise WebhookUrlRefused(f"{host} is no public address: webhooks go to public ones only.")


def _is_public(ip: Ip) -> bool:
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return _is_public(ip.ipv4_mapped)
        if any(ip in prefix for prefix in _TUNNELS):
            return False
    elif any(ip in prefix for prefix in _DEAD):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
