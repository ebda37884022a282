"""Replaying what waits: what was mended counts from now on, the rest goes on waiting."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.events import commands as events
from billing.events.causes import place_of
from billing.events.models import Event
from billing.events.patience import PASSING
from billing.events.tries import Trouble, Worker
from billing.sellers.models import Seller
from billing.sellers.queries import today
from billing.usage.commands.attribution import Attributed, Attribution, Unattributed
from billing.usage.commands.sent import read_payload
from billing.usage.commands.storing import store
from billing.usage.models import Reason, UnattributedRecord, UnattributedUsage
from billing.usage.queries.reasons import trouble

logger = logging.getLogger(__name__)

ATTRIBUTE = "usage.attribute"
CHUNK = 1000

_DEFECT = "Report it to the developers with the transaction id; retry once it is mended."


def attribute_waiting(*, event_id: UUID, at: datetime, worker: str) -> int:
    """
    Attribute the records that an event tells of; return how many count by now.

    Each chunk is a transaction of its own, so that the work done stays done. While a record still
    waits, the event fails again, and its failure tells of all of them.
    """
    me = Worker(task=ATTRIBUTE, name=worker, at=at)
    attributed, after = 0, None
    try:
        while True:
            count, after = _attribute_next(event_id, after, me)
            attributed += count
            if after is None:
                return attributed
    except PASSING:
        raise
    except Exception as error:
        logger.exception("Defect while attributing the usage of event %s", event_id)
        events.fail(event_id=event_id, tried=me.tried(), trouble=_defect(error))
        return attributed


@transaction.atomic
def _attribute_next(event_id: UUID, after: UUID | None, me: Worker) -> tuple[int, UUID | None]:
    """
    Attribute the next chunk; return how many of it, and the latest looked at, None at the end.

    What the failure tells of is locked first, then the event: nothing is added meanwhile.
    """
    event = Event.objects.select_related("seller").get(pk=event_id)
    told = UnattributedUsage.objects.select_for_update().get(pk=event.stream_id)
    event.state = Event.objects.select_for_update().get(pk=event_id).state
    if event.state != Event.State.WAITING:
        return 0, None
    rows = UnattributedRecord.objects.filter(event=event, attributed_at=None).order_by("id")
    chunk = list((rows.filter(id__gt=after) if after else rows)[:CHUNK])
    if not chunk:
        _end(event, told, me)
        return 0, None
    count = _attribute(event.seller, chunk, at=me.at)
    told.waiting -= count
    told.save(update_fields=["waiting"])
    return count, chunk[-1].id


def _attribute(seller: Seller, chunk: Sequence[UnattributedRecord], *, at: datetime) -> int:
    """Store what can be attributed by now, known since today; note why the rest can't."""
    recorded_on = today(seller, at=at)
    sent = [read_payload(meter=row.meter_code, key=row.key, payload=row.payload) for row in chunk]
    attribution = Attribution(seller, sent, today=recorded_on)
    attributed: list[Attributed] = []
    changed: list[UnattributedRecord] = []
    for row, record in zip(chunk, sent, strict=True):
        found = attribution.decide(record)
        if isinstance(found, Unattributed):
            if found.reason != row.reason:
                row.reason = found.reason
                changed.append(row)
        else:
            attributed.append(found)
            row.attributed_at = at
            changed.append(row)
    store(seller, attributed, recorded_on=recorded_on, at=at)
    UnattributedRecord.objects.bulk_update(changed, ["reason", "attributed_at"])
    return len(attributed)


def _end(event: Event, told: UnattributedUsage, me: Worker) -> None:
    """Note the event as handled, or as failed while records wait."""
    if not told.waiting:
        events.complete(event, tried=me.tried())
        return
    latest = UnattributedRecord.objects.filter(event=event, attributed_at=None).latest("id")
    record = read_payload(meter=latest.meter_code, key=latest.key, payload=latest.payload)
    found = Attribution(event.seller, [record], today=today(event.seller, at=me.at)).decide(record)
    why = (
        found if isinstance(found, Unattributed) else Unattributed(Reason(told.reason), told.named)
    )
    events.fail(
        event_id=event.pk,
        tried=me.tried(),
        trouble=trouble(why.reason, why.named, told.waiting),
    )


def _defect(error: Exception) -> Trouble:
    return Trouble(
        code="defect",
        reason=f"{type(error).__name__}: {error}",
        remedy=_DEFECT,
        error_class=type(error).__name__,
        place=place_of(error),
    )
