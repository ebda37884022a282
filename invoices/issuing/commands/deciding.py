"""
Deciding on many failures at once: ordered in a moment, carried out chunk by chunk by events.

However many they are, whoever orders it waits only for their ids. Each chunk is one event and one
transaction: done wholly or not at all, and done twice, nothing the second time.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from billing.events import commands as events
from billing.events import log
from billing.events.causes import place_of
from billing.events.models import (
    Event,
    Failure,
    FailureCause,
    FailureDecision,
    FailureNote,
)
from billing.events.patience import PASSING
from billing.events.tries import Trouble, Worker
from billing.sellers.models import Seller
from billing.sellers.queries import today
from invoices.issuing.commands.settle import write_off
from invoices.issuing.events import failures_decided

logger = logging.getLogger(__name__)

SETTLE = "issuing.settle_failures"
CHUNK = 1000
# Each contract that is passed over takes statements of its own, and a task's time is limited.
CHUNK_OF_WRITE_OFFS = 200
Deed = FailureDecision.Deed
_KINDS = {Deed.RETRY: FailureNote.Kind.RETRY, Deed.WRITE_OFF: FailureNote.Kind.WRITE_OFF}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to become of failures, who says so, and why."""

    deed: Deed
    by: str
    at: datetime
    why: str = ""


@transaction.atomic
def decide(failures: QuerySet[Failure], decision: Decision) -> int:
    """
    Order that the open ones among `failures` are dealt with, most urgent first. Return how many.

    They are dealt with by events, in chunks of each seller's.
    """
    of_sellers: dict[UUID, list[UUID]] = {}
    wanted = failures.filter(state=Failure.State.OPEN).order_by("-priority", "pk")
    for seller_id, failure_id in wanted.values_list("seller_id", "pk"):
        of_sellers.setdefault(seller_id, []).append(failure_id)
    for seller in Seller.objects.filter(pk__in=of_sellers).order_by("pk"):
        _order(seller, of_sellers[seller.pk], decision)
    return sum(map(len, of_sellers.values()))


@transaction.atomic
def decide_on_cause(cause: FailureCause, decision: Decision) -> int:
    """Order that all that is open of a cause is dealt with, and note it. Return how many."""
    count = decide(Failure.objects.filter(seller=cause.seller_id, cause=cause), decision)
    if count and decision.deed in _KINDS:
        FailureNote.objects.create(
            seller_id=cause.seller_id,
            cause=cause,
            kind=_KINDS[decision.deed],
            text=decision.why,
            by=decision.by,
            at=decision.at,
        )
    return count


def settle_failures(*, event_ids: Iterable[UUID], at: datetime, worker: str) -> None:
    """
    Carry out decisions. Safe to run twice, and side by side.

    What is just being tried can't be decided on: then the event goes on waiting, until it can.
    """
    for event_id in event_ids:
        me = Worker(task=SETTLE, name=worker, at=at)
        try:
            _settle(event_id, me)
        except PASSING:
            raise
        except Exception as error:
            logger.exception("Defect while settling failures by event %s", event_id)
            events.fail(event_id=event_id, tried=me.tried(), trouble=_defect(error))


@transaction.atomic
def _settle(event_id: UUID, me: Worker) -> None:
    event = Event.objects.select_for_update().get(pk=event_id)
    if event.state != Event.State.WAITING:
        return
    decision = FailureDecision.objects.get(
        pk=event.payload["decision_id"], seller_id=event.seller_id
    )
    _carry_out(decision, at=me.at)
    if decision.deed == Deed.PROBE or not _is_being_tried(decision.failure_ids):
        events.complete(event, tried=me.tried())


def _carry_out(decision: FailureDecision, *, at: datetime) -> None:
    ids: Sequence[UUID] = decision.failure_ids
    if decision.deed == Deed.RETRY:
        events.retry(failure_ids=ids, by=decision.by, at=at, why=decision.why)
    elif decision.deed == Deed.WRITE_OFF:
        write_off(failure_ids=ids, by=decision.by, at=at, why=decision.why)
    else:
        events.probe(failure_ids=ids, at=at, patiently=True)


def _is_being_tried(failure_ids: Sequence[UUID]) -> bool:
    tried = Failure.objects.filter(pk__any_of=failure_ids, state=Failure.State.OPEN)
    return tried.filter(event__state=Event.State.WAITING).exists()


def _order(seller: Seller, failure_ids: Sequence[UUID], decision: Decision) -> None:
    made = FailureDecision.objects.bulk_create(
        FailureDecision(
            seller=seller,
            deed=decision.deed,
            failure_ids=list(chunk),
            by=decision.by,
            why=decision.why,
            at=decision.at,
        )
        for chunk in _chunks(failure_ids, decision.deed)
    )
    on = today(seller, at=decision.at)
    log.append([failures_decided(each, on=on) for each in made], at=decision.at)


def _chunks(ids: Sequence[UUID], deed: Deed) -> Iterable[Sequence[UUID]]:
    size = CHUNK_OF_WRITE_OFFS if deed == Deed.WRITE_OFF else CHUNK
    return (ids[begin : begin + size] for begin in range(0, len(ids), size))


def _defect(error: Exception) -> Trouble:
    return Trouble(
        code="defect",
        reason=f"{type(error).__name__}: {error}",
        remedy="Report it to the developers with the transaction id; retry once it is mended.",
        error_class=type(error).__name__,
        place=place_of(error),
    )
