"""Usage as the pure engine takes it: buckets by day, read from the roll-ups."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
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


def buckets(
    subscription_id: UUID, meters: Mapping[UUID, bool], *, until: date
) -> dict[UUID, tuple[Bucket, ...]]:
    """
    Return what each of the meters measured of a subscription before a day, in order of days.

    `meters` says of each meter's id whether a price looks at its single records: only these are
    read one by one, so that the cost grows with the days.
    """
    rows = _rows(_BUCKETS, subscription_id, meters, until)
    known = {meter.id: meter for meter in Meter.objects.filter(id__in=meters)}
    unique = [id_ for id_, meter in known.items() if meter.aggregation == Aggregation.UNIQUE]
    distinct = _distinct(subscription_id, unique, until)
    single = [known[id_] for id_, needs_records in meters.items() if needs_records]
    records = _records(subscription_id, single, until)
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


def _distinct(
    subscription_id: UUID, meter_ids: list[UUID], until: date
) -> Mapping[tuple[UUID, date, date, UUID], list[str]]:
    found: defaultdict[tuple[UUID, date, date, UUID], list[str]] = defaultdict(list)
    if meter_ids:
        for *key, value in _rows(_DISTINCT, subscription_id, meter_ids, until):
            meter_id, day, recorded_on, properties_id = key
            found[meter_id, day, recorded_on, properties_id].append(value)
    return found


def _records(
    subscription_id: UUID, meters: list[Meter], until: date
) -> Mapping[tuple[UUID, date, date, str], list[Metered]]:
    """Return single records in order of time, by the bucket that they are in."""
    found: defaultdict[tuple[UUID, date, date, str], list[Metered]] = defaultdict(list)
    dimensions = {meter.id: set(meter.dimensions) for meter in meters}
    if not meters:
        return found
    rows = _rows(_RECORDS, subscription_id, dimensions, until)
    for meter_id, day, recorded_on, text, at, key, measured in rows:
        properties = json.loads(text)
        kept = {name: properties[name] for name in dimensions[meter_id] & properties.keys()}
        metered = Metered(at, key, measured)
        found[meter_id, day, recorded_on, canonical(kept)].append(metered)
    return found


def _rows(
    sql: str, subscription_id: UUID, meter_ids: Iterable[UUID], until: date
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"subscription": subscription_id, "until": until}
        cursor.execute(sql, {**values, "meters": list(meter_ids)})
        return list(cursor.fetchall())


_BUCKETS = """
    SELECT meter_id, day, recorded_on, properties, properties_id, count, total, amount, highest,
           latest_at, latest, weighted
    FROM billing_usagebucket
    WHERE subscription_id = %(subscription)s AND meter_id = ANY(%(meters)s) AND day < %(until)s
    ORDER BY meter_id, day, recorded_on, properties COLLATE "C"
"""
_DISTINCT = """
    SELECT meter_id, day, recorded_on, properties_id, value
    FROM billing_usagedistinct
    WHERE subscription_id = %(subscription)s AND meter_id = ANY(%(meters)s) AND day < %(until)s
"""
_RECORDS = """
    SELECT meter_id, day, recorded_on, properties, at, key, measured
    FROM billing_usagerecord
    WHERE subscription_id = %(subscription)s AND meter_id = ANY(%(meters)s) AND day < %(until)s
    ORDER BY meter_id, at, key
"""
