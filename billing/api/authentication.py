"""Who calls: an app, by the API key of one seller."""

import re
from dataclasses import dataclass

from django.utils.crypto import constant_time_compare
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from billing.sellers.commands import SHOWN_CHARACTERS, hash_of_key
from billing.sellers.models import ApiKey, Seller

KEY = re.compile(r"anl_(test|live)_[A-Za-z0-9_-]{40,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """An app that acts for a seller."""

    api_key: ApiKey
    is_authenticated: bool = True

    @property
    def seller(self) -> Seller:
        """The one seller whose rows it may see."""
        return self.api_key.seller

    def __str__(self) -> str:
        return f"API key {self.api_key.prefix}… ({self.api_key.name})"


class ApiKeyAuthentication(BaseAuthentication):
    """Takes `Authorization: Bearer <key>`; sessions of the admin mean nothing here."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        """
        Return the caller, None if no credentials were given.

        :raises AuthenticationFailed: if the key is malformed, unknown or revoked; never says which.
        """
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed("Authenticate with `Authorization: Bearer <API key>`.")
        api_key = self._valid(key.strip())
        if api_key is None:
            raise AuthenticationFailed("The API key is unknown or was revoked.")
        return Caller(api_key), api_key

    def authenticate_header(self, request: Request) -> str:
        """Return how to authenticate, for `WWW-Authenticate`."""
        return 'Bearer realm="api"'

    def _valid(self, key: str) -> ApiKey | None:
        if not KEY.fullmatch(key):
            return None
        found = (
            ApiKey.objects.select_related("seller")
            .filter(prefix=key[:SHOWN_CHARACTERS], revoked_at=None)
            .first()
        )
        matches = found and constant_time_compare(found.secret_hash, hash_of_key(key))
        return found if matches else None


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description tells of API keys."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "An API key of the seller."}
