"""`record_usage`: what was metered becomes records, their roll-ups, and what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from billing.sellers.models import Seller
from billing.sellers.queries import today
from billing.usage.commands.attribution import Attributed, Attribution, Unattributed
from billing.usage.commands.keys import claim_keys
from billing.usage.commands.sent import SentRecord
from billing.usage.commands.storing import store
from billing.usage.commands.waiting import keep_waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a batch: counts, and the index of each record that does not count."""

    accepted: int
    repeated: int
    conflicts: Sequence[int]
    unattributed: Sequence[tuple[int, Unattributed]]


@transaction.atomic
def record_usage(*, seller: Seller, records: Sequence[SentRecord], at: datetime) -> Receipt:
    """
    Record what was metered, each key of a meter once; nothing that was sent is lost.

    A record that is there with the same content is passed over; one under the key of another is
    kept aside, and the rest of the batch counts all the same. What can't be attributed waits, and
    a failure tells of it. The number of queries doesn't depend on how many records there are.
    """
    recorded_on = today(seller, at=at)
    claimed = claim_keys(seller.id, records, at=at)
    attribution = Attribution(seller, [records[index] for index in claimed.new], today=recorded_on)
    attributed: list[Attributed] = []
    unattributed: list[tuple[int, Unattributed]] = []
    for index in claimed.new:
        found = attribution.decide(records[index])
        if isinstance(found, Attributed):
            attributed.append(found)
        else:
            unattributed.append((index, found))
    waiting = [(records[index], why) for index, why in unattributed]
    keep_waiting(seller, waiting, today=recorded_on, at=at)
    store(seller, attributed, recorded_on=recorded_on, at=at)
    return Receipt(
        accepted=len(attributed),
        repeated=claimed.repeated,
        conflicts=claimed.conflicts,
        unattributed=unattributed,
    )
