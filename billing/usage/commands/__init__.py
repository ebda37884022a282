"""Writes of usage."""

from billing.usage.commands.attribute import attribute_waiting
from billing.usage.commands.partitions import make_partitions_ahead
from billing.usage.commands.rebuild import rebuild
from billing.usage.commands.record import Receipt, record_usage
from billing.usage.commands.sent import SentRecord

__all__ = [
    "Receipt",
    "SentRecord",
    "attribute_waiting",
    "make_partitions_ahead",
    "rebuild",
    "record_usage",
]
