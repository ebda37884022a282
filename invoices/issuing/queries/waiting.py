"""Charges that wait to be collected onto an invoice."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from uuid import UUID

from django.db import connection

from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.events.models import Event
from billing.orders.events import ORDER_PLACED
from billing.orders.models import Order
from billing.sellers.models import Seller
from invoices.issuing.models import Charge


def sellers_of(event_ids: Iterable[UUID]) -> list[tuple[Seller, list[UUID]]]:
    """Return the sellers of those events that wait, each with its events in their order."""
    wanted = list(event_ids)
    if not wanted:
        return []
    waiting = Event.objects.filter(pk__any_of=wanted, state=Event.State.WAITING)
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


def oldest_day(customer: Customer, *, after: date | None) -> date | None:
    """Return the day of the oldest charge that waits, of those after a day; None if none waits."""
    return oldest_days({customer.pk: after or date.min}).get(customer.pk)


def oldest_days(after: Mapping[UUID, date]) -> dict[UUID, date]:
    """Return what `oldest_day` does of each customer of whom something waits: in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, [list(after), list(after.values())])
        return dict(cursor.fetchall())


def charges_until(days: Mapping[UUID, date]) -> list[Charge]:
    """Return what waits of customers' days and those before them, in the order it was made."""
    with connection.cursor() as cursor:
        cursor.execute(_UNTIL, [list(days), list(days.values())])
        ids = [charge_id for (charge_id,) in cursor.fetchall()]
    waiting = Charge.objects.filter(pk__in=ids).order_by("ordinal")
    return list(
        waiting.select_related("subscription__contract", "price__plan", "plan", "order_line__order")
    )


def count_waiting(customer_ids: Collection[UUID]) -> int:
    """Return how many charges of customers wait."""
    return Charge.objects.filter(customer__in=customer_ids, invoice__isnull=True).count()


def ahead_of_day(customer_id: UUID, *, day: date) -> Iterable[UUID]:
    """Return the waiting events of a customer's orders and contracts up to the end of a day."""
    streams = Contract.objects.filter(customer=customer_id).values("pk")
    waiting = Event.objects.filter(state=Event.State.WAITING, as_of_date__lte=day)
    of_contracts = waiting.filter(stream_id__in=streams)
    orders = Order.objects.filter(customer=customer_id).values("pk")
    of_orders = waiting.filter(type=ORDER_PLACED, stream_id__in=orders)
    both = [*of_contracts.values_list("position", "pk"), *of_orders.values_list("position", "pk")]
    return [pk for _, pk in sorted(both)]


def customers_ahead(days: Mapping[UUID, date]) -> set[UUID]:
    """Return the customers for whom something waits ahead of a day of theirs: `ahead_of_day`."""
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, [list(days), list(days.values()), ORDER_PLACED])
        return {customer_id for (customer_id,) in cursor.fetchall()}


def next_fact_days(after: Mapping[UUID, date]) -> dict[UUID, date]:
    """
    Return by contract the first day after a day on which a fact of it was recorded, if there is.

    Of usage only that of days up to that day: what comes later is due with its period.
    """
    if not after:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_FACTS, [list(after), list(after.values())])
        return dict(cursor.fetchall())


# Whose events wait is read seller by seller out of the index event_unsettled (`OF_UNSETTLED`).
_IN_TURN = """
    WITH RECURSIVE sellers AS (
        (SELECT seller_id FROM billing_event WHERE state IN ('waiting', 'failed') AND sends >= 0
         ORDER BY seller_id LIMIT 1)
        UNION ALL
        SELECT (SELECT e.seller_id FROM billing_event e
                WHERE e.state IN ('waiting', 'failed') AND e.sends >= 0
                  AND e.seller_id > s.seller_id
                ORDER BY e.seller_id LIMIT 1)
        FROM sellers s WHERE s.seller_id IS NOT NULL
    )
    SELECT waiting.id FROM sellers s CROSS JOIN LATERAL (
        SELECT e.id, e.occurred_at, row_number() OVER (ORDER BY e.occurred_at) AS turn
        FROM billing_event e
        WHERE e.seller_id = s.seller_id AND e.type = %(type)s AND e.state = 'waiting'
          AND e.sends >= 0
        ORDER BY e.occurred_at LIMIT %(most)s
    ) AS waiting
    ORDER BY waiting.turn, waiting.occurred_at LIMIT %(most)s
"""
# Customer by customer and charge by charge, however the planner takes the tables to be.
_OLDEST = """
    SELECT asked.customer_id, min(e.as_of_date)
    FROM unnest(%s::uuid[], %s::date[]) AS asked(customer_id, after)
    CROSS JOIN LATERAL (
        SELECT event_id FROM invoices_charge
        WHERE customer_id = asked.customer_id AND invoice_id IS NULL OFFSET 0
    ) AS c
    CROSS JOIN LATERAL (SELECT as_of_date FROM billing_event WHERE id = c.event_id OFFSET 0) AS e
    WHERE e.as_of_date > asked.after
    GROUP BY asked.customer_id
"""
_UNTIL = """
    SELECT c.id
    FROM unnest(%s::uuid[], %s::date[]) AS asked(customer_id, day)
    CROSS JOIN LATERAL (
        SELECT id, event_id FROM invoices_charge
        WHERE customer_id = asked.customer_id AND invoice_id IS NULL OFFSET 0
    ) AS c
    CROSS JOIN LATERAL (SELECT as_of_date FROM billing_event WHERE id = c.event_id OFFSET 0) AS e
    WHERE e.as_of_date <= asked.day
"""
_AHEAD = """
    SELECT asked.customer_id
    FROM unnest(%s::uuid[], %s::date[]) AS asked(customer_id, day)
    CROSS JOIN (SELECT %s::text) AS placed(type)
    WHERE EXISTS (
        SELECT FROM billing_contract c JOIN billing_event e ON e.stream_id = c.id
        WHERE c.customer_id = asked.customer_id AND e.state = 'waiting'
          AND e.as_of_date <= asked.day
    ) OR EXISTS (
        SELECT FROM billing_order o JOIN billing_event e ON e.stream_id = o.id
        WHERE o.customer_id = asked.customer_id AND e.state = 'waiting'
          AND e.as_of_date <= asked.day AND e.type = placed.type
    )
"""
_NEXT_FACTS = """
    SELECT fact.contract_id, min(fact.recorded_on) FROM (
        SELECT s.contract_id, f.recorded_on
        FROM unnest(%s::uuid[], %s::date[]) AS asked(contract_id, after)
        JOIN billing_subscription s ON s.contract_id = asked.contract_id
        CROSS JOIN LATERAL (
            SELECT recorded_on FROM billing_subscriptionchange
            WHERE subscription_id = s.id AND recorded_on > asked.after
            UNION ALL
            SELECT recorded_on FROM billing_usagebucket
            WHERE subscription_id = s.id AND recorded_on > asked.after AND day <= asked.after
        ) AS f
    ) AS fact
    GROUP BY fact.contract_id
"""
