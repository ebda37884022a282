"""How the installation stands: told as it is, cheaply, and as far as it is known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.registry import CollectorRegistry

from billing.contracts.queries import DueKind
from billing.events.models import Event, Failure
from billing.events.queues import create_queues
from config.stack import Services
from invoices.delivery.models import Delivery
from invoices.monitoring import queries
from invoices.monitoring.metrics import StateCollector
from invoices.proving.models import Verification
from invoices.runs.commands import append_runs
from tests import factories
from tests.chaos.conftest import services
from tests.handling import handle
from tests.runs.conftest import FEBRUARY, contracts, real_seller

__all__ = ["services"]

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def queues(committed: None) -> None:
    create_queues()


@pytest.fixture
def state(queues: None) -> Iterator[CollectorRegistry]:
    told = CollectorRegistry()
    told.register(StateCollector())
    with override_settings(METRICS_KEPT_SECONDS=0):
        yield told


def of(told: CollectorRegistry, name: str, /, **labels: str) -> float | None:
    return told.get_sample_value(name, labels)


def failed_order(*, priority: int, code: str, minor: int | None) -> None:
    order = factories.order(factories.customer(factories.seller(name=f"S {priority}")))
    event = Event.objects.get(stream_id=order.pk)
    Event.objects.filter(pk=event.pk).update(state="failed")
    Failure.objects.create(
        seller=event.seller, event=event, code=code, reason="x", remedy="y", priority=priority,
        money_at_stake_minor=minor, currency="EUR" if minor else "", state="open", opened_at=AT,
        cause=factories.failure_cause(event.seller), is_new=True,
    )  # fmt: skip


class TestState:
    def test_what_waits_is_told_by_queue(self, state: CollectorRegistry) -> None:
        factories.order(factories.customer(factories.seller()))
        hour_ago = timezone.now() - timedelta(hours=1)
        Event.objects.filter(state="waiting").update(next_send_at=hour_ago)

        assert of(state, "anlass_events_waiting", queue="billing") == 1
        assert of(state, "anlass_events_waiting", queue="documents") == 0
        lag = of(state, "anlass_relay_lag_seconds", kind="facts")
        assert lag == pytest.approx(3600, abs=60)
        recorded = Event.objects.get(state="waiting").recorded_at
        age = of(state, "anlass_oldest_event_age_seconds", queue="billing")
        assert age == pytest.approx((timezone.now() - recorded).total_seconds(), abs=60)
        assert of(state, "anlass_oldest_event_age_seconds", queue="bulk") == 0

    def test_a_bulk_is_told_by_its_messages(self, state: CollectorRegistry) -> None:
        for _ in range(2):
            seller = real_seller()
            contracts(seller, 3)
            append_runs(seller, DueKind.PERIODS, at=FEBRUARY)

        assert of(state, "anlass_events_waiting", queue="bulk") == 6
        age = of(state, "anlass_oldest_event_age_seconds", queue="bulk")
        assert age == pytest.approx((timezone.now() - FEBRUARY).total_seconds(), abs=60)
        lag = of(state, "anlass_relay_lag_seconds", kind="bulk")
        assert lag == pytest.approx((timezone.now() - FEBRUARY).total_seconds(), abs=60)
        assert of(state, "anlass_billing_run_events_due", kind="periods") == 6

    def test_failures_are_told_with_the_money_at_stake(self, state: CollectorRegistry) -> None:
        failed_order(priority=85, code="defect", minor=119_00)
        failed_order(priority=50, code="price_missing", minor=1_50)
        failed_order(priority=40, code="of_another_release", minor=None)

        told = {"class": "defect", "priority": "urgent"}
        assert of(state, "anlass_failures_open", **told) == 1
        told = {"class": "price_missing", "priority": "medium"}
        assert of(state, "anlass_failures_open", **told) == 1
        assert of(state, "anlass_failures_open", **{"class": "other", "priority": "low"}) == 1
        # 119.00 + 1.50
        assert of(state, "anlass_failures_money_at_stake", currency="EUR") == 120.5

    def test_deliveries_are_told_by_channel(self, state: CollectorRegistry) -> None:
        seller = factories.seller()
        factories.order(factories.customer(seller))
        waiting = Event.objects.get(state="waiting")
        (invoice,) = handle(waiting, at=AT)
        made = factories.delivery(invoice)
        Delivery.objects.filter(pk=made.pk).update(state="waiting", settled_at=None)

        told = {"channel": "email", "state": "waiting"}
        assert of(state, "anlass_deliveries_waiting", **told) == 1

    def test_the_latest_proof_is_told(self, state: CollectorRegistry) -> None:
        now = timezone.now()
        for is_proven, ago in ((True, 3), (False, 2)):
            at = now - timedelta(hours=ago)
            Verification.objects.create(
                began_at=at, ended_at=at, is_proven=is_proven, checked={}, found={"none_waits": 4}
            )

        assert of(state, "anlass_verification_ok") == 0
        assert of(state, "anlass_verification_findings", check="none_waits") == 4
        age = of(state, "anlass_verification_age_seconds")
        assert age == pytest.approx(7200, abs=60)

    def test_the_broker_tells_of_its_queues(self, state: CollectorRegistry) -> None:
        assert of(state, "anlass_queue_messages", queue="bulk", state="delayed") == 0
        assert of(state, "anlass_dead_letters", queue="billing") == 0

    def test_nothing_there_is_told_as_nothing(self, state: CollectorRegistry) -> None:
        parts = [of(state, "anlass_exporter_up", part=part) for part in _PARTS]

        assert parts == [1, 1, 1]
        assert of(state, "anlass_verification_ok") is None
        assert of(state, "anlass_oldest_event_age_seconds", queue="billing") == 0


class TestPartsAway:
    def test_without_a_broker_the_others_are_told(
        self, services: Services, state: CollectorRegistry
    ) -> None:
        assert services.sqs is not None
        services.sqs.kill()
        try:
            found = [of(state, "anlass_exporter_up", part=part) for part in _PARTS]
            waiting = of(state, "anlass_events_waiting", queue="billing")
        finally:
            services.sqs.start()
            create_queues()

        assert found == [1, 0, 1]
        assert waiting == 0

    def test_without_a_database_the_others_are_told(
        self, services: Services, state: CollectorRegistry
    ) -> None:
        assert services.postgres is not None
        connection.close()
        services.postgres.kill()
        try:
            found = [of(state, "anlass_exporter_up", part=part) for part in _PARTS]
            messages = of(state, "anlass_queue_messages", queue="bulk", state="visible")
        finally:
            services.postgres.start()

        assert found == [0, 1, 1]
        assert messages is not None  # Others leave some.

    def test_without_redis_the_others_are_told(self, state: CollectorRegistry) -> None:
        with override_settings(CELERY_CONTROL_PLANE_URL="redis://127.0.0.1:1/0"):
            found = [of(state, "anlass_exporter_up", part=part) for part in _PARTS]

        assert found == [1, 1, 0]


class TestCost:
    def test_it_is_asked_once_in_some_seconds(self, queues: None) -> None:
        collector = StateCollector()
        with override_settings(METRICS_KEPT_SECONDS=60):
            first = list(collector.collect())
            failed_order(priority=85, code="defect", minor=1)

            assert list(collector.collect()) == first

    def test_no_history_is_read(self, queues: None) -> None:
        """Every table by an index, however much is in it."""
        with CaptureQueriesContext(connection) as asked:
            _ask_all()
        with connection.cursor() as cursor:
            cursor.execute("SET enable_seqscan = off")
            plans = [_plan(cursor, query["sql"]) for query in asked]
            cursor.execute("RESET enable_seqscan")

        read_wholly = [plan for plan in plans if "Seq Scan" in plan.replace(_SMALL, "")]
        assert len(plans) >= 7
        assert read_wholly == []


_PARTS = ("database", "broker", "redis")
# What is in it now is on its way, and no history.
_SMALL = "Seq Scan on billing_bulkmessage"


def _ask_all() -> None:
    queries.oldest_waiting(at=AT)
    queries.waiting()
    queries.bulk_unsent_since(at=AT)
    list(queries.open_failures())
    queries.deliveries_waiting()
    queries.latest_verification()


def _plan(cursor: Any, sql: str) -> str:
    cursor.execute(f"EXPLAIN {sql}")
    return "\n".join(line for (line,) in cursor.fetchall())
