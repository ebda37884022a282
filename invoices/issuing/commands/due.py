"""
Contracts whose day has come, billed in chunks.

Workers don't wait for each other's contracts: what another has locked is passed over, and billed
alone at the end. Only the number series is waited for, as the last step.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from billing.contracts.events import PERIOD_ENDED
from billing.contracts.models import Contract
from billing.copying import plainly
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.customers.models import Customer
from billing.customers.queries import collects
from billing.events import commands as events
from billing.events.models import Event
from billing.sellers.models import Seller
from billing.sellers.queries import today
from invoices.issuing.commands.charging import document_of
from invoices.issuing.commands.chunk import Chunk, Work, alone_if_refused, bill_together
from invoices.issuing.commands.days import work_out_days
from invoices.issuing.commands.issue import Demand
from invoices.issuing.commands.owing import Due, owing
from invoices.issuing.queries.basis import Basis, Between
from invoices.issuing.queries.waiting import sellers_of

BILL_DUE = "issuing.bill_due"


def bill_due(*, event_ids: Collection[UUID], at: datetime, worker: str) -> int:
    """
    Bill what has come due by some events; return of how many it billed together.

    Days of customers come after contracts, which may wait ahead of them, and one after the other.
    It is safe to run twice and at once with others. What can't be billed becomes a failure; what is
    wrong with the database or its connection is raised: what was committed before stays.
    """
    me = events.Worker(task=BILL_DUE, name=worker, at=at)
    told = Event.objects.filter(pk__in=list(event_ids), type=CUSTOMER_DAY_ENDED)
    days: dict[date, set[UUID]] = {}
    for event_id, day in told.values_list("pk", "as_of_date"):
        days.setdefault(day, set()).add(event_id)
    others = set(event_ids).difference(*days.values())
    return sum(
        bill_together(Chunk(seller, ids, me), work_out, named=mine)
        for mine, work_out in (
            (others, _work_out),
            *((days[day], work_out_days) for day in sorted(days)),
        )
        for seller, ids in sellers_of(mine)
    )


def _work_out(chunk: Chunk) -> list[Work]:
    due = _claim(chunk.seller, chunk.event_ids)
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


def _claim(seller: Seller, ids: Sequence[UUID]) -> list[Due]:
    """
    Lock the contracts of events, unless another has, and return those that are billed together.

    Left out are those for which other events wait too, and those of customers whose charges are
    collected.
    """
    told = Event.objects.filter(pk__in=ids, state=Event.State.WAITING)
    streams = list(told.values_list("stream_id", flat=True))
    free = Contract.objects.select_for_update(skip_locked=True).filter(pk__in=streams)
    locked = {contract.pk: contract for contract in plainly(free.order_by("pk"))}
    # By their keys: a join could be planned as a scan of all by a database without statistics.
    whose = Customer.objects.filter(pk__in={each.customer_id for each in locked.values()})
    customers = {customer.pk: customer for customer in plainly(whose)}
    waiting: dict[UUID, list[Event]] = {}
    for event in _lock_waiting(locked):
        waiting.setdefault(event.stream_id, []).append(event)
    due: list[Due] = []
    for contract_id, (event, *others) in waiting.items():
        contract = locked[contract_id]
        contract.customer = customers[contract.customer_id]
        contract.seller = contract.customer.seller = seller
        if not others and _is_plain(contract, event):
            due.append(Due(contract, event))
    return due


def _lock_waiting(contract_ids: Iterable[UUID]) -> Iterable[Event]:
    waiting = Event.objects.filter(stream_id__in=list(contract_ids), state=Event.State.WAITING)
    return plainly(waiting.select_for_update().order_by("position"))


def _is_plain(contract: Contract, event: Event) -> bool:
    is_its_day = contract.next_billing_date == event.as_of_date
    return event.type == PERIOD_ENDED and is_its_day and not collects(contract.customer)
