"""Timelines with what was metered of their subscriptions."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from uuid import UUID

from billing.periods import day_after
from billing.pricing.closing import open_by_now, usage_settled_on
from billing.pricing.metering import needs_records
from billing.pricing.prices import MeterTerms, PriceKind
from billing.pricing.timeline import Timeline
from billing.usage.queries import Measuring, buckets, earliest_news


def with_usage(timeline: Timeline, *, until: date) -> Timeline:
    """Return a timeline with the usage up to and including a day that its prices look at."""
    return _with_usage(timeline, since=date.min, until=until)


def opened(timeline: Timeline, *, until: date) -> Timeline:
    """
    Return a timeline with its usage, open from the first day that can be charged otherwise by now.

    What it owes from then on is all that has to be compared with what was charged from then on.
    """
    since = open_by_now(timeline)
    meters = [meter.id for meter, _ in _meters(timeline)]
    if since and meters:
        news = earliest_news(
            UUID(timeline.subscription_id),
            {UUID(meter_id) for meter_id in meters},
            known_since=usage_settled_on(timeline),
            before=since,
        )
        since = open_by_now(timeline, usage_known=[news]) if news else since
    first = since or date.min
    return replace(_with_usage(timeline, since=first, until=until), open_from=first)


def _with_usage(timeline: Timeline, *, since: date, until: date) -> Timeline:
    measured: dict[UUID, Measuring] = {}
    for meter, looks_at_records in _meters(timeline):
        # A level that is carried goes back to the first record.
        first = date.min if meter.carried else since
        records = looks_at_records or (
            UUID(meter.id) in measured and measured[UUID(meter.id)].records
        )
        measured[UUID(meter.id)] = Measuring(since=first, records=records)
    if not measured:
        return timeline
    found = buckets(UUID(timeline.subscription_id), measured, until=day_after(until))
    return replace(timeline, usage={str(meter_id): mine for meter_id, mine in found.items()})


def _meters(timeline: Timeline) -> Iterator[tuple[MeterTerms, bool]]:
    """Yield the meter of each price of usage, and whether the price looks at single records."""
    for price in timeline.prices.values():
        if price.kind is PriceKind.USAGE and price.meter:
            yield price.meter, needs_records(price)
