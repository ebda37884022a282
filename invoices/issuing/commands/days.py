"""
Days of customers that have ended, in chunks: see `day` for one that is handled alone.

Customers are locked first, those that are free; then their contracts that are due. Left to be
handled alone are those for whom anything waits ahead of the day, and those of whom a contract or
the document is refused: there a contract fails by itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from billing.contracts import commands as contracts
from billing.contracts.commands import Billed
from billing.contracts.models import Contract
from billing.copying import plainly
from billing.customers import commands as customers
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.customers.models import Customer
from billing.customers.queries import is_collected_on
from billing.events.models import Event
from billing.sellers.queries import today
from invoices.issuing.commands.charging import decide_to_wait
from invoices.issuing.commands.chunk import Chunk, Ended, Work, alone_if_refused
from invoices.issuing.commands.collecting import Waiting, chargeable, collected, stored
from invoices.issuing.commands.day import earliest
from invoices.issuing.commands.issue import Demand, charges_of
from invoices.issuing.commands.owing import Due, Owing, owing
from invoices.issuing.queries.basis import Basis, Between
from invoices.issuing.queries.waiting import (
    count_waiting,
    customers_ahead,
    next_fact_days,
    oldest_days,
)

# So many charges are collected in one transaction: they are held in memory together.
COLLECTED_AT_MOST = 10_000


class TooMuchAtOnce(Exception):
    """More waits for the customers of a chunk than is collected in one transaction: halve it."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A customer's day that has ended, and its contracts that are due; all are locked."""

    event: Event
    customer: Customer
    contracts: Sequence[Contract]

    @property
    def day(self) -> date:
        return self.event.as_of_date

    @property
    def is_collected(self) -> bool:
        return is_collected_on(self.customer, self.day)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read for all days of a chunk."""

    basis: Basis
    today: date
    owing: Mapping[UUID, Owing]
    facts: Mapping[UUID, date]
    stored: Mapping[UUID, Sequence[Waiting]]
    oldest: Mapping[UUID, date]


def work_out_days(chunk: Chunk) -> list[Work]:
    """
    Lock days of customers, and return what their end writes; nothing is written.

    :raises TooMuchAtOnce: if more waits to be collected than is held in memory.
    """
    days = list(_claim(chunk))
    read = _read(chunk, days)
    works: list[Work] = []
    for each in days:
        if all(contract.pk in read.owing for contract in each.contracts):
            with alone_if_refused(each.event):
                works.append(_work(each, read, chunk))
    return works


def _read(chunk: Chunk, days: Sequence[_Day]) -> _Read:
    collected_on = {each.customer.pk: each.day for each in days if each.is_collected}
    if len(days) > 1 and count_waiting(collected_on) > COLLECTED_AT_MOST:
        raise TooMuchAtOnce
    on = today(chunk.seller, at=chunk.me.at)
    owed = owing([Due(contract, each.event) for each in days for contract in each.contracts])
    late = {pk: each.known.on for pk, each in owed.items() if each.known.on < on}
    return _Read(
        basis=Basis(chunk.seller, [each.customer for each in days]),
        today=on,
        owing=owed,
        facts=next_fact_days(late),
        stored=stored(collected_on),
        oldest=oldest_days(
            {each.customer.pk: each.day if each.is_collected else date.min for each in days}
        ),
    )


def _work(each: _Day, read: _Read, chunk: Chunk) -> Work:
    """Return what the end of a customer's day writes; what refuses a part of it is raised."""
    between = Between(basis=read.basis, customer=each.customer, contract=None)
    demand = Demand(
        event=each.event, between=between, currency="", today=read.today, at=chunk.me.at
    )
    owed = [read.owing[contract.pk] for contract in each.contracts]
    new = [waiting for one in owed for waiting in _charges(demand, one)]
    oldest = read.oldest.get(each.customer.pk)
    if each.is_collected:
        documents = collected(demand, [*read.stored[each.customer.pk], *new])
    else:
        documents = []
        oldest = earliest(oldest, each.day if new else None)
    return Work(
        event=each.event,
        customer=each.customer,
        documents=documents,
        waiting=[] if each.is_collected else [waiting.charge for waiting in new],
        billed=[_billed(one, read) for one in owed],
        ended=Ended(each.day, oldest),
    )


