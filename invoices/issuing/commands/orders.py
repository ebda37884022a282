"""
Orders, billed as they come: alone in quiet times, together when many wait.

Whoever is woken by an order takes others along that wait, so that many messages cost one
transaction: those that come later find their orders billed. Sellers are served in turn: one
seller's many don't hold up another's few, wherever in the queue their messages lie.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from billing.customers import commands as customers
from billing.customers.queries import collects
from billing.events.models import Event
from billing.events.tries import Worker
from billing.orders.events import ORDER_PLACED
from billing.orders.models import Order
from billing.sellers.queries import today
from invoices.issuing.commands.bill import BILL, bill
from invoices.issuing.commands.charging import decide_to_wait, document_of
from invoices.issuing.commands.chunk import Chunk, Work, alone_if_refused, bill_together
from invoices.issuing.commands.issue import Demand, charges_of
from invoices.issuing.queries.basis import Basis, Between
from invoices.issuing.queries.drafts import DraftLine
from invoices.issuing.queries.order_lines import lines_of_orders
from invoices.issuing.queries.waiting import orders_in_turn, sellers_of

# So many are billed in one transaction: the last of them waits for the first some tenths of a
# second.
TOGETHER_AT_MOST = 200


def bill_facts(*, event_ids: Collection[UUID], at: datetime, worker: str) -> None:
    """
    Bill what single facts demand; of orders also others that wait.

    So does a message whose own order was taken along by another: in a burst the messages lie in the
    queue long after their orders are billed, and new ones must not wait behind them.

    It is safe to run twice and at once with others. What can't be billed becomes a failure; what is
    wrong with the database or its connection is raised: what was committed before stays.
    """
    named = list(event_ids)
    told = Event.objects.filter(pk__any_of=named).values_list("pk", "type", "state")
    types = {event_id: event_type for event_id, event_type, _ in told}
    waiting = {event_id for event_id, _, state in told if state == Event.State.WAITING}
    for event_id in named:
        if event_id in waiting and types[event_id] != ORDER_PLACED:
            bill(event_id=event_id, at=at, worker=worker)
    if ORDER_PLACED in types.values():
        orders = [each for each in named if each in waiting and types[each] == ORDER_PLACED]
        _bill_orders(orders, Worker(task=BILL, name=worker, at=at))


def _bill_orders(named: Sequence[UUID], me: Worker) -> None:
    room = max(TOGETHER_AT_MOST - len(named), 0)
    ids = dict.fromkeys([*named, *orders_in_turn(at_most=room)])
    for seller, of_seller in sellers_of(ids):
        for start in range(0, len(of_seller), TOGETHER_AT_MOST):
            chunk = Chunk(seller, of_seller[start : start + TOGETHER_AT_MOST], me)
            bill_together(chunk, _work_out, named=set(named))


def _work_out(chunk: Chunk) -> list[Work]:
    orders, locked = _claim(chunk)
    basis = Basis(chunk.seller, {order.customer for order in orders.values()})
    on = today(chunk.seller, at=chunk.me.at)
    lines = lines_of_orders(list(orders.values()))
    works: list[Work] = []
    for event in locked:
        order = orders[event.stream_id]
        between = Between(basis=basis, customer=order.customer, contract=None, order=order)
        demand = Demand(
            event=event, between=between, currency=order.currency, today=on, at=chunk.me.at
        )
        with alone_if_refused(event):
            works.append(_work(demand, lines[order.pk]()))
    return works


def _work(demand: Demand, lines: Sequence[DraftLine]) -> Work:
    if collects(demand.customer):
        waiting = charges_of(demand, *decide_to_wait(demand, lines))
        return Work(event=demand.event, customer=demand.customer, waiting=waiting)
    document = document_of(demand, lines)
    documents = [document] if document else []
    return Work(event=demand.event, customer=demand.customer, documents=documents)


def _claim(chunk: Chunk) -> tuple[dict[UUID, Order], list[Event]]:
    """
    Lock the events of orders that wait, unless another has, and return them with their orders.

    Customers whose charges are collected are locked before; those whom another has are left out.
    """
    placed = Event.objects.filter(
        pk__in=chunk.event_ids, type=ORDER_PLACED, state=Event.State.WAITING
    )
    orders = Order.objects.filter(pk__in=placed.values("stream_id")).select_related("customer")
    of = {order.pk: order for order in orders}
    collecting = {each.customer_id for each in of.values() if collects(each.customer)}
    free = customers.lock_free_customers(collecting) if collecting else {}
    for order in of.values():
        order.customer = free.get(order.customer_id, order.customer)
        order.customer.seller = chunk.seller
    locked = placed.select_for_update(skip_locked=True).order_by("position")
    taken = [
        event
        for event in locked
        if event.stream_id in of
        and (of[event.stream_id].customer_id in free or not collects(of[event.stream_id].customer))
    ]
    return {event.stream_id: of[event.stream_id] for event in taken}, taken
