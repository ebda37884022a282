"""Storing attributed records with what they add up to: set-based, in the caller's transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from billing.events import log
from billing.ids import new_id
from billing.money import EXACT
from billing.pricing.prices import Aggregation
from billing.pricing.usage import distinct_value
from billing.sellers.models import Seller
from billing.usage.commands.adding_up import add_up, bucket_key
from billing.usage.commands.arrays import plain, texts
from billing.usage.commands.attribution import Attributed, contracts_of, full_record
from billing.usage.commands.partitions import make_partitions
from billing.usage.events import usage_recorded
from billing.usage.queries.attribution import billed_dates


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
    added = add_up(attributed)
    keys = [key for key, _ in added]
    increments = [increment for _, increment in added]
    values: dict[str, Any] = {
        "seller": seller.id,
        "recorded_on": recorded_on,
        "ids": plain(new_id() for _ in added),
        "subscriptions": plain(key[0] for key in keys),
        "meters": plain(key[1] for key in keys),
        "days": plain(key[2] for key in keys),
        "properties": texts(key[3] for key in keys),
        "counts": plain(each.count for each in increments),
        "totals": plain(each.total for each in increments),
        "amounts": plain(each.amount for each in increments),
        "highest": plain(each.highest for each in increments),
        "latest_at": plain(each.latest_at.isoformat() for each in increments),
        "latest_keys": texts(each.latest_key for each in increments),
        "latest": plain(each.latest for each in increments),
        "weighted": plain(each.weighted.scaleb(-6, EXACT) for each in increments),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADD, values)


def _add_distinct(seller: Seller, attributed: Iterable[Attributed], *, recorded_on: date) -> None:
    rows = sorted(
        {
            (
                *bucket_key(each),
                distinct_value(full_record(each.record, recorded_on=recorded_on), each.meter.terms),
            )
            for each in attributed
            if each.meter.terms.aggregation is Aggregation.UNIQUE
        }
    )
    if rows:
        values: dict[str, Any] = {
            "seller": seller.id,
            "recorded_on": recorded_on,
            "subscriptions": plain(row[0] for row in rows),
            "meters": plain(row[1] for row in rows),
            "days": plain(row[2] for row in rows),
            "properties": texts(row[3] for row in rows),
            "values": texts(row[4] for row in rows),
        }
        with connection.cursor() as cursor:
            cursor.execute(_ADD_DISTINCT, values)


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
_ADD = """
    INSERT INTO billing_usagebucket AS known (
        seller_id, recorded_on, id, subscription_id, meter_id, day, properties, count, total,
        amount, highest, latest_at, latest_key, latest, weighted)
    SELECT %(seller)s, %(recorded_on)s, * FROM unnest(
        %(ids)s::uuid[], %(subscriptions)s::uuid[], %(meters)s::uuid[], %(days)s::date[],
        %(properties)s::text[], %(counts)s::bigint[], %(totals)s::numeric[],
        %(amounts)s::numeric[], %(highest)s::numeric[], %(latest_at)s::timestamptz[],
        %(latest_keys)s::text[], %(latest)s::numeric[], %(weighted)s::numeric[])
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
_ADD_DISTINCT = """
    INSERT INTO billing_usagedistinct (
        seller_id, recorded_on, subscription_id, meter_id, day, properties_id, value)
    SELECT %(seller)s, %(recorded_on)s, subscription_id, meter_id, day, md5(properties)::uuid, value
    FROM unnest(%(subscriptions)s::uuid[], %(meters)s::uuid[], %(days)s::date[],
                %(properties)s::text[], %(values)s::text[])
        AS t(subscription_id, meter_id, day, properties, value)
    ON CONFLICT DO NOTHING
"""
