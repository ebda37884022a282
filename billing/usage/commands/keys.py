"""Keys: each record is taken once, whoever sends it again, and at the same moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from billing.ids import new_id
from billing.usage.commands.arrays import plain, texts
from billing.usage.commands.sent import SentRecord
from billing.usage.models import UsageConflict

Key = tuple[str, str]  # Of a meter's code and a record's key.


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is new, how many were there already, and which belong to other records; by index."""

    new: Sequence[int]
    repeated: int
    conflicts: Sequence[int]


def claim_keys(seller_id: UUID, records: Sequence[SentRecord], *, at: datetime) -> Claimed:
    """
    Claim the records' keys, and keep what was sent under the key of another record.

    Waits for another transaction that claims the same key, until it is decided who was first.
    """
    hashes = [record.payload_hash for record in records]
    first: dict[Key, int] = {}
    for index, record in enumerate(records):
        first.setdefault((record.meter, record.key), index)
    known = _claim(seller_id, first, hashes, at)
    new, repeated, conflicts = [], 0, []
    for index, record in enumerate(records):
        name = (record.meter, record.key)
        if name not in known and first[name] == index:
            new.append(index)
        elif hashes[index] == known.get(name, hashes[first[name]]):
            repeated += 1
        else:
            conflicts.append(index)
    _keep([(records[index], hashes[index]) for index in conflicts], seller_id=seller_id, at=at)
    return Claimed(new, repeated, conflicts)


def _claim(
    seller_id: UUID, first: Mapping[Key, int], hashes: Sequence[bytes], at: datetime
) -> dict[Key, bytes]:
    """Claim keys, in one order so that no two deadlock; return the hash behind each known one."""
    names = sorted(first)
    values: dict[str, Any] = {
        "seller": seller_id,
        "at": at,
        "meters": texts(meter for meter, _ in names),
        "keys": texts(key for _, key in names),
        "hashes": plain(hashes[first[name]].hex() for name in names),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        if cursor.rowcount == len(names):
            return {}
        missed = set(names).difference(cursor.fetchall())
        values["meters"] = texts(meter for meter, _ in missed)
        values["keys"] = texts(key for _, key in missed)
        cursor.execute(_KNOWN, values)
        return {(meter, key): bytes(known) for meter, key, known in cursor.fetchall()}


def _keep(conflicts: Sequence[tuple[SentRecord, bytes]], *, seller_id: UUID, at: datetime) -> None:
    if conflicts:
        UsageConflict.objects.bulk_create(
            (
                UsageConflict(
                    id=new_id(),
                    seller_id=seller_id,
                    meter_code=record.meter,
                    key=record.key,
                    payload_hash=payload_hash,
                    payload=record.payload,
                    recorded_at=at,
                )
                for record, payload_hash in sorted(
                    conflicts, key=lambda each: (each[0].meter, each[0].key, each[1])
                )
            ),
            ignore_conflicts=True,  # Sent again, it is kept already.
        )


_CLAIM = """
    INSERT INTO billing_usagekey (seller_id, meter_code, key, payload_hash, recorded_at)
    SELECT %(seller)s, meter, key, decode(hash, 'hex'), %(at)s
    FROM unnest(%(meters)s::text[], %(keys)s::text[], %(hashes)s::text[]) AS sent(meter, key, hash)
    ON CONFLICT DO NOTHING
    RETURNING meter_code, key
"""
_KNOWN = """
    SELECT known.meter_code, known.key, known.payload_hash
    FROM billing_usagekey AS known
    JOIN unnest(%(meters)s::text[], %(keys)s::text[]) AS sent(meter, key)
        ON known.meter_code = sent.meter AND known.key = sent.key
    WHERE known.seller_id = %(seller)s
"""
