"""What the engine does is counted: once it is committed, and in labels that are few."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from prometheus_client import REGISTRY, Metric
from prometheus_client.registry import CollectorRegistry

from billing.contracts.queries import DueKind
from billing.events import commands as events
from billing.events.models import Event, Failure
from billing.events.queues import create_queues
from billing.events.tries import Trouble, Worker
from invoices.issuing.commands import bill, bill_due
from invoices.issuing.models import Invoice
from invoices.monitoring.metrics import StateCollector
from invoices.runs.commands import append_runs
from tests import factories
from tests.handling import handle
from tests.runs.conftest import FEBRUARY, contracts, real_seller

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("committed")
# Labels whose values are numbers by their nature, and few.
NUMBERS = {"le", "status", "major", "minor", "patchlevel", "version", "generation"}
AN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|[0-9]{4,}|^[0-9.]+$|@|anl_")
AT_MOST = 60  # Values of a label; of views there are more.


def figure(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def rise(name: str, **labels: str) -> Callable[[], float]:
    """How much a figure has risen since."""
    before = figure(name, **labels)
    return lambda: figure(name, **labels) - before


def placed() -> UUID:
    factories.order(factories.customer(factories.seller()))
    return Event.objects.get(type="order.placed").pk


class TestOneEvent:
    def test_it_is_counted_on_its_whole_way(self) -> None:
        appended = rise("anlass_events_total", type="order.placed", outcome="appended")
        handled = rise("anlass_events_total", type="order.placed", outcome="handled")
        tries = rise("anlass_attempts_total", task="issuing.bill", outcome="succeeded")
        issued = rise("anlass_invoices_total", kind="invoice", currency="EUR")
        amount = rise("anlass_invoiced_amount_total", kind="invoice", currency="EUR")
        charges = rise("anlass_charges_total", kind="charge")
        took = rise("anlass_event_to_invoice_seconds_count", type="order.placed")
        waited = rise("anlass_number_series_lock_wait_seconds_count", kind="invoice")

        bill(event_id=placed(), at=AT, worker="test")

        invoice = Invoice.objects.get()
        assert (appended(), handled(), tries(), issued(), took(), waited()) == (1, 1, 1, 1, 1, 1)
        assert amount() == invoice.net_minor / 100
        assert charges() == invoice.lines.count()

    def test_what_is_rolled_back_never_was(self) -> None:
        event_id = placed()
        told = [
            rise("anlass_events_total", type="order.placed", outcome="handled"),
            rise("anlass_attempts_total", task="issuing.bill", outcome="succeeded"),
            rise("anlass_invoices_total", kind="invoice", currency="EUR"),
            rise("anlass_charges_total", kind="charge"),
            rise("anlass_event_to_invoice_seconds_count", type="order.placed"),
            rise("anlass_number_series_lock_wait_seconds_count", kind="invoice"),
        ]

        with transaction.atomic():
            bill(event_id=event_id, at=AT, worker="test")
            assert Invoice.objects.exists()
            transaction.set_rollback(True)

        assert [each() for each in told] == [0] * 6
        assert not Invoice.objects.exists()

    def test_a_failure_is_counted_by_its_class(self) -> None:
        event_id = placed()
        failed = rise("anlass_events_total", type="order.placed", outcome="failed")
        retried = rise("anlass_events_total", type="order.placed", outcome="retried")
        opened = rise("anlass_failures_opened_total", **{"class": "price_missing"})
        me = Worker(task="issuing.bill", name="test", at=AT)
        trouble = Trouble(code="price_missing", reason="None.", remedy="Make one.", error_class="X")

        events.fail(event_id=event_id, tried=me.tried(), trouble=trouble)
        events.retry(failure_ids=[Failure.objects.get().pk], by="Ada", at=AT)

        assert (failed(), opened(), retried()) == (1, 1, 1)


class TestBulk:
    def test_a_chunk_is_counted_as_so_many(self) -> None:
        seller = real_seller()
        contracts(seller, 7)
        appended = rise("anlass_events_total", type="period.ended", outcome="appended")
        append_runs(seller, DueKind.PERIODS, at=FEBRUARY)
        ids = list(
            Event.objects.filter(type="period.ended", state="waiting").values_list("pk", flat=True)
        )
        told = [
            rise("anlass_events_total", type="period.ended", outcome="handled"),
            rise("anlass_attempts_total", task="issuing.bill_due", outcome="succeeded"),
            rise("anlass_invoices_total", kind="invoice", currency="EUR"),
            rise("anlass_charges_total", kind="charge"),
            rise("anlass_event_to_invoice_seconds_count", type="period.ended"),
        ]
        locks = rise("anlass_number_series_lock_wait_seconds_count", kind="invoice")

        assert bill_due(event_ids=ids, at=FEBRUARY, worker="test") == 7

        assert appended() == 7
        assert [each() for each in told] == [7] * 5
        assert locks() == 1


class TestAfterwards:
    def test_documents_and_deliveries_are_counted(self) -> None:
        seller = factories.seller(makes_documents=True)
        customer = factories.customer(seller, email="alice@customer.example")
        factories.order(customer)
        made = rise("anlass_documents_total", format="zugferd", outcome="made")
        before = figure("anlass_deliveries_total", channel="download", outcome="sent")

        while waiting := Event.objects.filter(state="waiting").order_by("position").first():
            handle(waiting, at=AT)
            assert not Failure.objects.exists()

        assert made() == 2  # The printed one and its XML.
        ended = sum(
            sample.value
            for family in REGISTRY.collect()
            if family.name == "anlass_deliveries"
            for sample in family.samples
            if sample.name.endswith("_total")
        )
        assert ended > before
        mail.outbox = []


class TestLabels:
    def test_none_is_an_id_and_all_are_few(self) -> None:
        create_queues()
        bill(event_id=placed(), at=AT, worker="test")
        seller = Event.objects.get(type="order.placed").seller
        key = factories.api_key(seller)
        customer = seller.customers.get()
        app = Client(headers={"Authorization": f"Bearer {key}"})
        for path in ("customers", f"customers/{customer.pk}", "invoices", "nothing/4711", "orders"):
            app.get(f"/api/v1/{path}")
        app.get(f"/wp-admin/{customer.pk}")
        state = CollectorRegistry()
        state.register(StateCollector())

        seen = values([*REGISTRY.collect(), *state.collect()])

        assert {"kind", "type", "outcome", "task", "view", "queue", "part"} <= set(seen)
        for label, given in seen.items():
            if label not in NUMBERS:
                assert not [each for each in given if AN_ID.search(each)], label
            assert len(given) <= (400 if label == "view" else AT_MOST), label


def values(families: list[Metric]) -> dict[str, set[str]]:
    """All values of all labels of the engine's figures and the web's."""
    seen: dict[str, set[str]] = {}
    for family in families:
        for sample in family.samples:
            for label, value in sample.labels.items():
                seen.setdefault(label, set()).add(value)
    return seen
