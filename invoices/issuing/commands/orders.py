"""
Orders, billed as they come: alone in quiet times, together when many wait.

Whoever is woken by an order takes others along that wait, so that many messages cost one
transaction: those that come later find their orders billed. Sellers are served in turn: one
seller's many don't hold up another's few, wherever in the queue their messages lie.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from billing.customers.queries import collects
from billing.events import commands as events
from billing.events.models import Event
from billing.orders.events import ORDER_PLACED
from billing.orders.models import Order
from billing.sellers.models import Seller
from billing.sellers.queries import today
from invoices.issuing.commands.bill import BILL, bill
from invoices.issuing.commands.charging import document_of
from invoices.issuing.commands.chunk import Chunk, Work, alone_if_refused, bill_together
from invoices.issuing.commands.issue import Demand
from invoices.issuing.queries.basis import Basis, Between
from invoices.issuing.queries.order_lines import lines_of_orders
from invoices.issuing.queries.waiting import orders_in_turn, sellers_of

# So many are billed in one transaction: the last of them waits for the first some tenths of a
# second.
TOGETHER_AT_MOST = 200


def bill_facts(*, event_ids: Collection[UUID], at: datetime, worker: str) -> None:
    """
    Bill what single facts demand; of orders also others that wait.

    It is safe to run twice and at once with others. What can't be billed becomes a failure; what is
    wrong with the database or its connection is raised: what was committed before stays.
    """
    named = list(event_ids)
    told = Event.objects.filter(pk__in=named, state=Event.State.WAITING)
    types = dict(told.values_list("pk", "type"))
    for event_id in named:
        if types.get(event_id) not in (None, ORDER_PLACED):
            bill(event_id=event_id, at=at, worker=worker)
    orders = [event_id for event_id in named if types.get(event_id) == ORDER_PLACED]
    if orders:
        _bill_orders(orders, events.Worker(task=BILL, name=worker, at=at))


def _bill_orders(named: Sequence[UUID], me: events.Worker) -> None:
    room = max(TOGETHER_AT_MOST - len(named), 0)
    ids = dict.fromkeys([*named, *orders_in_turn(at_most=room)])
    for seller, of_seller in sellers_of(ids):
        for start in range(0, len(of_seller), TOGETHER_AT_MOST):
            chunk = Chunk(seller, of_seller[start : start + TOGETHER_AT_MOST], me)
            bill_together(chunk, _work_out, named=set(named))


def _work_out(chunk: Chunk) -> list[Work]:
    locked = _claim(chunk.event_ids)
    orders = _orders_of(chunk.seller, locked)
    basis = Basis(chunk.seller, {order.customer for order in orders.values()})
    on = today(chunk.seller, at=chunk.me.at)
    lines = lines_of_orders(list(orders.values()))
    works: list[Work] = []
    for event in locked:
        order = orders.get(event.stream_id)
        if order is None:
            continue
        between = Between(basis=basis, customer=order.customer, contract=None, order=order)
        demand = Demand(
            event=event, between=between, currency=order.currency, today=on, at=chunk.me.at
        )
        with alone_if_refused(event):
            document = document_of(demand, lines[order.pk]())
            works.append(Work(event=event, customer_id=order.customer_id, document=document))
    return works


def _claim(event_ids: Sequence[UUID]) -> list[Event]:
    """Lock the events of orders that wait, unless another has."""
    waiting = Event.objects.filter(pk__in=event_ids, type=ORDER_PLACED, state=Event.State.WAITING)
    return list(waiting.select_for_update(skip_locked=True).order_by("position"))


def _orders_of(seller: Seller, locked: Sequence[Event]) -> dict[UUID, Order]:
    """Return the orders of events, but for those of customers whose charges are collected."""
    wanted = Order.objects.filter(pk__in=[event.stream_id for event in locked])
    found: dict[UUID, Order] = {}
    for order in wanted.select_related("customer"):
        order.customer.seller = seller
        if not collects(order.customer):
            found[order.pk] = order
    return found
