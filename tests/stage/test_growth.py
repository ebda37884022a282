"""What billing reads doesn't grow with what is stored, even before statistics tell of that."""

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from django.db import connection

from benchmarks import growth
from billing.sellers.models import Seller
from invoices.issuing.commands.due import waiting_in
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.stage.conftest import drain

STORED = 7000  # Invoices, of which no statistics tell: 21,000 lines, 14,000 events.
LARGE = ("billing_attempt", "billing_event", "invoices_charge", "invoices_invoice")
Advance = Callable[[date], list[Invoice]]


def read_one_by_one() -> dict[str, int]:
    """Return how many rows of the large tables this transaction has read without an index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)",
            [list(LARGE)],
        )
        return dict(cursor.fetchall())


@pytest.fixture
def grown(seller: Seller) -> Seller:
    """A seller with one contract, beside another whose contract was billed for very long."""
    other = factories.seller(name="Beta AG")
    factories.subscription(factories.contract(factories.customer(other)), factories.plan(other))
    factories.subscription(factories.contract(factories.customer(seller)), factories.plan(seller))
    invoice, _ = drain()
    _keep_plans(other)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    growth.fill(invoice, contracts=1, start=0, stop=STORED)
    return seller


def _keep_plans(seller: Seller) -> None:
    """Let triggers run so often that the session keeps plans for tables known to be small."""
    customer = factories.customer(seller, external_id="K-2")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for _ in range(8):
        factories.order(customer, factories.line())
        drain()


APPENDED = """
INSERT INTO billing_event (
    id, seller_id, transaction_id, type, stream_id, payload, as_of_date, occurred_at, recorded_at,
    idempotency_key, queue, state, sends)
SELECT gen_random_uuid(), %(seller)s, gen_random_uuid(), 'period.ended',
    lpad(to_hex(n), 32, '0')::uuid, '{}', '2026-02-01', now(), now(), %(state)s || n, 'bulk',
    %(state)s, 0
FROM generate_series(1, 20000) n
"""


class TestWhatWaits:
    def test_it_is_found_by_its_streams_though_statistics_know_of_none(
        self, seller: Seller
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute(APPENDED, {"seller": seller.pk, "state": "handled"})
            cursor.execute("ANALYZE billing_event")
            cursor.execute(APPENDED, {"seller": seller.pk, "state": "waiting"})
        streams = [UUID(int=number) for number in range(1, 501)]

        plan = waiting_in(seller, streams).explain(format="json", analyze=True)

        assert "event_waiting_in_stream" in plan
        assert set(re.findall(r'"Rows Removed by Filter": (\d+)', plan)) <= {"0"}


class TestGrowth:
    def test_what_is_open_of_a_subscription_lies_together(self, grown: Seller) -> None:
        charge = Charge.objects.filter(subscription__seller__name="Beta AG").latest("starts_on")

        with connection.cursor() as cursor:
            cursor.execute(
                "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT id FROM invoices_charge"
                " WHERE subscription_id = %s AND stretch_starts_on >= %s",
                [charge.subscription_id, charge.stretch_starts_on],
            )
            ((plan,),) = cursor.fetchone()

        pages = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
        assert pages < 12  # Of some thousands that the subscription's charges lie on.

    def test_a_renewal_reads_no_large_table_from_end_to_end(
        self, grown: Seller, advance: Advance
    ) -> None:
        before = read_one_by_one()

        issued = advance(date(2026, 2, 1))

        assert len(issued) == 1
        assert read_one_by_one() == before

    def test_an_order_reads_no_large_table_from_end_to_end(self, grown: Seller) -> None:
        before = read_one_by_one()

        factories.order(factories.customer(grown, external_id="K-9"), factories.line())
        issued = drain()

        assert len(issued) == 1
        assert read_one_by_one() == before
