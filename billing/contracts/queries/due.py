"""Which contracts and customers are due, and when."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from uuid import UUID

from django.db import connection
from django.db.models import Min

from billing.contracts.models import Contract
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.customers.models import Customer
from billing.sellers.models import Seller


def contracts_due(seller: Seller, *, on: date, at_once: int) -> Iterator[list[Contract]]:
    """
    Yield the seller's contracts that are due on a day or before, in chunks, by date.

    Those of customers whose charges are collected are left out.
    """
    due = (
        Contract.objects.filter(
            seller=seller, next_billing_date__lte=on, customer__grouping="per_event"
        )
        .only("id", "seller_id", "next_billing_date")
        .order_by("next_billing_date", "id")
    )
    rows = due.iterator(chunk_size=at_once)
    while chunk := list(islice(rows, at_once)):
        yield chunk


def days_due(
    seller: Seller, *, customer: Customer | None, ended: date, at_once: date
) -> list[tuple[UUID, date]]:
    """
    Return customers of whom something is to be collected, and the earliest day that is to be told.

    A day counts once it has ended; up to `at_once` for those who aren't collected for any more.
    Days that the log tells of already are passed over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _DAYS_DUE,
            {
                "seller": seller.pk,
                "customer": customer.pk if customer else None,
                "ended": ended,
                "at_once": at_once,
                "type": CUSTOMER_DAY_ENDED,
            },
        )
        return list(cursor.fetchall())


def next_due_day(seller: Seller, *, after: date) -> date | None:
    """Return the first day after a day on which one of the seller's contracts or customers is."""
    contracts = Contract.objects.filter(seller=seller, next_billing_date__gt=after)
    customers = Customer.objects.filter(seller=seller, next_collection_date__gt=after)
    days: list[date | None] = [
        contracts.aggregate(first=Min("next_billing_date"))["first"],
        customers.aggregate(first=Min("next_collection_date"))["first"],
    ]
    return min((day for day in days if day), default=None)


_DAYS_DUE = """
    WITH due AS (
        SELECT u.id, c.next_billing_date AS day
        FROM billing_contract c JOIN billing_customer u ON u.id = c.customer_id
        WHERE c.seller_id = %(seller)s AND c.next_billing_date <= %(ended)s
          AND u.grouping <> 'per_event'
        UNION
        SELECT id, next_collection_date FROM billing_customer
        WHERE seller_id = %(seller)s AND next_collection_date
              <= CASE grouping WHEN 'per_event' THEN %(at_once)s::date ELSE %(ended)s::date END
    )
    SELECT DISTINCT ON (id) id, day FROM due
    WHERE (%(customer)s::uuid IS NULL OR id = %(customer)s)
      AND NOT EXISTS (
        SELECT FROM billing_event e WHERE e.seller_id = %(seller)s
        AND e.idempotency_key = format('%%s:%%s:%%s', %(type)s::text, id, day))
    ORDER BY id, day
"""
