"""
A chunk of due contracts, billed together: as many statements for many as for one.

What is owed is found contract by contract, by the same functions as when one is billed alone, out
of facts that were read for all. Nothing is written before all is known; then charges, what is noted
and invoices are written as blocks, and committed once. A contract that can't be billed so is left:
it is billed alone, and fails alone.

Workers don't wait for each other's contracts: what another has locked is passed over. Only the
number series is waited for, as the last step.
"""

import gc
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.contracts import commands as contracts
from billing.contracts.commands import Billed
from billing.contracts.events import PERIOD_ENDED
from billing.contracts.models import Contract
from billing.contracts.queries import Agreements, Known, known_on
from billing.customers.queries import collects
from billing.events import commands as events
from billing.events.models import Event
from billing.events.patience import PASSING
from billing.pricing.timeline import Timeline
from billing.sellers.models import Seller
from billing.sellers.queries import today
from invoices.issuing.commands.bill import bill
from invoices.issuing.commands.charging import document_of
from invoices.issuing.commands.issue import Demand, Ready, issue
from invoices.issuing.queries.basis import Basis, Between
from invoices.issuing.queries.lines import Found, accounts, demanded, found_due, printed
from invoices.issuing.queries.metered import Looked

logger = logging.getLogger(__name__)

BILL_DUE = "issuing.bill_due"


@dataclass(frozen=True, slots=True)
class _Due:
    """A contract that is due, and the event that says so; both are locked."""

    contract: Contract
    event: Event


@dataclass(frozen=True, slots=True)
class _Work:
    """What billing a contract writes: a document, unless nothing is owed; how far it is billed."""

    due: _Due
    billed: Billed
    document: Ready | None


def bill_due(*, event_ids: Collection[UUID], at: datetime, worker: str) -> int:
    """
    Bill the contracts whose day has come by some events; return how many events it handled.

    It is safe to run twice and at once with others: what is handled already, or in another's
    hands, is passed over. What can't be billed becomes a failure; what is wrong with the database
    or its connection is raised: what was committed before stays.
    """
    told = Event.objects.filter(pk__in=event_ids, state=Event.State.WAITING)
    by_seller: dict[UUID, list[UUID]] = {}
    for event_id, seller_id in told.order_by("position").values_list("id", "seller_id"):
        by_seller.setdefault(seller_id, []).append(event_id)
    with _not_collecting():
        return sum(
            _bill_of_seller(Seller.objects.get(pk=seller_id), ids, at=at, worker=worker)
            for seller_id, ids in by_seller.items()
        )


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


def _bill_of_seller(seller: Seller, ids: Sequence[UUID], *, at: datetime, worker: str) -> int:
    me = events.Worker(task=BILL_DUE, name=worker, at=at)
    try:
        with transaction.atomic():
            due, left = _claim(seller, ids)
            works, refused = _worked_out(seller, due, me)
            _write(works, me)
    except PASSING:
        raise
    except Exception:
        if len(ids) > 1:
            half = len(ids) // 2
            parts = (ids[:half], ids[half:])
            return sum(_bill_of_seller(seller, part, at=at, worker=worker) for part in parts)
        works, refused, left = [], [], list(ids)
    for event_id in (*left, *(each.event.pk for each in refused)):
        bill(event_id=event_id, at=at, worker=worker)
    return len(works)


def _claim(seller: Seller, ids: Sequence[UUID]) -> tuple[list[_Due], list[UUID]]:
    """
    Lock the contracts of events, unless another has, and return those that are billed together.

    And the events that are to be handled alone: where another has locked the contract, where others
    wait for the same contract, or where a customer's charges are collected.
    """
    told = Event.objects.filter(pk__in=ids, state=Event.State.WAITING)
    streams = dict(told.values_list("pk", "stream_id"))
    rows = Contract.objects.select_for_update(of=("self",), skip_locked=True)
    free = rows.filter(pk__in=streams.values()).select_related("customer").order_by("pk")
    locked = {contract.pk: contract for contract in free}
    waiting: dict[UUID, list[Event]] = {}
    for event in _lock_waiting(locked):
        waiting.setdefault(event.stream_id, []).append(event)
    due: list[_Due] = []
    for contract_id, (event, *others) in waiting.items():
        contract = locked[contract_id]
        contract.seller = contract.customer.seller = seller
        if not others and _is_plain(contract, event):
            due.append(_Due(contract, event))
    together = {each.event.pk for each in due}
    return due, [event_id for event_id in streams if event_id not in together]


