"""Writes of orders: one by one, and in bulk from a file."""

from billing.orders.commands.bulk import BulkOrder, Loaded, place_orders
from billing.orders.commands.place import (
    NewLine,
    OrderInFuture,
    OrderLineRefused,
    References,
    place_order,
)

__all__ = [
    "BulkOrder",
    "Loaded",
    "NewLine",
    "OrderInFuture",
    "OrderLineRefused",
    "References",
    "place_order",
    "place_orders",
]
