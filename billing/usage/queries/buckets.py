"""Usage as the pure engine takes it: buckets by day, read from the roll-ups."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from billing.catalog.models import Meter
from billing.pricing.prices import Aggregation
from billing.pricing.usage import Bucket, Metered
from billing.usage.queries.rolled_up import canonical

# Subscription and meter; and with them the day, day since which it is known, and properties.
_Of = tuple[UUID, UUID]
_Key = tuple[UUID, UUID, date, date, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """
    What usage is looked at: of a subscription and meter, from one day on and before another.

    `records`: single records are looked at, too.
    """

    subscription_id: UUID
    meter_id: UUID
    since: date
    until: date
    records: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Usage of a subscription and meter, before a day, that became known on a day or later."""

    subscription_id: UUID
    meter_id: UUID
    known_since: date
    before: date


def buckets(looked_at: Iterable[Measuring]) -> dict[_Of, tuple[Bucket, ...]]:
    """
    Return what was measured of subscriptions and their meters, in order of days.

    As many queries for many as for one. Single records are read only of meters where a price looks
    at them: else the cost grows with the days.
    """
    wanted = {(each.subscription_id, each.meter_id): each for each in looked_at}
    found: dict[_Of, list[Bucket]] = {of: [] for of in wanted}
    rows = _rows(_BUCKETS, wanted.values())
    meters = Meter.objects.in_bulk({row[1] for row in rows})
    distinct = _distinct(
        each
        for each in wanted.values()
        if each.meter_id in meters and meters[each.meter_id].aggregation == Aggregation.UNIQUE
    )
    records = _records([each for each in wanted.values() if each.records], meters)
    for subscription_id, meter_id, day, recorded_on, properties, properties_id, *figures in rows:
        count, total, amount, highest, latest_at, latest, weighted = figures
        of = subscription_id, meter_id
        found[of].append(
            Bucket(
                day=day,
                recorded_on=recorded_on,
                properties=tuple(json.loads(properties).items()),
                count=count,
                total=total,
                amount=amount,
                highest=highest,
                latest_at=latest_at,
                latest=latest,
                weighted=weighted,
                distinct=frozenset(distinct[*of, day, recorded_on, properties_id]),
                records=tuple(records[*of, day, recorded_on, properties]),
            )
        )
    return {of: tuple(mine) for of, mine in found.items()}


def earliest_news(looked_at: Sequence[News]) -> dict[UUID, date]:
    """Return the first day of such usage, by subscription: of those that have any."""
    if not looked_at:
        return {}
    values: dict[str, Any] = {
        "subscriptions": [each.subscription_id for each in looked_at],
        "meters": [each.meter_id for each in looked_at],
        "known_since": [each.known_since for each in looked_at],
        "before": [each.before for each in looked_at],
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, values)
        return dict(cursor.fetchall())


def _distinct(looked_at: Iterable[Measuring]) -> Mapping[_Key, list[str]]:
    found: defaultdict[_Key, list[str]] = defaultdict(list)
    for *key, value in _rows(_DISTINCT, looked_at):
        subscription_id, meter_id, day, recorded_on, properties_id = key
        found[subscription_id, meter_id, day, recorded_on, properties_id].append(value)
    return found


def _records(
    looked_at: Sequence[Measuring], meters: Mapping[UUID, Meter]
) -> Mapping[_Key, list[Metered]]:
    """Return single records in order of time, by the bucket that they are in."""
    found: defaultdict[_Key, list[Metered]] = defaultdict(list)
    dimensions = {meter_id: set(meter.dimensions) for meter_id, meter in meters.items()}
    wanted = [each for each in looked_at if each.meter_id in meters]
    for subscription_id, meter_id, day, recorded_on, text, at, key, measured in _rows(
        _RECORDS, wanted
    ):
        properties = json.loads(text)
        kept = {name: properties[name] for name in dimensions[meter_id] & properties.keys()}
        bucket = subscription_id, meter_id, day, recorded_on, canonical(kept)
        found[bucket].append(Metered(at, key, measured))
    return found


def _rows(sql: str, looked_at: Iterable[Measuring]) -> list[tuple[Any, ...]]:
    wanted = list(looked_at)
    if not wanted:
        return []
    values: dict[str, Any] = {
        "subscriptions": [each.subscription_id for each in wanted],
        "meters": [each.meter_id for each in wanted],
        "since": [each.since for each in wanted],
        "until": [each.until for each in wanted],
        "first": min(each.since for each in wanted),
        "latest": max(each.until for each in wanted),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


_LOOKED_AT = """
    unnest(%(subscriptions)s::uuid[], %(meters)s::uuid[], %(since)s::date[], %(until)s::date[])
        AS looked_at(subscription, meter, since, until)
      ON subscription_id = subscription AND meter_id = meter AND day >= since AND day < until
"""
_BUCKETS = f"""
    SELECT subscription_id, meter_id, day, recorded_on, properties, properties_id, count, total,
           amount, highest, latest_at, latest, weighted
    FROM billing_usagebucket JOIN {_LOOKED_AT}
    ORDER BY subscription_id, meter_id, day, recorded_on, properties COLLATE "C"
"""  # noqa: S608  No value in it.
_DISTINCT = f"""
    SELECT subscription_id, meter_id, day, recorded_on, properties_id, value
    FROM billing_usagedistinct JOIN {_LOOKED_AT}
"""  # noqa: S608  No value in it.
# The bounds of `at` only leave out partitions: no time zone is two days from UTC.
_RECORDS = f"""
    SELECT subscription_id, meter_id, day, recorded_on, properties, at, key, record.measured
    FROM billing_usagerecord AS record JOIN {_LOOKED_AT}
    WHERE at >= %(first)s::date - 2 AND at < %(latest)s::date + 2
    ORDER BY subscription_id, meter_id, at, key
"""  # noqa: S608  No value in it.
_NEWS = """
    SELECT subscription, min(day)
    FROM unnest(%(subscriptions)s::uuid[], %(meters)s::uuid[], %(known_since)s::date[],
                %(before)s::date[]) AS looked_at(subscription, meter, since, before)
    JOIN billing_usagebucket ON subscription_id = subscription AND meter_id = meter
     AND day < before AND recorded_on >= since
    GROUP BY subscription
"""
