"""Charges that wait to be collected onto an invoice."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Min, QuerySet

from billing.contracts.models import Contract, SubscriptionChange
from billing.customers.models import Customer
from billing.events.models import Event
from billing.orders.events import ORDER_PLACED
from billing.orders.models import Order
from billing.sellers.models import Seller
from billing.usage.models import UsageBucket
from invoices.issuing.models import Charge


def sellers_of(event_ids: Iterable[UUID]) -> list[tuple[Seller, list[UUID]]]:
    """Return the sellers of those events that wait, each with its events in their order."""
    waiting = Event.objects.filter(pk__in=list(event_ids), state=Event.State.WAITING)
    ids: dict[UUID, list[UUID]] = {}
    for event_id, seller_id in waiting.order_by("position").values_list("id", "seller_id"):
        ids.setdefault(seller_id, []).append(event_id)
    sellers = Seller.objects.in_bulk(ids)
    return [(sellers[seller_id], mine) for seller_id, mine in ids.items()]


def orders_in_turn(*, at_most: int) -> list[UUID]:
    """
    Return events of orders that wait: the oldest of each seller, then the next of each, and so on.

    The cost is that of the sellers of whom something waits, and of what is returned of each.
    """
    with connection.cursor() as cursor:
        cursor.execute(_IN_TURN, {"type": ORDER_PLACED, "most": at_most})
        return [event_id for (event_id,) in cursor.fetchall()]


def waiting_charges(customer: Customer) -> QuerySet[Charge]:
    """Return a customer's charges that stand on no invoice yet, in the order they were made."""
    return Charge.objects.filter(customer=customer, invoice__isnull=True).order_by("ordinal")


def oldest_day(customer: Customer, *, after: date | None) -> date | None:
    """Return the day of the oldest charge that waits, of those after a day; None if none waits."""
    waiting = waiting_charges(customer)
    if after:
        waiting = waiting.filter(event__as_of_date__gt=after)
    oldest: date | None = waiting.aggregate(day=Min("event__as_of_date"))["day"]
    return oldest


def ahead_of_day(customer_id: UUID, *, day: date) -> Iterable[UUID]:
    """Return the waiting events of a customer's orders and contracts up to the end of a day."""
    streams = Contract.objects.filter(customer=customer_id).values("pk")
    waiting = Event.objects.filter(state=Event.State.WAITING, as_of_date__lte=day)
    of_contracts = waiting.filter(stream_id__in=streams)
    orders = Order.objects.filter(customer=customer_id).values("pk")
    of_orders = waiting.filter(type=ORDER_PLACED, stream_id__in=orders)
    both = [*of_contracts.values_list("position", "pk"), *of_orders.values_list("position", "pk")]
    return [pk for _, pk in sorted(both)]


def next_fact_day(contract: Contract, *, after: date) -> date | None:
    """
    Return the first day after a day on which a fact of a contract was recorded.

    Of usage only that of days up to that day: what comes later is due with its period.
    """
    changes = SubscriptionChange.objects.filter(
        subscription__contract=contract, recorded_on__gt=after
    )
    used = UsageBucket.objects.filter(
        subscription__contract=contract, day__lte=after, recorded_on__gt=after
    )
    days: list[date | None] = [
        rows.aggregate(day=Min("recorded_on"))["day"] for rows in (changes, used)
    ]
    return min((day for day in days if day), default=None)


# Whose events wait is read seller by seller out of the index event_unsettled.
_IN_TURN = """
    WITH RECURSIVE sellers AS (
        (SELECT seller_id FROM billing_event WHERE state IN ('waiting', 'failed')
         ORDER BY seller_id LIMIT 1)
        UNION ALL
        SELECT (SELECT e.seller_id FROM billing_event e
                WHERE e.state IN ('waiting', 'failed') AND e.seller_id > s.seller_id
                ORDER BY e.seller_id LIMIT 1)
        FROM sellers s WHERE s.seller_id IS NOT NULL
    )
    SELECT waiting.id FROM sellers s CROSS JOIN LATERAL (
        SELECT e.id, e.occurred_at, row_number() OVER (ORDER BY e.occurred_at) AS turn
        FROM billing_event e
        WHERE e.seller_id = s.seller_id AND e.type = %(type)s AND e.state = 'waiting'
        ORDER BY e.occurred_at LIMIT %(most)s
    ) AS waiting
    ORDER BY waiting.turn, waiting.occurred_at LIMIT %(most)s
"""
