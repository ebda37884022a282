"""Facts that this stage adds to the log."""

from billing.events.log import NewEvent
from invoices.balances.models import BalanceMovement

BALANCE_CHANGED = "balance.changed"
BALANCE_EXPIRED = "balance.expired"


def balance_changed(movement: BalanceMovement) -> NewEvent:
    """Return the event that tells of what someone stated; it begins a story."""
    return _told(BALANCE_CHANGED, movement)


def balance_expired(movement: BalanceMovement) -> NewEvent:
    """Return the event that tells that what was left of a lot is lost; it begins a story."""
    return _told(BALANCE_EXPIRED, movement)


def _told(event_type: str, movement: BalanceMovement) -> NewEvent:
    return NewEvent(
        seller_id=movement.seller_id,
        type=event_type,
        stream_id=movement.customer_id,
        payload={"movement_id": str(movement.id), "customer_id": str(movement.customer_id)},
        as_of_date=movement.booked_on,
        occurred_at=movement.created_at,
        idempotency_key=f"{event_type}:{movement.id}",
        is_public=True,
    )
