"""Facts that this stage adds to the log."""

from billing.events.log import NewEvent
from billing.orders.models import Order

ORDER_PLACED = "order.placed"


def order_placed(order: Order) -> NewEvent:
    """Return the event that tells of a new order."""
    return NewEvent(
        seller_id=order.seller_id,
        type=ORDER_PLACED,
        stream_id=order.id,
        payload={"order_id": str(order.id)},
        as_of_date=order.recorded_on,
        occurred_at=order.recorded_at,
        idempotency_key=f"{ORDER_PLACED}:{order.id}",
        is_public=True,
    )
