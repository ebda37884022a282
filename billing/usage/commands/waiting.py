"""Keeping what can't be attributed, and telling of it: one failure per reason and thing named."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from billing.events import log
from billing.events.commands import hold, restate
from billing.events.models import Event
from billing.ids import new_id
from billing.sellers.models import Seller
from billing.usage.commands.attribution import Unattributed
from billing.usage.commands.sent import SentRecord
from billing.usage.events import usage_unattributed
from billing.usage.models import UnattributedRecord, UnattributedUsage
from billing.usage.queries.reasons import count_told

Waiting = Sequence[tuple[SentRecord, Unattributed]]


@dataclass(frozen=True, slots=True)
class _Told:
    """What one failure tells of, after the records that came now."""

    id: UUID
    why: Unattributed
    event_id: UUID | None
    waiting: int


def keep_waiting(seller: Seller, records: Waiting, *, today: date, at: datetime) -> None:
    """
    Keep records that can't be attributed, under the event that tells of them.

    An event that failed already is told anew, with all that wait by now. Locks what the failures
    tell of, then the failures with their events, each in one order.
    """
    if not records:
        return
    counts = Counter(why for _, why in records)
    told = _count(seller, counts)
    states = hold(each.event_id for each in told if each.event_id)
    event_ids = _append(seller, told, states, counts, today=today, at=at)
    UnattributedRecord.objects.bulk_create(
        UnattributedRecord(
            id=new_id(),
            seller=seller,
            event_id=event_ids[why],
            reason=why.reason,
            meter_code=record.meter,
            key=record.key,
            payload=record.payload,
            recorded_at=at,
        )
        for record, why in records
    )
    restate(
        {
            each.event_id: count_told(each.why.reason, each.why.named, each.waiting)
            for each in told
            if each.event_id and states[each.event_id] == Event.State.FAILED
        }
    )


def _count(seller: Seller, counts: Mapping[Unattributed, int]) -> list[_Told]:
    """Add to the counts of what waits; the rows are locked by it."""
    whys = sorted(counts, key=lambda why: (why.reason, why.named))
    columns: list[list[Any]] = [
        [new_id() for _ in whys],
        [str(why.reason) for why in whys],
        [why.named for why in whys],
        [counts[why] for why in whys],
    ]
    by_name = {(str(why.reason), why.named): why for why in whys}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [seller.id, *columns])
        return [
            _Told(id_, by_name[reason, named], event_id, waiting)
            for id_, reason, named, event_id, waiting in cursor.fetchall()
        ]


def _append(
    seller: Seller,
    told: Sequence[_Told],
    states: Mapping[UUID, str],
    counts: Mapping[Unattributed, int],
    *,
    today: date,
    at: datetime,
) -> dict[Unattributed, UUID]:
    """Return the event of each reason; a new one where there is none, or it is settled."""
    unsettled = {Event.State.WAITING, Event.State.FAILED}
    known = {each.why: each.event_id for each in told if each.event_id}
    known = {why: id_ for why, id_ in known.items() if states[id_] in unsettled}
    fresh = [each for each in told if each.why not in known]
    batch_id = new_id()
    new = [
        usage_unattributed(
            seller_id=seller.id,
            unattributed_id=each.id,
            batch_id=batch_id,
            as_of_date=today,
            at=at,
        )
        for each in fresh
    ]
    events = log.append(new, at=at)
    rows = [
        UnattributedUsage(id=each.id, event=event, waiting=counts[each.why])
        for each, event in zip(fresh, events, strict=True)
    ]
    UnattributedUsage.objects.bulk_update(rows, ["event", "waiting"])
    return known | {each.why: event.pk for each, event in zip(fresh, events, strict=True)}


_COUNT = """
    INSERT INTO billing_unattributedusage AS known (id, seller_id, reason, named, waiting)
    SELECT id, %s, reason, named, waiting
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bigint[])
        AS t(id, reason, named, waiting)
    ON CONFLICT (seller_id, reason, named)
    DO UPDATE SET waiting = known.waiting + excluded.waiting
    RETURNING id, reason, named, event_id, waiting
"""
