"""Facts that this stage adds to the log."""

from datetime import date, datetime

from billing.events.log import NewEvent
from billing.ids import new_id
from invoices.delivery.models import Delivery, WebhookEndpoint

DELIVERY_ORDERED = "delivery.ordered"
DELIVERY_DUE = "delivery.due"
DELIVERY_SENT = "delivery.sent"
DELIVERY_GIVEN_UP = "delivery.given_up"
ENDPOINT_DISABLED = "webhook_endpoint.disabled"


def delivery_ordered(delivery: Delivery, *, on: date, at: datetime) -> NewEvent:
    """Return the event that asks for the first try of a delivery."""
    return _told(DELIVERY_ORDERED, delivery, on=on, at=at)


def delivery_due(delivery: Delivery, *, on: date, at: datetime) -> NewEvent:
    """Return the event that asks for the next try of a delivery."""
    return _told(DELIVERY_DUE, delivery, on=on, at=at, number=f":{delivery.tries + 1}")


def delivery_sent(delivery: Delivery, *, on: date, at: datetime) -> NewEvent:
    """Return the event that tells that a delivery was accepted."""
    return _told(DELIVERY_SENT, delivery, on=on, at=at, is_public=True)


def delivery_given_up(delivery: Delivery, *, on: date, at: datetime) -> NewEvent:
    """Return the event that tells that a delivery was given up."""
    number = f":{delivery.tries}"
    return _told(DELIVERY_GIVEN_UP, delivery, on=on, at=at, number=number, is_public=True)


def endpoint_disabled(endpoint: WebhookEndpoint, *, on: date, at: datetime) -> NewEvent:
    """Return the event that tells that an endpoint is told nothing more, since it fails."""
    return NewEvent(
        seller_id=endpoint.seller_id,
        type=ENDPOINT_DISABLED,
        stream_id=endpoint.pk,
        payload={"endpoint_id": str(endpoint.pk)},
        as_of_date=on,
        occurred_at=at,
        idempotency_key=f"{ENDPOINT_DISABLED}:{new_id()}",
        is_public=True,
        is_only_told=True,
    )


def _told(
    event_type: str,
    delivery: Delivery,
    *,
    on: date,
    at: datetime,
    number: str = "",
    is_public: bool = False,
) -> NewEvent:
    return NewEvent(
        seller_id=delivery.seller_id,
        type=event_type,
        stream_id=delivery.pk,
        payload={"delivery_id": str(delivery.pk)},
        as_of_date=on,
        occurred_at=at,
        idempotency_key=f"{event_type}:{delivery.pk}{number}",
        transaction_id=delivery.transaction_id,
        is_public=is_public,
    )
