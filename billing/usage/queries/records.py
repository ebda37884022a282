"""Single records, for whoever looks at what was sent."""

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from billing.events.models import Event
from billing.periods import day_after
from billing.usage.models import UnattributedRecord, UsageBucket, UsageRecord


def records_of_day(bucket: UsageBucket, *, at_most: int) -> Sequence[UsageRecord]:
    """
    Return the records of a bucket's subscription, meter and day, in the order of time.

    Only the partition of the month is read, by its primary key.
    """
    zone = ZoneInfo(bucket.seller.timezone)
    since, until = (
        datetime.combine(on, time.min, zone) for on in (bucket.day, day_after(bucket.day))
    )
    records = UsageRecord.objects.filter(
        subscription=bucket.subscription_id, meter=bucket.meter_id, at__gte=since, at__lt=until
    )
    return list(records.order_by("at", "key")[:at_most])


def waiting_records(event: Event, *, at_most: int) -> Sequence[UnattributedRecord]:
    """Return the records that wait under an event, the oldest first."""
    waiting = UnattributedRecord.objects.filter(event=event, attributed_at=None)
    return list(waiting.order_by("id")[:at_most])
