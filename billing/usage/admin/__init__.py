"""Pages of usage: what was measured by day, and what waits to be attributed."""

from billing.usage.admin.buckets import UsageBucketAdmin
from billing.usage.admin.waiting import UnattributedUsageAdmin

__all__ = ["UnattributedUsageAdmin", "UsageBucketAdmin"]
