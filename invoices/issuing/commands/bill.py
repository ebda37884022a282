"""
`bill`: an event becomes an invoice, wholly or not at all.

Lock the contract, compute owed minus charged, write charges and invoice, schedule what comes next,
note the event as handled: one transaction. Events of one contract are handled in the order in which
their facts were recorded, whichever message comes first, so that the outcome doesn't depend on it.

Where a customer's charges are collected, a fact only makes its contract due on its day, whose end
is an event of the customer: see `day`.

Locks are taken in one order: customer, contracts, event, balance, number series; what comes next is
appended before the last. Whoever finds late that the customer matters doesn't wait for it, but
begins again with the customer.
"""

import logging
from collections.abc import Callable
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
from billing.customers import commands as customers
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.customers.queries import collects
from billing.events import commands as events
from billing.events.happened import handling
from billing.events.models import Event
from billing.events.patience import PASSING
from billing.events.tries import Worker
from billing.orders.events import ORDER_PLACED
from billing.orders.models import Order
from billing.sellers.queries import due_until
from billing.usage.events import USAGE_RECORDED
from invoices.issuing.commands.charging import charge, charge_at_once, demand_of
from invoices.issuing.commands.day import end_day, lock_day, next_day, wait_for_day
from invoices.issuing.commands.holding import hold
from invoices.issuing.commands.issue import Demand
from invoices.issuing.events import CONTRACT_REOPENED, ORDER_REOPENED
from invoices.issuing.models import Invoice
from invoices.issuing.queries.held import Held
from invoices.issuing.queries.lines import (
    is_still_due,
    lines_due,
    lines_of_change,
    lines_of_usage,
    lines_reopened,
)
from invoices.issuing.queries.order_lines import lines_of_order, lines_of_order_reopened
from invoices.issuing.queries.trouble import is_foreseen, trouble
from invoices.issuing.queries.waiting import ahead_of_day

logger = logging.getLogger(__name__)

BILL = "issuing.bill"
_OF_ORDERS = (ORDER_PLACED, ORDER_REOPENED)


def bill(*, event_id: UUID, at: datetime, worker: str) -> list[Invoice]:
    """
    Handle an event, and before it those that wait ahead of it for the same contract or customer.

    Returns what was issued: nothing if the event is handled already, or if nothing is owed. What
    can't be billed becomes a failure; what is wrong with the database or its connection is raised,
    with nothing written.
    """
    target = Event.objects.get(pk=event_id)
    with handling(target, task=BILL):
        return _bill_until(target, at=at, worker=worker)


def _bill_until(target: Event, *, at: datetime, worker: str) -> list[Invoice]:
    issued: list[Invoice] = []
    while target.state == Event.State.WAITING:
        if target.type == CUSTOMER_DAY_ENDED:
            for ahead in ahead_of_day(target.stream_id, day=target.as_of_date):
                issued += bill(event_id=ahead, at=at, worker=worker)
        event, invoices = _bill_next(target, Worker(task=BILL, name=worker, at=at))
        issued += invoices
        if event is None or event.pk == target.pk:
            break
    return issued


def _bill_next(
    target: Event, me: Worker, *, customer_first: bool = False
) -> tuple[Event | None, list[Invoice]]:
    event: Event | None = target
    try:
        with transaction.atomic():
            if customer_first:
                customers.lock_customer(_customer_of(target))
            event = _lock_next(target, me)
            if event is None:
                return None, []
            with handling(event, task=me.task):
                invoices = _BILL[event.type](event, me)
                events.complete(event, tried=me.tried())
            return event, invoices
    except customers.CustomerBusy:
        return _bill_next(target, me, customer_first=True)
    except PASSING:
        raise
    except Exception as error:
        event = event or target
        _put_aside(event, error, me)
        return event, []


def _put_aside(event: Event, error: Exception, me: Worker) -> None:
    """Put what can't be billed, or must be approved first, before a human."""
    if isinstance(error, Held):
        hold(event, error, me)
        return
    if not is_foreseen(error):
        logger.exception("Defect while billing event %s", event.pk)
    events.fail(event_id=event.pk, tried=me.tried(), trouble=trouble(error, event))


def _lock_next(target: Event, me: Worker) -> Event | None:
    """Lock contract or customer, and return the first event that waits for it, up to `target`."""
    if target.type in _OF_ORDERS:
        own = Event.objects.select_for_update().filter(pk=target.pk, state=Event.State.WAITING)
        return own.first()
    if target.type == CUSTOMER_DAY_ENDED:
        _lock_customer(target, me)
    else:
        _lock_contract(target, me)
    waiting = (
        Event.objects.select_for_update()
        .filter(stream_id=target.stream_id, state=Event.State.WAITING)
        .order_by("position")
    )
    ahead = [event for event in waiting if _order(event) <= _order(target)]
    return min(ahead, key=_order, default=None)


def _customer_of(target: Event) -> UUID:
    of: type[Order] | type[Contract] = Order if target.type in _OF_ORDERS else Contract
    return of.objects.values_list("customer_id", flat=True).get(pk=target.stream_id)


