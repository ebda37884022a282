"""Facts that this stage adds to the log."""

from datetime import date, datetime
from uuid import UUID

from billing.events.log import NewEvent

CUSTOMER_DAY_ENDED = "customer.day_ended"


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


def day_key(customer_id: UUID, day: date) -> str:
    """Return the idempotency key of the event of a customer's day."""
    return f"{CUSTOMER_DAY_ENDED}:{customer_id}:{day}"
