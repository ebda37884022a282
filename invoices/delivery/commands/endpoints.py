"""Writes of the endpoints of a seller's apps."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction

from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.pricing.refused import Refused
from billing.sellers.models import Seller
from invoices.delivery.catalogue import LATEST
from invoices.delivery.models import WebhookEndpoint, WebhookSecret
from invoices.delivery.queries.addresses import target_of

State = WebhookEndpoint.State
OLD_SECRET_SIGNS = timedelta(hours=24)
BY_HAND = "By hand."
MOST_ENDPOINTS = 50  # Of a seller: each public fact looks at all of them.


class EndpointNotEnabled(Refused):
    """An endpoint that is disabled or deleted is told nothing."""


class TooManyEndpoints(Refused):
    """A seller has as many endpoints as it may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """What an endpoint is told of: what is of a customer or contract; of all without."""

    customer: Customer | None = None
    contract: Contract | None = None


OF_ALL = Only()


class Limits(TypedDict, total=False):
    """What is to change of whom an endpoint is told; None lifts a limit."""

    customer: Customer | None
    contract: Contract | None


class NotOfCustomer(Refused):
    """A contract is another customer's."""


@transaction.atomic
def create_endpoint(
    *,
    seller: Seller,
    url: str,
    event_types: Sequence[str],
    description: str,
    at: datetime,
    only: Only = OF_ALL,
) -> tuple[WebhookEndpoint, str]:
    """
    Record an endpoint. Return it and its secret, which is shown this once.

    It is told in the words of the latest version for good.

    :raises WebhookUrlRefused: if the address isn't public.
    :raises NotOfCustomer: if it is to be told of a contract that isn't the customer's.
    :raises TooManyEndpoints: if the seller has `MOST_ENDPOINTS` that aren't deleted.
    """
    target_of(url)
    _check(only)
    _refuse_too_many(seller)
    endpoint = WebhookEndpoint.objects.create(
        seller=seller,
        url=url,
        event_types=list(event_types),
        description=description,
        customer=only.customer,
        contract=only.contract,
        api_version=LATEST,
        created_at=at,
    )
    return endpoint, _new_secret(endpoint, at=at)


def change_endpoint(
    *,
    endpoint_id: UUID,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    description: str | None = None,
    limits: Limits | None = None,
) -> WebhookEndpoint:
    """
    Change what is given; what is on its way goes to the new address from its next try on.

    Of `limits` what isn't said stays as it is when the endpoint is held: who lifts one of them
    lifts no other that was set meanwhile.

    Since when the former address failed doesn't count against the new one.

    :raises WebhookUrlRefused: if the address isn't public.
    :raises NotOfCustomer: if it is to be told of a contract that isn't the customer's.
    """
    if url is not None:
        target_of(url)
    said = {"url": url, "event_types": event_types, "description": description}
    changed: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    changed |= limits or {}
    with transaction.atomic():
        held = WebhookEndpoint.objects.select_for_update(of=("self",))
        endpoint = held.select_related("customer", "contract").get(pk=endpoint_id)
        moves = url is not None and url != endpoint.url
        for name, value in changed.items():
            setattr(endpoint, name, value)
        if limits:
            _check(Only(customer=endpoint.customer, contract=endpoint.contract))
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


def _check(only: Only) -> None:
    """
    Refuse a contract of another customer.

    :raises NotOfCustomer: if it is.
    """
    if only.customer and only.contract and only.contract.customer_id != only.customer.pk:
        raise NotOfCustomer("The contract is not this customer's.", field="contract")


def _refuse_too_many(seller: Seller) -> None:
    Seller.objects.select_for_update(no_key=True).get(pk=seller.pk)  # They are counted in turn.
    present = WebhookEndpoint.objects.filter(seller=seller).exclude(state=State.DELETED)
    if present.count() >= MOST_ENDPOINTS:
        raise TooManyEndpoints(
            f"The seller has {MOST_ENDPOINTS} endpoints already: delete one, or have one told of"
            " more types."
        )


def _new_secret(endpoint: WebhookEndpoint, *, at: datetime) -> str:
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    WebhookSecret.objects.create(
        seller_id=endpoint.seller_id, endpoint=endpoint, secret=secret, created_at=at
    )
    return secret
