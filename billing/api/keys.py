"""API keys: `/api-keys`. No key makes another that may do more than itself."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import path, reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.pages import listed
from billing.api.idempotency import ShownOnce
from billing.api.inputs.fields import InstantField, ListField, OneOfField, TextField, WholeField
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.scopes import ALL_SCOPES
from billing.sellers import commands
from billing.sellers.commands import Rights, rights_of
from billing.sellers.commands.keys import LONGEST_OVERLAP, MOST_NETWORKS, OVERLAP
from billing.sellers.models import ApiKey

tell(
    exceptions={
        commands.ApiKeyRefused: Refusal(400, "api_key_refused"),
        commands.GrantExceeded: Refusal(403, "grant_exceeded"),
        commands.ApiKeyEnded: Refusal(409, "api_key_ended"),
    },
    constraints={
        "billing_apikey_replaces_id_key": Refusal(
            409, "api_key_ended", detail="The key was rotated already."
        )
    },
)

KEEP = "Keep it now: it is not shown again."
LOST = "It was shown once, in the first answer to this request. If it was lost, rotate the key."


class ApiKeyInput(Input):
    name = TextField(max_length=100, help_text="What uses it.")
    scopes = ListField(
        child=OneOfField(choices=ALL_SCOPES),
        required=False,
        allow_empty=False,
        max_length=len(ALL_SCOPES),
        help_text="What it may do: no more than the key that asks; by default as much.",
    )
    allowed_networks = ListField(
        child=TextField(max_length=50),
        required=False,
        max_length=MOST_NETWORKS,
        help_text="Networks (CIDR) that it may be used from, for example 198.51.100.0/24; none: "
        "from anywhere. By default those of the key that asks.",
    )
    expires_at = InstantField(
        required=False,
        allow_null=True,
        help_text="From when on it is refused; null: never. By default as the key that asks.",
    )


class RotationInput(Input):
    overlap_seconds = WholeField(
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds()),
        default=int(OVERLAP.total_seconds()),
        help_text="How long the former key works on beside the new one; at most 7 days.",
    )


class ApiKeyOutput(serializers.ModelSerializer[ApiKey]):
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=ALL_SCOPES))
    allowed_networks = serializers.ListField(
        child=serializers.CharField(), help_text="None: it may be used from anywhere."
    )
    replaces = serializers.UUIDField(
        source="replaces_id", allow_null=True, help_text="The key in whose place it came."
    )
    replaced_by = serializers.SerializerMethodField(
        help_text="The key that came in its place, if it was rotated."
    )

    class Meta:
        model = ApiKey
        fields = [
            "id", "name", "prefix", "scopes", "allowed_networks", "created_at", "expires_at",
            "revoked_at", "last_used_at", "last_used_ip", "replaces", "replaced_by",
        ]  # fmt: skip

    @extend_schema_field({"type": ["string", "null"], "format": "uuid"})
    def get_replaced_by(self, key: ApiKey) -> str | None:
        """Return the id of the key that came in its place."""
        successor = getattr(key, "replaced_by", None)
        return str(successor.pk) if successor else None


class NewApiKeyOutput(ApiKeyOutput):
    secret = serializers.CharField(
        allow_null=True,
        help_text="The key itself, shown this once: null in the answer to a repeated request.",
    )
    secret_note = serializers.CharField(help_text="What is to be known of `secret`.")

    class Meta(ApiKeyOutput.Meta):
        fields = [*ApiKeyOutput.Meta.fields, "secret", "secret_note"]


class _OfKeys(Endpoint):
    def keys(self) -> QuerySet[ApiKey]:
        """Return the seller's keys, with what replaced them."""
        return self.rows(ApiKey).select_related("replaced_by")

    def own_rights(self) -> Rights:
        """Return what the key that asks may do itself."""
        auth = self.request.auth
        assert isinstance(auth, ApiKey)  # Staff don't write here.
        return rights_of(auth)

    def shown_once(self, key: ApiKey, secret: str) -> Response:
        """Return the answer with the secret, of which all but the secret is kept."""
        row = ApiKeyOutput(key).data
        address = reverse("api-key", kwargs={"id": key.pk})
        return ShownOnce(
            {**row, "secret": secret, "secret_note": KEEP},
            kept={**row, "secret": None, "secret_note": LOST},
            status=201,
            headers={"Location": self.request.build_absolute_uri(address)},
        )


class ApiKeysView(_OfKeys):
    @listed(ApiKeyOutput)
    def get(self, request: Request) -> Response:
        """List the seller's API keys, newest first; those that ended too."""
        return self.page(self.keys(), _shown)

    @extend_schema(request=ApiKeyInput, responses={201: NewApiKeyOutput})
    def post(self, request: Request) -> Response:
        """Make an API key; the answer holds its secret, this once."""
        said, own = self.said(ApiKeyInput), self.own_rights()
        rights = Rights(
            scopes=tuple(said.get("scopes", own.scopes)),
            networks=tuple(said.get("allowed_networks", own.networks)),
            expires_at=said.get("expires_at", own.expires_at),
        )
        key, secret = commands.create_api_key(
            seller=self.seller, name=said["name"], rights=rights, within=own, at=timezone.now()
        )
        return self.shown_once(key, secret)


class ApiKeyView(_OfKeys):
    @extend_schema(responses=ApiKeyOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show an API key: all but its secret."""
        return Response(ApiKeyOutput(self.find(self.keys(), id, known_as="")).data)


class RotateApiKeyView(_OfKeys):
    @extend_schema(request=RotationInput, responses={201: NewApiKeyOutput})
    def post(self, request: Request, id: str) -> Response:
        """
        Make a new API key in the place of one, which works on for a while.

        It has the name, scopes, networks and expiry of the former one. The answer holds its
        secret, this once.
        """
        former = self.find(self.keys(), id, known_as="")
        overlap = timedelta(seconds=self.said(RotationInput)["overlap_seconds"])
        key, secret = commands.rotate_api_key(
            api_key_id=former.pk, overlap=overlap, within=self.own_rights(), at=timezone.now()
        )
        return self.shown_once(key, secret)


class RevokeApiKeyView(_OfKeys):
    @extend_schema(request=None, responses=ApiKeyOutput)
    def post(self, request: Request, id: str) -> Response:
        """Revoke an API key at once, be it the one that asks; again, it changes nothing."""
        key = self.find(self.keys(), id, known_as="")
        commands.revoke_api_key(api_key=key, at=timezone.now())
        return Response(ApiKeyOutput(self.keys().get(pk=key.pk)).data)


def _shown(keys: Sequence[ApiKey]) -> Any:
    return ApiKeyOutput(keys, many=True).data


urlpatterns = [
    path("api-keys", ApiKeysView.as_view(), name="api-keys"),
    path("api-keys/<reference:id>/rotate", RotateApiKeyView.as_view(), name="api-key-rotate"),
    path("api-keys/<reference:id>/revoke", RevokeApiKeyView.as_view(), name="api-key-revoke"),
    path("api-keys/<reference:id>", ApiKeyView.as_view(), name="api-key"),
]
