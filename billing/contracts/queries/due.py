"""Which contracts and customers are due, and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from django.db import connection
from django.db.models import Min

from billing.contracts.events import PERIOD_ENDED
from billing.contracts.models import Contract
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.customers.models import Customer
from billing.events.bulk import Reached, Value
from billing.sellers.models import Seller
from billing.sellers.queries import today

LAST_KEY = UUID(int=2**128 - 1)


class DueKind(StrEnum):
    """What is due by a day: contracts whose periods turn, or customers whose day has ended."""

    PERIODS = "periods"
    DAYS = "days"


EVENT_TYPES = {DueKind.PERIODS: PERIOD_ENDED, DueKind.DAYS: CUSTOMER_DAY_ENDED}


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What is due after a day and until another, and where reading it goes on.

    That is in one of the kind's queries, after the row that was `reached`; None: from its first.
    """

    until: date
    after: date = date.min
    query: int = 0
    reached: Reached | None = None

    @property
    def is_new(self) -> bool:
        """Whether nothing was read yet."""
        return self.query == 0 and self.reached is None


# What is due by a day, in order, from where it was read to on: index scans of what is due alone.
# Contracts of customers whose charges are collected are due with their customer's day.
CONTRACTS_DUE = """
    SELECT c.id AS stream_id, c.next_billing_date AS day, c.id AS key
    FROM billing_contract c JOIN billing_customer u ON u.id = c.customer_id
    WHERE c.seller_id = %(seller)s AND c.next_billing_date <= %(until)s
      AND (c.next_billing_date, c.id) > (%(day)s, %(key)s) AND u.grouping = 'per_event'
    ORDER BY c.next_billing_date, c.id LIMIT %(at_most)s
"""
DAYS_OF_CONTRACTS_DUE = """
    SELECT u.id AS stream_id, c.next_billing_date AS day, c.id AS key
    FROM billing_contract c JOIN billing_customer u ON u.id = c.customer_id
    WHERE c.seller_id = %(seller)s AND c.next_billing_date <= %(until)s
      AND (c.next_billing_date, c.id) > (%(day)s, %(key)s) AND u.grouping <> 'per_event'
    ORDER BY c.next_billing_date, c.id LIMIT %(at_most)s
"""
DAYS_OF_CUSTOMERS_DUE = """
    SELECT id AS stream_id, next_collection_date AS day, id AS key FROM billing_customer
    WHERE seller_id = %(seller)s AND next_collection_date <= %(until)s
      AND (next_collection_date, id) > (%(day)s, %(key)s)
    ORDER BY next_collection_date, id LIMIT %(at_most)s
"""
# Customers who aren't collected for any more needn't wait for the end of the day.
DAYS_LEFT_OVER = """
    SELECT id AS stream_id, next_collection_date AS day, id AS key FROM billing_customer
    WHERE seller_id = %(seller)s AND next_collection_date <= %(at_once)s
      AND (next_collection_date, id) > (%(day)s, %(key)s) AND grouping = 'per_event'
    ORDER BY next_collection_date, id LIMIT %(at_most)s
"""


# What each kind reads, one after the other.
QUERIES = {
    DueKind.PERIODS: (CONTRACTS_DUE,),
    DueKind.DAYS: (DAYS_OF_CONTRACTS_DUE, DAYS_OF_CUSTOMERS_DUE, DAYS_LEFT_OVER),
}


def is_anything_due(seller: Seller, kind: DueKind, *, reading: Reading, at: datetime) -> bool:
    """Return whether reading finds anything, told of in the log already or not."""
    rows = rows_from(reading, at_once=today(seller, at=at), at_most=1)
    found = " OR ".join(f"EXISTS ({query})" for query in QUERIES[kind])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {found}", {**rows, "seller": seller.pk})
        return bool(cursor.fetchone()[0])


def rows_from(reading: Reading, *, at_once: date, at_most: int) -> Mapping[str, Value]:
    """Return the parameters of one of these queries: the next rows of a reading."""
    reached = reading.reached or Reached(reading.after, LAST_KEY)
    return {
        "day": reached.day,
        "key": reached.key,
        "until": reading.until,
        "at_once": at_once,
        "at_most": at_most,
    }


def contracts_due(seller: Seller, *, until: date, at_once: int) -> Iterator[list[Contract]]:
    """Yield the seller's contracts that are due by a day, in chunks, with their customers."""
    reached = Reached(date.min, LAST_KEY)
    named: dict[str, Value] = {"seller": seller.pk, "until": until, "at_most": at_once}
    while True:
        named |= {"day": reached.day, "key": reached.key}
        with connection.cursor() as cursor:
            cursor.execute(_ALL_DUE, named)
            rows = [Reached(day, key) for day, key in cursor.fetchall()]
        if not rows:
            return
        found = Contract.objects.select_related("customer", "seller").in_bulk(
            [row.key for row in rows]
        )
        for contract in found.values():
            contract.customer.seller = contract.seller  # Known: spares a query each.
        yield [found[row.key] for row in rows]
        reached = rows[-1]


def days_due(seller_id: UUID, until: Mapping[UUID, tuple[date, date]]) -> dict[UUID, date]:
    """
    Return the earliest day on which something of each customer is to be collected, if anything is.

    A day counts up to the first that is given for a customer; if it isn't collected for any more,
    up to the second. Days that the log tells of already are passed over.
    """
    days = list(until.values())
    with connection.cursor() as cursor:
        cursor.execute(
            _DAYS_DUE,
            {
                "seller": seller_id,
                "customers": list(until),
                "ended": [ended for ended, _ in days],
                "at_once": [at_once for _, at_once in days],
                "type": CUSTOMER_DAY_ENDED,
            },
        )
        return dict(cursor.fetchall())


def next_due_day(seller: Seller, *, after: date) -> date | None:
    """Return the first day after a day on which one of the seller's contracts or customers is."""
    contracts = Contract.objects.filter(seller=seller, next_billing_date__gt=after)
    customers = Customer.objects.filter(seller=seller, next_collection_date__gt=after)
    days: list[date | None] = [
        contracts.aggregate(first=Min("next_billing_date"))["first"],
        customers.aggregate(first=Min("next_collection_date"))["first"],
    ]
    return min((day for day in days if day), default=None)


_ALL_DUE = """
    SELECT next_billing_date, id FROM billing_contract
    WHERE seller_id = %(seller)s AND next_billing_date <= %(until)s
      AND (next_billing_date, id) > (%(day)s, %(key)s)
    ORDER BY next_billing_date, id LIMIT %(at_most)s
"""
_DAYS_DUE = """
    SELECT u.id, due.day
    FROM unnest(%(customers)s::uuid[], %(ended)s::date[], %(at_once)s::date[])
        AS asked(customer_id, ended, at_once)
    JOIN billing_customer u ON u.id = asked.customer_id
    CROSS JOIN LATERAL (
        SELECT either.day FROM (
            SELECT c.next_billing_date AS day FROM billing_contract c
            WHERE c.customer_id = u.id AND c.next_billing_date <= asked.ended
              AND u.grouping <> 'per_event'
            UNION
            SELECT u.next_collection_date WHERE u.next_collection_date
                  <= CASE u.grouping WHEN 'per_event' THEN asked.at_once ELSE asked.ended END
        ) AS either
        WHERE NOT EXISTS (
            SELECT FROM billing_event e WHERE e.seller_id = %(seller)s
            AND e.idempotency_key = format('%%s:%%s:%%s', %(type)s::text, u.id, either.day))
        ORDER BY either.day LIMIT 1
    ) AS due
"""
