"""Storing attributed records with what they add up to: set-based, in the caller's transaction."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from billing.events import log
from billing.ids import new_id
from billing.pricing.prices import Aggregation, MeterTerms
from billing.pricing.usage import Bucket, UsageRecord, distinct_value, roll_up
from billing.sellers.models import Seller
from billing.usage.commands.attribution import Attributed, contracts_of, full_record
from billing.usage.commands.partitions import make_partitions
from billing.usage.events import usage_recorded
from billing.usage.queries.attribution import KnownMeter, billed_dates
from billing.usage.queries.rolled_up import canonical

# What a meter takes from a record is known by then: the roll-up has only to add it up.
_ADDS_UP = MeterTerms(id="", code="", aggregation=Aggregation.SUM)


def store(
    seller: Seller, attributed: Sequence[Attributed], *, recorded_on: date, at: datetime
) -> None:
    """
    Write records, their buckets and distinct values; tell of those that come after billing.

    Locks contracts, partitions and buckets in this order, each in the order of their keys.
    """
    if not attributed:
        return
    billed = billed_dates(contracts_of(attributed).values())
    make_partitions(each.record.at for each in attributed)
    _copy(seller, attributed, recorded_on=recorded_on, at=at)
    _add_to_buckets(seller, attributed, recorded_on=recorded_on)
    _add_distinct(seller, attributed, recorded_on=recorded_on)
    _tell_of_late(seller, attributed, billed, today=recorded_on, at=at)


def _copy(
    seller: Seller, attributed: Iterable[Attributed], *, recorded_on: date, at: datetime
) -> None:
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(_COPY) as copy,
    ):
        for each in attributed:
            copy.write_row(_written(seller.id, each, recorded_on, at))


def _written(seller_id: UUID, each: Attributed, recorded_on: date, at: datetime) -> tuple[Any, ...]:
    record = each.record
    return (
        seller_id,
        each.subscription.id,
        each.meter.id,
        record.at,
        record.key,
        record.value,
        record.amount,
        json.dumps(record.properties) if record.properties else "{}",
        each.measured,
        each.day,
        each.rest_microseconds,
        recorded_on,
        at,
    )


def _add_to_buckets(seller: Seller, attributed: Iterable[Attributed], *, recorded_on: date) -> None:
    rows = [
        _row(seller.id, *key, bucket) for key, bucket in _buckets(seller, attributed, recorded_on)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [list(column) for column in zip(*rows, strict=True)])


def _buckets(
    seller: Seller, attributed: Iterable[Attributed], recorded_on: date
) -> list[tuple[tuple[UUID, UUID], Bucket]]:
    """Return what the records add up to, in the order of the buckets' keys."""
    grouped: defaultdict[tuple[UUID, UUID], list[UsageRecord]] = defaultdict(list)
    for each in attributed:
        grouped[each.subscription.id, each.meter.id].append(
            UsageRecord(
                key=each.record.key,
                at=each.record.at,
                recorded_on=recorded_on,
                value=each.measured,
                amount=each.record.amount,
                properties=dimensions_of(each.record.properties, each.meter),
            )
        )
    found = []
    for key in sorted(grouped):
        records = sorted(grouped[key], key=lambda record: (record.at, record.key))
        rolled = roll_up(records, _ADDS_UP, seller.timezone)
        found += [(key, bucket) for bucket in sorted(rolled, key=_order)]
    return found


def dimensions_of(properties: Mapping[str, str], meter: KnownMeter) -> dict[str, str]:
    """Return the properties by which a meter's usage is kept apart."""
    return {name: properties[name] for name in meter.dimensions if name in properties}


def _order(bucket: Bucket) -> tuple[date, tuple[tuple[str, str], ...]]:
    return bucket.day, bucket.properties


def _row(seller_id: UUID, subscription_id: UUID, meter_id: UUID, bucket: Bucket) -> tuple[Any, ...]:
    return (
        new_id(),
        seller_id,
        subscription_id,
        meter_id,
        bucket.day,
        bucket.recorded_on,
        canonical(dict(bucket.properties)),
        bucket.count,
        bucket.total,
        bucket.amount,
        bucket.highest,
        bucket.latest_at,
        bucket.records[-1].key,
        bucket.latest,
        bucket.weighted,
    )


def _add_distinct(seller: Seller, attributed: Iterable[Attributed], *, recorded_on: date) -> None:
    rows = {
        (
            each.subscription.id,
            each.meter.id,
            each.day,
            canonical(dimensions_of(each.record.properties, each.meter)),
            distinct_value(full_record(each.record, recorded_on=recorded_on), each.meter.terms),
        )
        for each in attributed
        if each.meter.terms.aggregation is Aggregation.UNIQUE
    }
    if rows:
        columns = [list(column) for column in zip(*sorted(rows), strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(_DISTINCT, [seller.id, recorded_on, *columns])


def _tell_of_late(
    seller: Seller,
    attributed: Iterable[Attributed],
    billed: Mapping[UUID, date | None],
    *,
    today: date,
    at: datetime,
) -> None:
    """Append an event for each subscription with usage of days that are billed already."""
    late = {}
    for each in attributed:
        billed_date = billed[each.subscription.contract_id]
        if billed_date and each.day < billed_date:
            late[each.subscription.id] = each.subscription.contract_id
    if late:
        batch_id = new_id()
        log.append(
            [
                usage_recorded(
                    seller_id=seller.id,
                    contract_id=contract_id,
                    subscription_id=subscription_id,
                    batch_id=batch_id,
                    as_of_date=today,
                    at=at,
                )
                for subscription_id, contract_id in sorted(late.items())
            ],
            at=at,
        )


_COPY = """
    COPY billing_usagerecord (seller_id, subscription_id, meter_id, at, key, value, amount,
                              properties, measured, day, rest_microseconds, recorded_on,
                              recorded_at)
    FROM STDIN
"""
_UPSERT = """
    INSERT INTO billing_usagebucket AS known (
        id, seller_id, subscription_id, meter_id, day, recorded_on, properties, count, total,
        amount, highest, latest_at, latest_key, latest, weighted)
    SELECT * FROM unnest(
        %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::date[], %s::date[], %s::text[],
        %s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::timestamptz[], %s::text[],
        %s::numeric[], %s::numeric[])
    ON CONFLICT (subscription_id, meter_id, day, recorded_on, properties_id) DO UPDATE SET
        count = known.count + excluded.count,
        total = known.total + excluded.total,
        amount = known.amount + excluded.amount,
        highest = greatest(known.highest, excluded.highest),
        latest_at = greatest(known.latest_at, excluded.latest_at),
        latest_key = CASE WHEN (excluded.latest_at, excluded.latest_key)
                             > (known.latest_at, known.latest_key)
                          THEN excluded.latest_key ELSE known.latest_key END,
        latest = CASE WHEN (excluded.latest_at, excluded.latest_key)
                         > (known.latest_at, known.latest_key)
                      THEN excluded.latest ELSE known.latest END,
        weighted = known.weighted + excluded.weighted
"""
_DISTINCT = """
    INSERT INTO billing_usagedistinct (
        seller_id, recorded_on, subscription_id, meter_id, day, properties_id, value)
    SELECT %s, %s, subscription_id, meter_id, day, md5(properties)::uuid, value
    FROM unnest(%s::uuid[], %s::uuid[], %s::date[], %s::text[], %s::text[])
        AS t(subscription_id, meter_id, day, properties, value)
    ON CONFLICT DO NOTHING
"""
