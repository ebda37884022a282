"""Writes of the endpoints of a seller's apps."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from billing.pricing.refused import Refused
from billing.sellers.models import Seller
from invoices.delivery.models import WebhookEndpoint, WebhookSecret
from invoices.delivery.queries.addresses import target_of

State = WebhookEndpoint.State
OLD_SECRET_SIGNS = timedelta(hours=24)
BY_HAND = "By hand."


class EndpointNotEnabled(Refused):
    """An endpoint that is disabled or deleted is told nothing."""


@transaction.atomic
def create_endpoint(
    *, seller: Seller, url: str, event_types: Sequence[str], description: str, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """
    Record an endpoint. Return it and its secret, which is shown this once.

    :raises WebhookUrlRefused: if the address isn't public.
    """
    target_of(url)
    endpoint = WebhookEndpoint.objects.create(
        seller=seller,
        url=url,
        event_types=list(event_types),
        description=description,
        created_at=at,
    )
    return endpoint, _new_secret(endpoint, at=at)


def change_endpoint(
    *,
    endpoint_id: UUID,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    description: str | None = None,
) -> WebhookEndpoint:
    """
    Change what is given; what is on its way goes to the new address from its next try on.

    Since when the former address failed doesn't count against the new one.

    :raises WebhookUrlRefused: if the address isn't public.
    """
    if url is not None:
        target_of(url)
    said = {"url": url, "event_types": event_types, "description": description}
    changed = {name: value for name, value in said.items() if value is not None}
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
        moves = url is not None and url != endpoint.url
        for name, value in changed.items():
            setattr(endpoint, name, value)
        if moves:
            endpoint.failing_since = None
        endpoint.save(update_fields=[*changed, "failing_since"])
    return endpoint


def delete_endpoint(*, endpoint_id: UUID, at: datetime) -> None:
    """Tell an endpoint nothing more, for good; what was delivered to it stays on record."""
    _stop(endpoint_id, State.DELETED, at=at)


def disable_endpoint(*, endpoint_id: UUID, at: datetime) -> WebhookEndpoint:
    """Tell an endpoint nothing more until it is enabled; what happens meanwhile is not kept."""
    return _stop(endpoint_id, State.DISABLED, at=at)


@transaction.atomic
def enable_endpoint(*, endpoint_id: UUID) -> WebhookEndpoint:
    """Tell an endpoint again of what happens from now on."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
    if endpoint.state == State.DISABLED:
        endpoint.state = State.ENABLED
        endpoint.failing_since = endpoint.disabled_at = None
        endpoint.disabled_reason = ""
        endpoint.save(update_fields=["state", "failing_since", "disabled_at", "disabled_reason"])
    return endpoint


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, at: datetime) -> str:
    """
    Make a new secret, and return it; it is shown this once.

    The former one signs too for a day. One that was rotated out before ends at once.
    """
    WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    WebhookSecret.objects.filter(endpoint=endpoint, expires_at__gt=at).update(expires_at=at)
    current = WebhookSecret.objects.filter(endpoint=endpoint, expires_at__isnull=True)
    current.update(expires_at=at + OLD_SECRET_SIGNS)
    return _new_secret(endpoint, at=at)


@transaction.atomic
def _stop(endpoint_id: UUID, state: WebhookEndpoint.State, *, at: datetime) -> WebhookEndpoint:
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
    if endpoint.state == State.ENABLED or state == State.DELETED:
        endpoint.state = state
        endpoint.disabled_at = endpoint.disabled_at or at
        endpoint.disabled_reason = endpoint.disabled_reason or BY_HAND
        endpoint.save(update_fields=["state", "disabled_at", "disabled_reason"])
    return endpoint


def _new_secret(endpoint: WebhookEndpoint, *, at: datetime) -> str:
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    WebhookSecret.objects.create(
        seller_id=endpoint.seller_id, endpoint=endpoint, secret=secret, created_at=at
    )
    return secret