def _lock_waiting(contract_ids: Iterable[UUID]) -> Iterable[Event]:
    waiting = Event.objects.filter(stream_id__in=list(contract_ids), state=Event.State.WAITING)
    return waiting.select_for_update().order_by("position")


def _is_plain(contract: Contract, event: Event) -> bool:
    is_its_day = contract.next_billing_date == event.as_of_date
    return event.type == PERIOD_ENDED and is_its_day and not collects(contract.customer)


def _worked_out(
    seller: Seller, due: Sequence[_Due], me: events.Worker
) -> tuple[list[_Work], list[_Due]]:
    """Return what billing writes, and those that can't be billed; nothing is written."""
    found = {each.contract.pk: each for each in due}
    owing = _found(due)
    said = printed(found_ for _, found_ in owing.values())
    basis = Basis(seller, [each.contract.customer for each in due])
    on = today(seller, at=me.at)
    works: list[_Work] = []
    for contract_id, (known, mine) in owing.items():
        each = found[contract_id]
        between = Between(basis=basis, customer=each.contract.customer, contract=each.contract)
        demand = Demand(
            event=each.event, between=between, currency=each.contract.currency, today=on, at=me.at
        )
        with _alone_if_refused(each):
            document = document_of(demand, demanded(mine, said).lines)
            billed = Billed(
                contract=each.contract,
                known=known,
                charged_until=mine.charged_until,
                next_billing_date=mine.next_due,
            )
            works.append(_Work(each, billed, document))
    works = list(_each_for_itself(works))
    worked = {work.due.contract.pk for work in works}
    return works, [each for each in due if each.contract.pk not in worked]


def _each_for_itself(works: Sequence[_Work]) -> Iterator[_Work]:
    """Leave out customers of whom one document may use the money that another gives back."""
    documents = [work.document for work in works if work.document]
    of_customers = Counter(document.demand.customer.pk for document in documents)
    crediting = {
        document.demand.customer.pk
        for document in documents
        if document.prepared.kind == "credit_note"
    }
    for work in works:
        customer_id = work.due.contract.customer_id
        if customer_id not in crediting or of_customers[customer_id] == 1:
            yield work


def _found(due: Sequence[_Due]) -> dict[UUID, tuple[Known, Found]]:
    """Return what contracts owe, by what is known of each; not of those that refuse to tell."""
    told = _told(due)
    looked = [
        Looked(timeline, known.on) for known, whole in told.values() for timeline in whole.values()
    ]
    of = {account.subscription_id: account for account in accounts(looked)}
    found: dict[UUID, tuple[Known, Found]] = {}
    for each in due:
        if each.contract.pk not in told:
            continue
        known, whole = told[each.contract.pk]
        mine = [of[subscription_id] for subscription_id in whole]
        cause = f"period {each.event.as_of_date}"
        with _alone_if_refused(each):
            owing = found_due(each.contract, mine, known=known, cause=cause)
            found[each.contract.pk] = known, owing
    return found


def _told(due: Sequence[_Due]) -> dict[UUID, tuple[Known, Mapping[UUID, Timeline]]]:
    agreements = Agreements([each.contract for each in due])
    found: dict[UUID, tuple[Known, Mapping[UUID, Timeline]]] = {}
    for each in due:
        with _alone_if_refused(each):
            whole = agreements.timelines(each.contract, passes_over_failed=True)
            known = known_on(each.contract, whole.values(), on=each.event.as_of_date)
            found[each.contract.pk] = known, whole
    return found


@contextmanager
def _alone_if_refused(due: _Due) -> Iterator[None]:
    """Let a contract that can't be billed drop out: billed alone, it tells what is wrong."""
    try:
        yield
    except PASSING:
        raise
    except Exception as error:
        logger.debug("Contract %s is billed alone: %r", due.contract.pk, error)


def _write(works: Sequence[_Work], me: events.Worker) -> None:
    """Write what was worked out; the number series is locked last."""
    if not works:
        return
    contracts.note_all_billed([work.billed for work in works], at=me.at)
    events.complete_all([work.due.event for work in works], tried=me.tried())
    documents = [work.document for work in works if work.document]
    if documents:
        issue(documents)
