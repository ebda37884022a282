"""What was metered: records, what they add up to, and what waits to be attributed."""

from billing.usage.models.records import UsageConflict, UsageKey, UsageRecord
from billing.usage.models.rolled_up import UsageBucket, UsageDistinct
from billing.usage.models.waiting import Reason, UnattributedRecord, UnattributedUsage

__all__ = [
    "Reason",
    "UnattributedRecord",
    "UnattributedUsage",
    "UsageBucket",
    "UsageConflict",
    "UsageDistinct",
    "UsageKey",
    "UsageRecord",
]