def _billed(owed: Owing, read: _Read) -> Billed:
    later = read.facts.get(owed.due.contract.pk)
    return owed.billed(next_billing_date=earliest(owed.found.next_due, later))


def _charges(demand: Demand, owed: Owing) -> Iterator[Waiting]:
    contract = owed.due.contract
    of_contract = Demand(
        event=demand.event,
        between=Between(basis=demand.between.basis, customer=demand.customer, contract=contract),
        currency=contract.currency,
        today=demand.today,
        at=demand.at,
    )
    lines, decided = decide_to_wait(of_contract, owed.lines)
    for line, charge in zip(lines, charges_of(of_contract, lines, decided), strict=True):
        yield Waiting(charge, line.taxable, contract)


def _claim(chunk: Chunk) -> Iterator[_Day]:
    """Lock customers of days that have ended, with their contracts that are due, and the events."""
    told = Event.objects.filter(
        pk__in=chunk.event_ids, type=CUSTOMER_DAY_ENDED, state=Event.State.WAITING
    )
    free = customers.lock_free_customers(told.values_list("stream_id", flat=True))
    for customer in free.values():
        customer.seller = chunk.seller
    plain = _plain(chunk, free)
    due = _lock_contracts({free[pk]: event.as_of_date for pk, event in plain.items()})
    ids = [event.pk for event in plain.values()]
    waiting = Event.objects.filter(pk__in=ids, state=Event.State.WAITING)
    for event in plainly(waiting.select_for_update().order_by("position")):
        yield _Day(event, free[event.stream_id], due.get(event.stream_id, ()))


def _plain(chunk: Chunk, free: Mapping[UUID, Customer]) -> dict[UUID, Event]:
    """Return the days of those customers for whom nothing waits ahead, and no day was missed."""
    first: dict[UUID, Event] = {}
    of_free = Event.objects.filter(stream_id__in=list(free), state=Event.State.WAITING)
    for event in plainly(of_free.order_by("as_of_date", "position")):
        first.setdefault(event.stream_id, event)
    named = set(chunk.event_ids)
    plain = {pk: event for pk, event in first.items() if event.pk in named}
    ahead = customers_ahead({pk: event.as_of_date for pk, event in plain.items()})
    eves = {free[pk]: event.as_of_date - timedelta(days=1) for pk, event in plain.items()}
    missed = contracts.earliest_days(eves, at=chunk.me.at)
    return {pk: event for pk, event in plain.items() if pk not in ahead and pk not in missed}


def _lock_contracts(days: Mapping[Customer, date]) -> dict[UUID, list[Contract]]:
    """Lock the contracts of customers that are due, and return those that are to be charged."""
    of = {customer.pk: customer for customer in days}
    latest = max(days.values(), default=date.min)
    due = Contract.objects.filter(customer__in=of, next_billing_date__lte=latest)
    found: dict[UUID, list[Contract]] = {}
    locked = plainly(due.select_for_update().order_by("pk"))
    for contract in chargeable(_on_their_days(locked, of, days)):
        found.setdefault(contract.customer_id, []).append(contract)
    return found


def _on_their_days(
    due: Iterable[Contract], of: Mapping[UUID, Customer], days: Mapping[Customer, date]
) -> list[Contract]:
    found: list[Contract] = []
    for contract in due:
        contract.customer = customer = of[contract.customer_id]
        contract.seller = customer.seller
        if contract.next_billing_date and contract.next_billing_date <= days[customer]:
            found.append(contract)
    return found
