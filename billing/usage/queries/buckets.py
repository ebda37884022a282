"""Usage as the pure engine takes it: buckets by day, read from the roll-ups."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from billing.catalog.models import Meter
from billing.pricing.prices import Aggregation
from billing.pricing.usage import Bucket, Metered
from billing.usage.queries.rolled_up import canonical

# Day, day since which it is known, and properties as canonical JSON.
_Key = tuple[date, date, str]


@dataclass(frozen=True, slots=True)
class Measuring:
    """From which day on usage of a meter is looked at, and whether single records are."""

    since: date
    records: bool


def buckets(
    subscription_id: UUID, meters: Mapping[UUID, Measuring], *, until: date
) -> dict[UUID, tuple[Bucket, ...]]:
    """
    Return what each of the meters measured of a subscription before a day, in order of days.

    Single records are read only of meters where a price looks at them: else the cost grows with
    the days.
    """
    since = {meter_id: measuring.since for meter_id, measuring in meters.items()}
    rows = _rows(_BUCKETS, subscription_id, since, until)
    known = {meter.id: meter for meter in Meter.objects.filter(id__in=meters)}
    unique = {
        id_: since[id_] for id_, meter in known.items() if meter.aggregation == Aggregation.UNIQUE
    }
    distinct = _distinct(subscription_id, unique, until)
    single = [known[meter_id] for meter_id, measuring in meters.items() if measuring.records]
    records = _records(subscription_id, single, since, until)
    found: dict[UUID, list[Bucket]] = {meter_id: [] for meter_id in meters}
    for meter_id, day, recorded_on, properties, properties_id, *figures in rows:
        count, total, amount, highest, latest_at, latest, weighted = figures
        found[meter_id].append(
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
                distinct=frozenset(distinct[meter_id, day, recorded_on, properties_id]),
                records=tuple(records[meter_id, day, recorded_on, properties]),
            )
        )
    return {meter_id: tuple(mine) for meter_id, mine in found.items()}


def earliest_news(
    subscription_id: UUID, meter_ids: Iterable[UUID], *, known_since: date, before: date
) -> date | None:
    """Return the first day, before one, of usage that became known on a day or later."""
    values: dict[str, Any] = {"subscription": subscription_id, "meters": list(meter_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, {**values, "known_since": known_since, "before": before})
        row = cursor.fetchone()
    return row[0] if row else None


def _distinct(
    subscription_id: UUID, since: Mapping[UUID, date], until: date
) -> Mapping[tuple[UUID, date, date, UUID], list[str]]:
    found: defaultdict[tuple[UUID, date, date, UUID], list[str]] = defaultdict(list)
    if since:
        for *key, value in _rows(_DISTINCT, subscription_id, since, until):
            meter_id, day, recorded_on, properties_id = key
            found[meter_id, day, recorded_on, properties_id].append(value)
    return found


def _records(
    subscription_id: UUID, meters: list[Meter], since: Mapping[UUID, date], until: date
) -> Mapping[tuple[UUID, date, date, str], list[Metered]]:
    """Return single records in order of time, by the bucket that they are in."""
    found: defaultdict[tuple[UUID, date, date, str], list[Metered]] = defaultdict(list)
    dimensions = {meter.id: set(meter.dimensions) for meter in meters}
    if not meters:
        return found
    rows = _rows(_RECORDS, subscription_id, {id_: since[id_] for id_ in dimensions}, until)
    for meter_id, day, recorded_on, text, at, key, measured in rows:
        properties = json.loads(text)
        kept = {name: properties[name] for name in dimensions[meter_id] & properties.keys()}
        metered = Metered(at, key, measured)
        found[meter_id, day, recorded_on, canonical(kept)].append(metered)
    return found


def _rows(
    sql: str, subscription_id: UUID, since: Mapping[UUID, date], until: date
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"subscription": subscription_id, "until": until}
        meters: dict[str, Any] = {"meters": list(since), "since": list(since.values())}
        cursor.execute(sql, {**values, **meters, "first": min(since.values())})
        return list(cursor.fetchall())


_BUCKETS = """
    SELECT meter_id, day, recorded_on, properties, properties_id, count, total, amount, highest,
           latest_at, latest, weighted
    FROM billing_usagebucket
    JOIN unnest(%(meters)s::uuid[], %(since)s::date[]) AS looked_at(meter, since)
      ON meter_id = meter AND day >= since
    WHERE subscription_id = %(subscription)s AND day < %(until)s
    ORDER BY meter_id, day, recorded_on, properties COLLATE "C"
"""
_DISTINCT = """
    SELECT meter_id, day, recorded_on, properties_id, value
    FROM billing_usagedistinct
    JOIN unnest(%(meters)s::uuid[], %(since)s::date[]) AS looked_at(meter, since)
      ON meter_id = meter AND day >= since
    WHERE subscription_id = %(subscription)s AND day < %(until)s
"""
# The bounds of `at` only leave out partitions: no time zone is two days from UTC.
_RECORDS = """
    SELECT meter_id, day, recorded_on, properties, at, key, record.measured
    FROM billing_usagerecord AS record
    JOIN unnest(%(meters)s::uuid[], %(since)s::date[]) AS looked_at(meter, since)
      ON meter_id = meter AND day >= since
    WHERE subscription_id = %(subscription)s AND day < %(until)s
      AND at >= %(first)s::date - 2 AND at < %(until)s::date + 2
    ORDER BY meter_id, at, key
"""
_NEWS = """
    SELECT min(day) FROM billing_usagebucket
    WHERE subscription_id = %(subscription)s AND meter_id = ANY(%(meters)s)
      AND day < %(before)s AND recorded_on >= %(known_since)s
"""
