"""Facts that this stage adds to the log."""

from datetime import date, datetime
from uuid import UUID

from billing.customers.models import Customer
from billing.events.log import NewEvent
from billing.ids import new_id

CUSTOMER_DAY_ENDED = "customer.day_ended"
VAT_ID_GIVEN = "customer.vat_id_given"
CUSTOMER_CREATED = "customer.created"
CUSTOMER_CHANGED = "customer.changed"


def customer_day_ended(*, seller_id: UUID, customer_id: UUID, day: date, at: datetime) -> NewEvent:
    """Return the event that a day has ended on which something of a customer is due."""
    return NewEvent(
        seller_id=seller_id,
        type=CUSTOMER_DAY_ENDED,
        stream_id=customer_id,
        payload={"customer_id": str(customer_id)},
        as_of_date=day,
        occurred_at=at,
        idempotency_key=day_key(customer_id, day),
    )


def vat_id_given(customer: Customer, *, on: date, at: datetime) -> NewEvent:
    """Return the event that a customer's VAT id is to be asked about: a stream of its own."""
    stream_id = new_id()
    return NewEvent(
        seller_id=customer.seller_id,
        type=VAT_ID_GIVEN,
        stream_id=stream_id,
        payload={"customer_id": str(customer.pk)},
        as_of_date=on,
        occurred_at=at,
        idempotency_key=f"{VAT_ID_GIVEN}:{stream_id}",
    )


def customer_created(customer: Customer, *, on: date, at: datetime) -> NewEvent:
    """Return the event that tells of a new customer."""
    return _told(CUSTOMER_CREATED, customer, on=on, at=at)


def customer_changed(customer: Customer, *, on: date, at: datetime) -> NewEvent:
    """Return the event that tells that something else is known of a customer."""
    return _told(CUSTOMER_CHANGED, customer, on=on, at=at)


def _told(event_type: str, customer: Customer, *, on: date, at: datetime) -> NewEvent:
    return NewEvent(
        seller_id=customer.seller_id,
        type=event_type,
        stream_id=customer.pk,
        payload={"customer_id": str(customer.pk)},
        as_of_date=on,
        occurred_at=at,
        idempotency_key=f"{event_type}:{new_id()}",
        is_public=True,
        is_only_told=True,
    )


def day_key(customer_id: UUID, day: date) -> str:
    """Return the idempotency key of the event of a customer's day."""
    return f"{CUSTOMER_DAY_ENDED}:{customer_id}:{day}"
