"""
`bill`: an event becomes an invoice, wholly or not at all.

Lock the contract, compute owed minus charged, write charges and invoice, schedule what comes next,
note the event as handled: one transaction. Events of one contract are handled in the order in which
their facts were recorded, whichever message comes first, so that the outcome doesn't depend on it.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from billing.contracts import commands as contracts
from billing.contracts.events import PERIOD_ENDED, SUBSCRIPTION_CHANGED
from billing.contracts.models import Contract, SubscriptionChange
from billing.contracts.queries import (
    known_on,
    known_so_far,
    known_to_change,
    timelines,
)
from billing.events import commands as events
from billing.events.models import Event
from billing.events.patience import PASSING
from billing.orders.events import ORDER_PLACED
from billing.orders.models import Order
from billing.sellers.queries import due_until, today
from billing.usage.events import USAGE_RECORDED
from invoices.issuing.commands.issue import Demand, issue_invoice
from invoices.issuing.models import Invoice
from invoices.issuing.queries.drafts import DraftLine, draft
from invoices.issuing.queries.lines import (
    is_still_due,
    lines_due,
    lines_of_change,
    lines_of_order,
    lines_of_usage,
)
from invoices.issuing.queries.trouble import is_foreseen, trouble

logger = logging.getLogger(__name__)

BILL = "issuing.bill"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worker:
    """Who bills, at what instant, and since when by its own stopwatch."""

    name: str
    at: datetime
    started: float = field(default_factory=time.monotonic)

    def tried(self) -> events.Try:
        elapsed = timedelta(seconds=time.monotonic() - self.started)
        return events.Try(
            task=BILL, worker=self.name, started_at=self.at, ended_at=self.at + elapsed
        )


def bill(*, event_id: UUID, at: datetime, worker: str) -> list[Invoice]:
    """
    Handle an event, and before it those that wait ahead of it for the same contract.

    Returns what was issued: nothing if the event is handled already, or if nothing is owed. What
    can't be billed becomes a failure; what is wrong with the database or its connection is raised,
    with nothing written.
    """
    target = Event.objects.get(pk=event_id)
    issued: list[Invoice] = []
    while target.state == Event.State.WAITING:
        me = _Worker(name=worker, at=at)
        event, invoice = _bill_next(target, me)
        issued += [invoice] if invoice else []
        if event is None or event.pk == target.pk:
            break
    return issued


def _bill_next(target: Event, me: _Worker) -> tuple[Event | None, Invoice | None]:
    event: Event | None = target
    try:
        with transaction.atomic():
            event = _lock_next(target, me)
            if event is None:
                return None, None
            invoice = _BILL[event.type](event, me)
            events.complete(event, tried=me.tried())
            return event, invoice
    except PASSING:
        raise
    except Exception as error:
        event = event or target
        if not is_foreseen(error):
            logger.exception("Defect while billing event %s", event.pk)
        events.fail(event_id=event.pk, tried=me.tried(), trouble=trouble(error, event))
        return event, None


def _lock_next(target: Event, me: _Worker) -> Event | None:
    """Lock the contract, and return the first event that waits for it, up to `target`."""
    if target.type == ORDER_PLACED:
        own = Event.objects.select_for_update().filter(pk=target.pk, state=Event.State.WAITING)
        return own.first()
    contract = Contract.objects.select_for_update().get(pk=target.stream_id)
    overdue = contract.next_billing_date
    if overdue and overdue < target.as_of_date:
        contracts.append_period_ended(contract, at=me.at)  # A day that was missed comes first.
    waiting = (
        Event.objects.select_for_update()
        .filter(stream_id=contract.pk, state=Event.State.WAITING)
        .order_by("position")
    )
    ahead = [event for event in waiting if _order(event) <= _order(target)]
    return min(ahead, key=_order, default=None)


def _order(event: Event) -> tuple[object, ...]:
    """Facts of a day take effect before what is due that day is charged."""
    return event.as_of_date, event.type == PERIOD_ENDED, event.position


def _bill_order(event: Event, me: _Worker) -> Invoice | None:
    order = Order.objects.select_related("customer", "seller").get(pk=event.payload["order_id"])
    demand = Demand(
        event=event,
        seller=order.seller,
        customer=order.customer,
        contract=None,
        currency=order.currency,
        today=today(order.seller, at=me.at),
        at=me.at,
    )
    return _demand(demand, lines_of_order(order))


def _bill_change(event: Event, me: _Worker) -> Invoice | None:
    contract = _contract(event)
    change = SubscriptionChange.objects.get(pk=event.payload["change_id"])
    known = known_to_change(contract, change)
    lines, next_date = lines_of_change(
        contract, change, known=known, due_until=due_until(contract.seller, at=me.at)
    )
    invoice = _demand(_demand_of(contract, event, me), lines)
    days = [day for day in (contract.next_billing_date, next_date) if day]
    contracts.note_billed(
        contract, known=known, next_billing_date=min(days, default=None), at=me.at
    )
    return invoice


def _bill_usage(event: Event, me: _Worker) -> Invoice | None:
    contract = _contract(event)
    if is_still_due(contract, on=event.as_of_date):
        return None  # It comes with what is due.
    known = known_so_far(contract, on=event.as_of_date)
    subscription_id = UUID(event.payload["subscription_id"])
    lines = lines_of_usage(
        contract, subscription_id, known=known, batch_id=event.payload["batch_id"]
    )
    invoice = _demand(_demand_of(contract, event, me), lines)
    due_on = contract.next_billing_date
    contracts.note_billed(contract, known=known, next_billing_date=due_on, at=me.at)
    return invoice


def _bill_period(event: Event, me: _Worker) -> Invoice | None:
    contract = _contract(event)
    # One that has failed already must not hold up its neighbours: its retry will bill it.
    whole = timelines(contract, passes_over_failed=True).values()
    known = known_on(contract, whole, on=event.as_of_date)
    lines, next_date = lines_due(contract, whole, on=event.as_of_date, known=known)
    invoice = _demand(_demand_of(contract, event, me), lines)
    contracts.note_billed(contract, known=known, next_billing_date=next_date, at=me.at)
    return invoice


_BILL: dict[str, Callable[[Event, _Worker], Invoice | None]] = {
    ORDER_PLACED: _bill_order,
    SUBSCRIPTION_CHANGED: _bill_change,
    PERIOD_ENDED: _bill_period,
    USAGE_RECORDED: _bill_usage,
}


def _contract(event: Event) -> Contract:
    return Contract.objects.select_related("customer", "seller").get(pk=event.stream_id)


def _demand_of(contract: Contract, event: Event, me: _Worker) -> Demand:
    return Demand(
        event=event,
        seller=contract.seller,
        customer=contract.customer,
        contract=contract,
        currency=contract.currency,
        today=today(contract.seller, at=me.at),
        at=me.at,
    )


def _demand(demand: Demand, lines: list[DraftLine]) -> Invoice | None:
    lines = [line for line in lines if line.priced_minor]
    if not lines:
        return None
    made = draft(lines, seller=demand.seller, customer=demand.customer, currency=demand.currency)
    return issue_invoice(demand, made)
