"""
Contracts whose day has come, billed in chunks.

Workers don't wait for each other's contracts: what another has locked is passed over, and billed
alone at the end. Only the number series is waited for, as the last step.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.contracts.commands import Billed
from billing.contracts.events import PERIOD_ENDED
from billing.contracts.models import Contract
from billing.contracts.queries import Agreements, Known, known_on
from billing.copying import plainly
from billing.customers.models import Customer
from billing.customers.queries import collects
from billing.events import commands as events
from billing.events.models import Event
from billing.pricing.timeline import Timeline
from billing.sellers.models import Seller
from billing.sellers.queries import today
from invoices.issuing.commands.charging import document_of
from invoices.issuing.commands.chunk import Chunk, Work, alone_if_refused, bill_together
from invoices.issuing.commands.issue import Demand
from invoices.issuing.queries.basis import Basis, Between
from invoices.issuing.queries.lines import Found, accounts, demanded, found_due, printed
from invoices.issuing.queries.metered import Looked
from invoices.issuing.queries.waiting import sellers_of

BILL_DUE = "issuing.bill_due"


@dataclass(frozen=True, slots=True)
class _Due:
    """A contract that is due, and the event that says so; both are locked."""

    contract: Contract
    event: Event


def bill_due(*, event_ids: Collection[UUID], at: datetime, worker: str) -> int:
    """
    Bill the contracts whose day has come by some events; return how many it billed together.

    It is safe to run twice and at once with others. What can't be billed becomes a failure; what is
    wrong with the database or its connection is raised: what was committed before stays.
    """
    me = events.Worker(task=BILL_DUE, name=worker, at=at)
    named = set(event_ids)
    return sum(
        bill_together(Chunk(seller, ids, me), _work_out, named=named)
        for seller, ids in sellers_of(event_ids)
    )


def _work_out(chunk: Chunk) -> list[Work]:
    due = _claim(chunk.seller, chunk.event_ids)
    owing = _found(due)
    said = printed(found for _, found in owing.values())
    basis = Basis(chunk.seller, [each.contract.customer for each in due])
    on = today(chunk.seller, at=chunk.me.at)
    works: list[Work] = []
    for each in due:
        contract = each.contract
        if contract.pk not in owing:
            continue
        known, found = owing[contract.pk]
        between = Between(basis=basis, customer=contract.customer, contract=contract)
        demand = Demand(
            event=each.event, between=between, currency=contract.currency, today=on, at=chunk.me.at
        )
        with alone_if_refused(each.event):
            document = document_of(demand, demanded(found, said).lines)
            works.append(
                Work(
                    event=each.event,
                    customer_id=contract.customer_id,
                    document=document,
                    billed=_billed(contract, known, found),
                )
            )
    return works


def _billed(contract: Contract, known: Known, found: Found) -> Billed:
    return Billed(
        contract=contract,
        known=known,
        charged_until=found.charged_until,
        next_billing_date=found.next_due,
    )


def _claim(seller: Seller, ids: Sequence[UUID]) -> list[_Due]:
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
    due: list[_Due] = []
    for contract_id, (event, *others) in waiting.items():
        contract = locked[contract_id]
        contract.customer = customers[contract.customer_id]
        contract.seller = contract.customer.seller = seller
        if not others and _is_plain(contract, event):
            due.append(_Due(contract, event))
    return due


def _lock_waiting(contract_ids: Iterable[UUID]) -> Iterable[Event]:
    waiting = Event.objects.filter(stream_id__in=list(contract_ids), state=Event.State.WAITING)
    return plainly(waiting.select_for_update().order_by("position"))


def _is_plain(contract: Contract, event: Event) -> bool:
    is_its_day = contract.next_billing_date == event.as_of_date
    return event.type == PERIOD_ENDED and is_its_day and not collects(contract.customer)


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
        with alone_if_refused(each.event):
            owing = found_due(each.contract, mine, known=known, cause=cause)
            found[each.contract.pk] = known, owing
    return found


def _told(due: Sequence[_Due]) -> dict[UUID, tuple[Known, Mapping[UUID, Timeline]]]:
    agreements = Agreements([each.contract for each in due])
    found: dict[UUID, tuple[Known, Mapping[UUID, Timeline]]] = {}
    for each in due:
        with alone_if_refused(each.event):
            whole = agreements.timelines(each.contract, passes_over_failed=True)
            known = known_on(each.contract, whole.values(), on=each.event.as_of_date)
            found[each.contract.pk] = known, whole
    return found
