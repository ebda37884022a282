"""Timelines with what was metered of their subscriptions."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from billing.periods import day_after
from billing.pricing.metering import needs_records
from billing.pricing.prices import PriceKind
from billing.pricing.timeline import Timeline
from billing.usage.queries import buckets


def with_usage(timeline: Timeline, *, until: date) -> Timeline:
    """Return a timeline with the usage up to and including a day that its prices look at."""
    meters: dict[UUID, bool] = {}
    for price in timeline.prices.values():
        if price.kind is PriceKind.USAGE and price.meter:
            meter_id = UUID(price.meter.id)
            meters[meter_id] = meters.get(meter_id, False) or needs_records(price)
    if not meters:
        return timeline
    found = buckets(UUID(timeline.subscription_id), meters, until=day_after(until))
    return replace(timeline, usage={str(meter_id): mine for meter_id, mine in found.items()})
