"""Who calls: an app, by an API key of one seller; or staff who look at what an app would see."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from billing.api.callers.addresses import client_address, is_within
from billing.api.problems import Refusal, tell
from billing.happenings.context import note
from billing.scopes import PRESETS, READ_ONLY, RESOURCES, covers
from billing.sellers.commands import SHOWN_CHARACTERS, hash_of_key, note_use
from billing.sellers.models import ApiKey, Membership, Seller
from billing.sellers.queries import prefix_of_mode, valid_keys
from billing.staff.signin.factors import has_second_factor

KEY = re.compile(r"anl_(test|live)_[A-Za-z0-9_-]{40,80}", re.ASCII)
SELLER_HEADER = "Anlass-Seller"
LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
NO_HASH = "0" * 64  # Compared with where no key is known by its prefix, so that it takes as long.


class AddressNotAllowed(Exception):
    """A key was used from where it isn't allowed to be used. Told to none but who has the key."""


class StaffWriteNothing(Exception):
    """A session of the admin isn't taken where reading notes something."""


class SellerNotNamed(Exception):
    """Someone who works for several sellers has to say for which."""


tell(
    exceptions={
        AddressNotAllowed: Refusal(
            403,
            "address_not_allowed",
            remedy="Send from one of the key's networks, or take a key without any.",
        ),
        StaffWriteNothing: Refusal(
            403,
            "staff_write_nothing",
            detail="Reading this notes something: it takes an API key, or the admin.",
        ),
        SellerNotNamed: Refusal(
            403,
            "seller_not_named",
            detail=f"You work for several sellers: give the id of one as {SELLER_HEADER}.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts for a seller, and what is allowed to it."""

    seller: Seller
    scopes: Sequence[str]
    name: str
    is_authenticated: bool = True

    def may(self, scope: str) -> bool:
        """Return whether it is allowed what needs `scope`."""
        return covers(self.scopes, scope)

    def __str__(self) -> str:
        return self.name


class ApiKeyAuthentication(BaseAuthentication):
    """Takes `Authorization: Bearer <key>`: one query."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        """
        Return the caller, None if no credentials were given.

        :raises AuthenticationFailed: if the key is malformed, unknown, expired or revoked; never
            says which.
        :raises AddressNotAllowed: if it is used from outside its networks.
        """
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed("Authenticate with `Authorization: Bearer <API key>`.")
        at = timezone.now()
        api_key = _valid(key.strip(), at=at)
        if api_key is None:
            raise AuthenticationFailed("The API key is unknown, has expired or was revoked.")
        address = client_address(request)
        if not is_within(address, api_key.allowed_networks):
            raise AddressNotAllowed(f"The API key isn't allowed to be used from {address}.")
        note_use(api_key=api_key, address=address, at=at)
        note({"anlass.seller_id": str(api_key.seller_id), "anlass.api_key.id": str(api_key.pk)})
        return Caller(api_key.seller, api_key.scopes, f"API key {api_key}"), api_key

    def authenticate_header(self, request: Request) -> str:
        """Return how to authenticate, for `WWW-Authenticate`."""
        return 'Bearer realm="api"'


class StaffAuthentication(BaseAuthentication):
    """
    Takes a session of the admin: staff look at what apps of their seller would see.

    They need the permission for it, since it shows all that a seller has. They write nothing here,
    so that no other site's page can make them; and they see only sellers that they are members of,
    superusers too. Whoever else has a session is as without one.
    """

    def authenticate(self, request: Request) -> tuple[Caller, Membership] | None:
        """
        Return who looks, None if it isn't staff, or for another seller than named.

        :raises SellerNotNamed: if the user works for several sellers, and none is named.
        """
        user: Any = getattr(request._request, "user", None)
        if request.method not in LOOKING or not _may_look(user):
            return None
        found = list(Membership.objects.select_related("seller").filter(user=user)[:1000])
        if named := request.headers.get(SELLER_HEADER, ""):
            found = [each for each in found if str(each.seller_id) == named.strip().lower()]
        if not found:
            return None
        if len(found) > 1:
            raise SellerNotNamed
        note({"anlass.seller_id": str(found[0].seller_id)})
        return Caller(found[0].seller, (READ_ONLY,), f"{user} (staff)"), found[0]


def _may_look(user: Any) -> bool:
    is_staff = isinstance(user, User) and user.is_active and user.is_staff
    return is_staff and has_second_factor(user) and user.has_perm("billing.read_api")


def _valid(key: str, *, at: datetime) -> ApiKey | None:
    if not KEY.fullmatch(key):
        return None
    found = valid_keys(at=at).filter(prefix=key[:SHOWN_CHARACTERS]).first()
    matches = constant_time_compare(found.secret_hash if found else NO_HASH, hash_of_key(key))
    if found is None or not matches:
        return None
    return found if key.startswith(prefix_of_mode(found.seller)) else None


def _told_scopes() -> str:
    """Return the table of scopes, for the API's description."""
    rows = [(f"`{scope}`", says) for scope, says in PRESETS.items()]
    rows += [(" ".join(f"`{scope}`" for scope in each.scopes), each.says) for each in RESOURCES]
    lines = [f"| {scopes} | {says} |" for scopes, says in rows]
    return "\n".join(["| Scopes | Of |", "|---|---|", *lines])


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description tells of API keys."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        says = (
            "An API key of the seller. What it may do are its scopes; each operation names the one"
            " that it needs as `x-required-scope`. To write includes to read.\n\n"
        )
        return {"type": "http", "scheme": "bearer", "description": says + _told_scopes()}


class StaffScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description tells of sessions of the admin."""

    target_class = StaffAuthentication
    name = "staffSession"

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Return that a session will do, where nothing is written."""
        return [{self.name: []}] if auto_schema.method in LOOKING else []

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        says = (
            "A session of the admin. Staff read what their seller's apps would; who works for"
            f" several sellers names one by the header `{SELLER_HEADER}`."
        )
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": says}