def _lock_contract(target: Event, me: Worker) -> None:
    """Lock a contract, and append its day that was missed: it comes first."""
    contract = Contract.objects.select_related("customer").get(pk=target.stream_id)
    if is_collected := collects(contract.customer):
        customers.lock_customer(contract.customer_id)  # Before its contracts, as `lock_day` does.
    contract = Contract.objects.select_for_update().get(pk=target.stream_id)
    overdue = contract.next_billing_date
    if overdue and overdue < target.as_of_date and not is_collected:
        contracts.append_period_ended(contract, at=me.at)


def _lock_customer(target: Event, me: Worker) -> None:
    """Lock a customer's day, and append one that was missed: it comes first."""
    customer = lock_day(target.stream_id, until=target.as_of_date)
    eve = target.as_of_date - timedelta(days=1)
    contracts.append_days_of({customer: eve}, at=me.at)


def _order(event: Event) -> tuple[object, ...]:
    """Facts of a day take effect before what is due that day is charged."""
    return event.as_of_date, event.type == PERIOD_ENDED, event.position


def _bill_order(event: Event, me: Worker) -> list[Invoice]:
    order = Order.objects.select_related("customer__seller").get(pk=event.payload["order_id"])
    demand = demand_of(event, me, customer=order.customer, currency=order.currency)
    return charge(demand, lines_of_order(order))


def _bill_change(event: Event, me: Worker) -> list[Invoice]:
    contract = _contract(event)
    change = SubscriptionChange.objects.get(pk=event.payload["change_id"])
    known = known_to_change(contract, change)
    demanded = lines_of_change(
        contract, change, known=known, due_until=due_until(contract.seller, at=me.at)
    )
    demand = _demand_of(contract, event, me)
    if collects(contract.customer):
        wait_for_day(demand, demanded.lines)
        return []
    days = [day for day in (contract.next_billing_date, demanded.next_due) if day]
    contracts.note_billed(
        contract,
        known=known,
        charged_until=demanded.charged_until,
        next_billing_date=min(days, default=None),
        at=me.at,
    )
    return charge(demand, demanded.lines)


def _bill_usage(event: Event, me: Worker) -> list[Invoice]:
    contract = _contract(event)
    demand = _demand_of(contract, event, me)
    if collects(contract.customer):
        wait_for_day(demand, [])
        return []
    if is_still_due(contract, on=event.as_of_date):
        return []  # It comes with what is due.
    known = known_so_far(contract, on=event.as_of_date)
    subscription_id = UUID(event.payload["subscription_id"])
    demanded = lines_of_usage(
        contract, subscription_id, known=known, batch_id=event.payload["batch_id"]
    )
    contracts.note_billed(
        contract,
        known=known,
        charged_until=demanded.charged_until,
        next_billing_date=demanded.next_due,
        at=me.at,
    )
    return charge(demand, demanded.lines)


def _bill_period(event: Event, me: Worker) -> list[Invoice]:
    contract = _contract(event)
    demand = _demand_of(contract, event, me)
    # One that has failed already must not hold up its neighbours: its retry will bill it.
    whole = timelines(contract, passes_over_failed=True).values()
    known = known_on(contract, whole, on=event.as_of_date)
    demanded = lines_due(contract, whole, on=event.as_of_date, known=known)
    following = demanded.next_due
    if collects(contract.customer):
        following = next_day(contract, following, known=known, today=demand.today)
    contracts.note_billed(
        contract,
        known=known,
        charged_until=demanded.charged_until,
        next_billing_date=following,
        at=me.at,
    )
    return charge(demand, demanded.lines)


def _bill_reopened(event: Event, me: Worker) -> list[Invoice]:
    """Charge what a contract owes by now of what was taken back: at once, and by itself."""
    contract = _contract(event)
    if is_still_due(contract, on=event.as_of_date):
        return []  # It comes with what is due.
    whole = timelines(contract, passes_over_failed=True).values()
    known = known_so_far(contract, on=event.as_of_date)
    demanded = lines_reopened(
        contract, whole, known=known, correction_id=event.payload["correction_id"]
    )
    contracts.note_billed(
        contract,
        known=known,
        charged_until=demanded.charged_until,
        next_billing_date=contract.next_billing_date,
        at=me.at,
    )
    return charge_at_once(_demand_of(contract, event, me), demanded.lines)


def _bill_order_reopened(event: Event, me: Worker) -> list[Invoice]:
    order = Order.objects.select_related("customer__seller").get(pk=event.payload["order_id"])
    demand = demand_of(event, me, customer=order.customer, currency=order.currency)
    lines = lines_of_order_reopened(order, correction_id=event.payload["correction_id"])
    return charge_at_once(demand, lines)


_BILL: dict[str, Callable[[Event, Worker], list[Invoice]]] = {
    ORDER_PLACED: _bill_order,
    SUBSCRIPTION_CHANGED: _bill_change,
    PERIOD_ENDED: _bill_period,
    USAGE_RECORDED: _bill_usage,
    CUSTOMER_DAY_ENDED: end_day,
    CONTRACT_REOPENED: _bill_reopened,
    ORDER_REOPENED: _bill_order_reopened,
}


def _contract(event: Event) -> Contract:
    return Contract.objects.select_related("customer__seller", "seller").get(pk=event.stream_id)


def _demand_of(contract: Contract, event: Event, me: Worker) -> Demand:
    return demand_of(
        event, me, customer=contract.customer, currency=contract.currency, contract=contract
    )
