"""Timelines with what was metered of their subscriptions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from msgspec import structs

from billing.ids import uuid_of
from billing.periods import day_after
from billing.pricing.closing import open_by_now, usage_settled_on
from billing.pricing.metering import needs_records
from billing.pricing.prices import MeterTerms, PriceKind
from billing.pricing.timeline import Timeline
from billing.pricing.usage import Bucket
from billing.usage.queries import Measuring, News, buckets, earliest_news


@dataclass(frozen=True, slots=True)
class Looked:
    """A timeline, and the last day of which it is looked at."""

    timeline: Timeline
    until: date

    @property
    def subscription_id(self) -> UUID:
        """Whose timeline it is."""
        return uuid_of(self.timeline.subscription_id)


def with_usage(timeline: Timeline, *, until: date) -> Timeline:
    """Return a timeline with the usage up to and including a day that its prices look at."""
    (found,) = all_with_usage([Looked(timeline, until)])
    return found


def all_with_usage(looked: Sequence[Looked]) -> list[Timeline]:
    """Return timelines with the usage that their prices look at: as many queries as for one."""
    return _with_usage(looked, {})


def opened(looked: Sequence[Looked]) -> list[Timeline]:
    """
    Return timelines with their usage, open from the first day that can be charged otherwise by now.

    What each owes from then on is all that has to be compared with what was charged from then on.
    As many queries for many as for one.
    """
    since = {each.subscription_id: open_by_now(each.timeline) for each in looked}
    asked = [news for each in looked for news in _news(each, since[each.subscription_id])]
    known = earliest_news(asked)
    for each in looked:
        if news := known.get(each.subscription_id):
            since[each.subscription_id] = open_by_now(each.timeline, usage_known=[news])
    first = {subscription_id: day or date.min for subscription_id, day in since.items()}
    return [
        structs.replace(timeline, open_from=first[uuid_of(timeline.subscription_id)])
        for timeline in _with_usage(looked, first)
    ]


def _news(looked: Looked, since: date | None) -> Iterator[News]:
    """Yield which usage could open a timeline from an earlier day on."""
    meters = {meter.id for meter, _ in _meters(looked.timeline)} if since else ()
    for meter_id in meters:
        assert since is not None
        yield News(
            subscription_id=looked.subscription_id,
            meter_id=uuid_of(meter_id),
            known_since=usage_settled_on(looked.timeline),
            before=since,
        )


def _with_usage(looked: Sequence[Looked], since: Mapping[UUID, date]) -> list[Timeline]:
    wanted = [
        measuring
        for each in looked
        for measuring in _measured(each, since.get(each.subscription_id, date.min))
    ]
    found = buckets(wanted) if wanted else {}
    usage: dict[UUID, dict[str, tuple[Bucket, ...]]] = defaultdict(dict)
    for (subscription_id, meter_id), mine in found.items():
        usage[subscription_id][str(meter_id)] = mine
    return [
        structs.replace(each.timeline, usage=usage[each.subscription_id])
        if each.subscription_id in usage
        else each.timeline
        for each in looked
    ]


def _measured(looked: Looked, since: date) -> Iterator[Measuring]:
    """Yield what the prices of a timeline look at: of each meter once."""
    found: dict[UUID, Measuring] = {}
    for meter, looks_at_records in _meters(looked.timeline):
        meter_id = uuid_of(meter.id)
        # A level that is carried goes back to the first record.
        found[meter_id] = Measuring(
            subscription_id=looked.subscription_id,
            meter_id=meter_id,
            since=date.min if meter.carried else since,
            until=day_after(looked.until),
            records=looks_at_records or (meter_id in found and found[meter_id].records),
        )
    yield from found.values()


def _meters(timeline: Timeline) -> Iterator[tuple[MeterTerms, bool]]:
    """Yield the meter of each price of usage, and whether the price looks at single records."""
    for price in timeline.prices.values():
        if price.kind is PriceKind.USAGE and price.meter:
            yield price.meter, needs_records(price)
