"""What finding and appending what is due costs: the number due, not the number of contracts."""

import json
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.contracts.commands import due
from billing.contracts.queries import DueKind, Reading
from billing.contracts.queries.due import CONTRACTS_DUE, rows_from
from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.runs.commands import append_runs, finish_runs
from invoices.runs.models import BillingRun
from invoices.runs.queries import progress
from invoices.runs.queries.progress import count_progress
from tests import factories
from tests.runs.conftest import FEBRUARY, real_seller

DUE_ON = date(2026, 2, 1)
DUE = 1_000

_CONTRACTS = """
    INSERT INTO billing_contract (
        id, seller_id, customer_id, currency, renewal, purchase_order, project_reference,
        created_at, next_billing_date, billed_position
    )
    SELECT anlass_uuid7(), %(seller)s, %(customer)s, 'EUR', '', '', '', now(), %(due_on)s, 0
    FROM generate_series(1, %(count)s)
"""


def many_contracts(seller: Seller, count: int, *, due_on: date) -> None:
    """Contracts without a subscription, past foreign keys and triggers."""
    customer = seller.customers.first() or factories.customer(seller)
    named = {"seller": seller.pk, "customer": customer.pk, "due_on": due_on, "count": count}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_CONTRACTS, named)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE billing_contract")


def explained(seller: Seller) -> dict[str, Any]:
    """The plan of the first chunk of what is due, with what was done."""
    named = {
        "seller": seller.pk,
        **rows_from(Reading(DUE_ON), at_once=DUE_ON, at_most=due.CHUNK),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {CONTRACTS_DUE}", named)
        (found,) = cursor.fetchone()
    plan: dict[str, Any] = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
    return plan


def buffers(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


_EVENTS = """
    INSERT INTO billing_event (
        id, seller_id, transaction_id, type, stream_id, payload, as_of_date, occurred_at,
        recorded_at, idempotency_key, queue, state, next_send_at, sends
    )
    SELECT anlass_uuid7(), %(seller)s, anlass_uuid7(), 'period.ended', anlass_uuid7(), '{}',
           %(day)s, %(at)s, %(at)s, 'key ' || n, 'bulk', 'waiting', %(at)s, 0
    FROM generate_series(1, %(count)s) n
"""


def many_events(run: BillingRun) -> None:
    """All events of a run, waiting, past foreign keys and triggers."""
    named = {"seller": run.seller_id, "day": run.day, "at": run.started_at, "count": run.total}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_EVENTS, named)
        cursor.execute("SET session_replication_role = DEFAULT")


def median(action: Callable[[], object], *, times: int = 9) -> float:
    """The median of how many seconds something takes."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


@pytest.mark.slow
class TestCost:
    def test_looking_at_a_run_costs_the_same_however_much_waits(self, committed: None) -> None:
        run = factories.billing_run(
            real_seller(), day=DUE_ON, started_at=FEBRUARY, total=300_000,
            done=None, failed=None, counted_at=None, finished_at=None,
        )  # fmt: skip
        many_events(run)
        before = median(lambda: progress(run, at=FEBRUARY))
        finish_runs(at=FEBRUARY + timedelta(seconds=10))
        run.refresh_from_db()

        noted = median(lambda: progress(run, at=FEBRUARY + timedelta(seconds=11)))

        assert progress(run, at=FEBRUARY + timedelta(minutes=1)).took == timedelta(seconds=10)
        assert max(before, noted) < 0.05
        assert 5 * noted < median(lambda: count_progress(run, at=FEBRUARY), times=3)

    def test_it_is_that_of_what_is_due_not_of_all_contracts(self, committed: None) -> None:
        seller = real_seller()
        many_contracts(seller, DUE, due_on=DUE_ON)
        alone = buffers(explained(seller))

        many_contracts(seller, 100_000, due_on=DUE_ON + timedelta(days=20))
        among_many = explained(seller)

        assert among_many["Actual Rows"] == DUE
        assert "contract_due" in json.dumps(among_many)
        assert buffers(among_many) < 2 * alone + 20  # The index grows by a level at most.

    def test_what_waits_is_not_read_turn_by_turn(self, committed: None) -> None:
        seller = real_seller()
        many_contracts(seller, 25_000, due_on=DUE_ON)  # Three chunks.

        assert append_runs(seller, DueKind.PERIODS, at=FEBRUARY) == 25_000
        with CaptureQueriesContext(connection) as asked:
            for second in range(0, 100, 10):
                append_runs(seller, DueKind.PERIODS, at=FEBRUARY + timedelta(seconds=second))

        assert not [each for each in asked if "billing_contract" in each["sql"]]
        (run,) = seller.billing_runs.all()
        assert progress(run, at=FEBRUARY).waiting == 25_000
        Event.objects.filter(type="period.ended").update(state="handled")
        assert [each.done for each in finish_runs(at=FEBRUARY)] == [25_000]
