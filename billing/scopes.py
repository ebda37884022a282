"""
What an app's key may do: the one table of what the API holds, each read and written apart.

Keys, their forms, the API's refusals and its description all take it from here. A scope is
`customers:read` or `customers:write`; writing includes reading, since each write answers with what
was written. `*` stands for everything and `*:read` for reading everything, what is added to the
API later too.
"""

from collections.abc import Collection
from dataclasses import dataclass

EVERYTHING, READ_ONLY = "*", "*:read"
READ, WRITE = "read", "write"
PRESETS = {EVERYTHING: "Everything", READ_ONLY: "Read everything"}


class ResourceUnknown(LookupError):
    """An address of the API belongs to no resource, so that no key could be kept from it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A part of the API that keys are let into: all addresses that begin alike."""

    name: str
    says: str
    addresses: tuple[str, ...] = ()  # First parts of its addresses; none: its name, with hyphens.
    is_written: bool = True

    @property
    def begins(self) -> tuple[str, ...]:
        """The first parts of its addresses."""
        return self.addresses or (self.name.replace("_", "-"),)

    @property
    def scopes(self) -> tuple[str, ...]:
        """What may be allowed of it."""
        deeds = (READ, WRITE) if self.is_written else (READ,)
        return tuple(f"{self.name}:{deed}" for deed in deeds)


RESOURCES = (
    Resource(
        "seller", "The seller, its VAT registrations, its e-mails' style.", ("seller", "mail-style")
    ),
    Resource("test_clock", "The day of a seller in test mode."),
    Resource(
        "customers",
        "Customers, with balances, VAT id checks and wishes of delivery.",
        ("customers", "balance-movements"),
    ),
    Resource("products", "Products."),
    Resource("meters", "Meters of usage."),
    Resource("plans", "Plans, with their prices."),
    Resource("prices", "Prices and their versions."),
    Resource("coupons", "Coupons."),
    Resource("tax_overrides", "The seller's own decisions on VAT."),
    Resource("exchange_rates", "The seller's own rates of exchange."),
    Resource("contracts", "Contracts, their indexations, and previews of them."),
    Resource("subscriptions", "Subscriptions, their changes, and previews of these."),
    Resource("orders", "Orders of single purchases."),
    Resource("usage", "Records of usage: all that an app needs that meters."),
    Resource("simulations", "Simulations of scenarios; nothing is stored.", is_written=False),
    Resource(
        "invoices",
        "Invoices and credit notes, corrections, what waits to be collected, documents and links.",
        ("invoices", "corrections", "credit-notes", "charges", "waiting-charges", "download-links"),
    ),
    Resource("deliveries", "What was sent to customers and apps."),
    Resource("webhooks", "Endpoints of webhooks.", ("webhook-endpoints", "webhook-event-types")),
    Resource("billing_runs", "How far the billing of a day got.", is_written=False),
    Resource("exports", "Files for advisers.", is_written=False),
    Resource("events", "Events and transactions.", ("events", "transactions"), is_written=False),
    Resource(
        "failures",
        "What couldn't be billed, and why: looked at, talked about, retried, written off.",
        ("failures", "failure-causes"),
    ),
    Resource("api_keys", "API keys: who may make more of them."),
)
ALL_SCOPES = (*PRESETS, *(scope for each in RESOURCES for scope in each.scopes))
_BY_BEGIN = {begin: each for each in RESOURCES for begin in each.begins}


def resource_at(address: str) -> Resource:
    """
    Return what an address belongs to, or the route of it; both as they stand after `/api/v1/`.

    :raises ResourceUnknown: if nothing in the table begins so.
    """
    begin = address.strip("/").partition("/")[0]
    if begin not in _BY_BEGIN:
        problem = f"{begin!r} belongs to no resource: give it one in billing/scopes.py."
        raise ResourceUnknown(problem)
    return _BY_BEGIN[begin]


def needed_scope(address: str, method: str, *, stores: bool) -> str:
    """
    Return the scope that a request needs. What stores nothing, a preview for one, only reads.

    :raises ResourceUnknown: if the address belongs to nothing, or to what is never written.
    """
    resource = resource_at(address)
    reads = method in {"GET", "HEAD", "OPTIONS"} or not stores
    scope = f"{resource.name}:{READ if reads else WRITE}"
    if scope not in resource.scopes:
        raise ResourceUnknown(f"{address!r} writes {resource.name!r}, which is only read.")
    return scope


def read_scope(name: str) -> str:
    """
    Return the scope that is needed to read of a resource.

    :raises ResourceUnknown: if there is none of this name.
    """
    if name not in {each.name for each in RESOURCES}:
        raise ResourceUnknown(f"{name!r} is no resource of billing/scopes.py.")
    return f"{name}:{READ}"


def covers(held: Collection[str], needed: str) -> bool:
    """Return whether who holds `held` may do what `needed` stands for, a preset as well."""
    if EVERYTHING in held or needed in held:
        return True
    resource, _, deed = needed.partition(":")
    return deed == READ and (READ_ONLY in held or f"{resource}:{WRITE}" in held)
