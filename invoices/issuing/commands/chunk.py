"""
A chunk of events, billed together: as many statements for many as for one.

What is owed is found one by one, by the same functions as when one event is billed alone, out of
facts that were read for all. Nothing is written before all is known; then charges, what is noted
and invoices are written as blocks, and committed once. What can't be billed so is left: it is
billed alone, and fails alone.
"""

import gc
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from billing.contracts import commands as contracts
from billing.contracts.commands import Billed
from billing.customers import commands as customers
from billing.customers.models import Customer
from billing.events import commands as events
from billing.events.happened import TOLD_EACH_AT_MOST, tell_committed, tell_handled
from billing.events.models import Event
from billing.events.patience import PASSING
from billing.events.tries import Worker
from billing.happenings import spans, traces
from billing.happenings.context import Fields
from billing.happenings.lines import Action
from billing.sellers.models import Seller
from invoices.issuing.commands.bill import bill
from invoices.issuing.commands.collecting import note_next, write_lines
from invoices.issuing.commands.holding import drafted
from invoices.issuing.commands.issue import Ready, write_documents
from invoices.issuing.models import Charge, Hold
from invoices.issuing.queries.held import findings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """That a customer's day has ended; of which day the oldest charge is that still waits."""

    day: date
    oldest: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """
    What billing an event writes.

    Documents, or charges that wait, unless nothing is owed; how far contracts are billed. Of the
    end of a customer's day also the day of the oldest charge that still waits then.
    """

    event: Event
    customer: Customer
    documents: Sequence[Ready] = ()
    waiting: Sequence[Charge] = ()
    billed: Sequence[Billed] = ()
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Events of one seller, named by a message or taken along, and who bills them."""

    seller: Seller
    event_ids: Sequence[UUID]
    me: Worker


# Locks what is billed together, and returns what that writes. What it leaves out is billed alone.
WorkOut = Callable[[Chunk], Sequence[Work]]


def bill_together(chunk: Chunk, work_out: WorkOut, *, named: Collection[UUID]) -> int:
    """
    Bill a chunk in one transaction, and alone what is left of the `named`; return how many.

    If the database refuses something of it, the halves are tried: so it is found what.
    """
    with _not_collecting():  # All that is made is gone again by its end.
        handled = _bill_together(chunk, work_out)
    for event_id in chunk.event_ids:
        if event_id not in handled and event_id in named:
            bill(event_id=event_id, at=chunk.me.at, worker=chunk.me.name)
    return len(handled)


def _bill_together(chunk: Chunk, work_out: WorkOut) -> set[UUID]:
    try:
        with transaction.atomic():
            works = list(_each_for_itself(_unheld(work_out(chunk), chunk.seller)))
            with spans.among(_traces(works)):
                _write(works, chunk.me)
    except PASSING:
        raise
    except Exception as error:
        logger.debug("A chunk of %d is halved: %r", len(chunk.event_ids), error)
        half = len(chunk.event_ids) // 2
        halves = (chunk.event_ids[:half], chunk.event_ids[half:]) if half else ()
        parts = [_bill_together(Chunk(chunk.seller, ids, chunk.me), work_out) for ids in halves]
        return set().union(*parts)
    return {work.event.id for work in works}


def _traces(works: Sequence[Work]) -> dict[UUID, traces.Trace]:
    """Return the traces that callers began, by the transaction: what follows goes on with them."""
    kept = [(work.event, traces.read_kept(work.event.trace)) for work in works if work.event.trace]
    return {event.transaction_id: trace for event, trace in kept if trace}


@contextmanager
def alone_if_refused(event: Event) -> Iterator[None]:
    """Let an event that can't be billed drop out: billed alone, it tells what is wrong."""
    try:
        yield
    except PASSING:
        raise
    except Exception as error:
        logger.debug("Event %s is billed alone: %r", event.id, error)


@contextmanager
def _not_collecting() -> Iterator[None]:
    """
    Look for no garbage meanwhile.

    The many objects of a chunk die with it, without cycles: going through them again and again
    costs a fifth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _unheld(works: Sequence[Work], seller: Seller) -> list[Work]:
    """Leave out what may have to be approved first: billed alone, it is asked whether it is."""
    documents = [(work, document) for work in works for document in work.documents]
    found = findings(seller, [drafted(document) for _, document in documents])
    held = {documents[place][0].event.id for place in found}
    if retried := [work.event.id for work in works if work.event.retried_at]:
        held |= set(Hold.objects.filter(event__in=retried).values_list("event_id", flat=True))
    return [work for work in works if work.event.id not in held]


def _each_for_itself(works: Sequence[Work]) -> Iterator[Work]:
    """Leave out customers of whom one document may use the money that another gives back."""
    of_customers = Counter(work.customer.id for work in works if work.documents)
    crediting = {
        work.customer.id
        for work in works
        for document in work.documents
        if document.prepared.kind == "credit_note"
    }
    for work in works:
        if work.customer.id not in crediting or of_customers[work.customer.id] == 1:
            yield work


def _write(works: Sequence[Work], me: Worker) -> None:
    """Write what was worked out; the number series is locked last."""
    if not works:
        return
    documents = [document for work in works for document in work.documents]
    write_lines(documents, waiting=[charge for work in works for charge in work.waiting])
    billed = [each for work in works for each in work.billed]
    if billed:
        contracts.note_all_billed(billed, at=me.at)
    _note_collected(works, at=me.at)
    events.complete_all([work.event for work in works], tried=me.tried())
    _tell(works, me)
    if documents:
        write_documents(documents)


def _tell(works: Sequence[Work], me: Worker) -> None:
    """
    Have the log tell of events that are handled: of a large chunk by one line for all.

    Then those of which an invoice comes are told by its line, which names its event.
    """
    handled = [work.event for work in works]
    if len(works) > TOLD_EACH_AT_MOST:
        count: Fields = {"anlass.count": len(works), "anlass.task": me.task}
        tell_committed(Action.CHUNK_HANDLED, f"{len(works)} events were handled together", count)
        handled = [work.event for work in works if not work.documents]
    tell_handled(handled, tried=me.tried())


def _note_collected(works: Sequence[Work], *, at: datetime) -> None:
    """Note when what waits of customers is collected."""
    ended = {work.customer: (work.ended.day, work.ended.oldest) for work in works if work.ended}
    if ended:
        note_next(ended, at=at)
    due: dict[Customer, date] = {}
    for work in works:
        if work.waiting and not work.ended:
            day = work.event.as_of_date
            due[work.customer] = min(due.get(work.customer, day), day)
    if due:
        customers.make_all_due(due)
