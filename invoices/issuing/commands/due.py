"""
Contracts whose day has come, billed in chunks.

Workers don't wait for each other's contracts: what another has locked is passed over, and billed
alone at the end. Only the number series is waited for, as the last step.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from billing.contracts.events import PERIOD_ENDED
from billing.contracts.models import Contract
from billing.copying import plainly, relate
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.customers.models import Customer
from billing.customers.queries import collects
from billing.events.models import Event
from billing.events.tries import Worker
from billing.sellers.models import Seller
from billing.sellers.queries import today
from invoices.issuing.commands.charging import document_of
from invoices.issuing.commands.chunk import Chunk, Work, alone_if_refused, bill_together
from invoices.issuing.commands.days import work_out_days
from invoices.issuing.commands.issue import Demand
from invoices.issuing.commands.owing import Due, owing
from invoices.issuing.queries.basis import Basis, Between

BILL_DUE = "issuing.bill_due"
_BEFORE_ALL_DAYS = date.min
# Of events.
_NOT_ASKED = ("payload", "idempotency_key", "published_at", "next_send_at", "sends")


class _Named(NamedTuple):
    """What a message names, as far as it waits."""

    event_id: UUID
    seller_id: UUID
    type: str
    day: date
    stream_id: UUID


def bill_due(*, event_ids: Collection[UUID], at: datetime, worker: str) -> int:
    """
    Bill what has come due by some events; return of how many it billed together.

    Days of customers come after contracts, which may wait ahead of them, and one after the other.
    It is safe to run twice and at once with others. What can't be billed becomes a failure; what is
    wrong with the database or its connection is raised: what was committed before stays.
    """
    me = Worker(task=BILL_DUE, name=worker, at=at)
    waiting = _named(event_ids)
    sellers = Seller.objects.in_bulk({each.seller_id for each in waiting})
    streams = {each.event_id: each.stream_id for each in waiting}
    groups: dict[tuple[date, UUID], list[UUID]] = {}
    for each in waiting:
        day = each.day if each.type == CUSTOMER_DAY_ENDED else _BEFORE_ALL_DAYS
        groups.setdefault((day, each.seller_id), []).append(each.event_id)
    of_contracts = partial(_work_out, streams=streams)
    billed = 0
    for (day, seller_id), ids in sorted(groups.items()):
        work_out = of_contracts if day == _BEFORE_ALL_DAYS else work_out_days
        billed += bill_together(Chunk(sellers[seller_id], ids, me), work_out, named=ids)
    return billed


def _named(event_ids: Collection[UUID]) -> list[_Named]:
    told = Event.objects.filter(pk__any_of=list(event_ids), state=Event.State.WAITING)
    columns = told.order_by("position").values_list(
        "id", "seller_id", "type", "as_of_date", "stream_id"
    )
    return [_Named(*row) for row in columns]


def _work_out(chunk: Chunk, *, streams: Mapping[UUID, UUID]) -> list[Work]:
    due = _claim(chunk.seller, [streams[event_id] for event_id in chunk.event_ids])
    basis = Basis(chunk.seller, [each.contract.customer for each in due])
    on = today(chunk.seller, at=chunk.me.at)
    works: list[Work] = []
    for each in owing(due).values():
        contract, event = each.due.contract, each.due.event
        between = Between(basis=basis, customer=contract.customer, contract=contract)
        demand = Demand(
            event=event, between=between, currency=contract.currency, today=on, at=chunk.me.at
        )
        with alone_if_refused(event):
            document = document_of(demand, each.lines)
            works.append(
                Work(
                    event=event,
                    customer=contract.customer,
                    documents=[document] if document else [],
                    billed=[each.billed(next_billing_date=each.found.next_due)],
                )
            )
    return works


def _claim(seller: Seller, contract_ids: Sequence[UUID]) -> list[Due]:
    """
    Lock contracts, unless another has, and return those that are billed together, with their event.

    Left out are those for which other events wait too, and those of customers whose charges are
    collected.
    """
    mine = Contract.objects.filter(seller=seller, pk__any_of=contract_ids).order_by("pk")
    free = mine.select_for_update(skip_locked=True)
    locked = {
        contract.id: contract for contract in plainly(free, but=["created_at"], seller_id=seller.id)
    }
    # By their keys: a join could be planned as a scan of all by a database without statistics.
    whose = Customer.objects.filter(
        seller=seller, pk__any_of={each.customer_id for each in locked.values()}
    )
    customers = {
        customer.id: customer
        for customer in plainly(whose, but=["created_at"], seller_id=seller.id)
    }
    waiting: dict[UUID, list[Event]] = {}
    for event in plainly(waiting_in(seller, locked), but=_NOT_ASKED, seller_id=seller.id):
        waiting.setdefault(event.stream_id, []).append(event)
    due: list[Due] = []
    for contract_id, (event, *others) in waiting.items():
        contract = locked[contract_id]
        customer = customers[contract.customer_id]
        relate(contract, customer=customer, seller=seller)
        relate(customer, seller=seller)
        if not others and _is_plain(contract, event):
            due.append(Due(contract, event))
    return due


def waiting_in(seller: Seller, streams: Iterable[UUID]) -> QuerySet[Event]:
    """Return what waits in streams of a seller, in order; it is locked once it is read."""
    waiting = Event.objects.filter(
        seller=seller, stream_id__any_of=list(streams), state=Event.State.WAITING
    )
    return waiting.select_for_update().order_by("position")


def _is_plain(contract: Contract, event: Event) -> bool:
    is_its_day = contract.next_billing_date == event.as_of_date
    return event.type == PERIOD_ENDED and is_its_day and not collects(contract.customer)
