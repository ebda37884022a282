"""Whatever breaks, every order becomes one invoice."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection

from billing.customers.models import Customer
from billing.events import dispatch
from billing.events.models import Attempt, Event, Failure
from billing.events.queues import create_queues
from billing.sellers.models import Seller
from config.stack import Services
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.chaos.engine import Engine

WITHIN = 120.0


def place(customer: Customer, count: int) -> list[Event]:
    """Place orders of 1.00, 2.00, 3.00 … net, one transaction each."""
    for number in range(1, count + 1):
        factories.order(customer, factories.line(unit_price=Decimal(number)))
    return list(Event.objects.filter(seller=customer.seller, type="order.placed"))


def billed(seller: Seller) -> int:
    return Invoice.objects.filter(seller=seller).count()


def assert_one_invoice_each(seller: Seller, count: int) -> None:
    invoices = Invoice.objects.filter(seller=seller)
    assert list(invoices.order_by("sequence").values_list("sequence", flat=True)) == list(
        range(1, count + 1)
    )
    assert invoices.values("event_id").distinct().count() == count
    assert Charge.objects.filter(seller=seller).count() == count
    # 1.00 + 2.00 + … + n.00
    assert sum(invoices.values_list("net_minor", flat=True)) == 100 * count * (count + 1) // 2
    events = Event.objects.filter(seller=seller, type="order.placed")
    assert set(events.values_list("state", flat=True)) == {"handled"}
    assert Attempt.objects.filter(seller=seller, outcome="succeeded").count() == count
    assert not Failure.objects.exists()
    call_command("verify")  # Exits with 1 if anything is wrong.


class TestWhateverBreaks:
    @pytest.mark.parametrize("count", [60, pytest.param(500, marks=pytest.mark.slow)])
    def test_every_order_becomes_one_invoice(
        self, engine: Engine, services: Services, count: int
    ) -> None:
        assert services.sqs is not None
        seller = factories.seller()
        engine.start("worker-1", "worker-2", "relay")
        events = place(factories.customer(seller), count)
        for _ in range(2):  # Every message is delivered three times.
            for event in events:
                dispatch.publish([event])

        engine.wait_until(
            lambda: billed(seller) >= count // 10, within=WITHIN, what="first invoices"
        )
        engine.kill("worker-1")
        engine.wait_until(
            lambda: billed(seller) >= count // 5, within=WITHIN, what="worker 2 goes on"
        )
        services.sqs.kill()
        engine.start("worker-1")
        engine.stop("relay")
        services.sqs.start()
        create_queues()
        engine.kill("worker-2")
        engine.start("worker-2")
        engine.start("relay")

        engine.wait_until(lambda: billed(seller) >= count, within=WITHIN, what="all invoices")
        assert_one_invoice_each(seller, count)

    def test_a_database_that_was_away_leaves_no_failure(
        self, engine: Engine, services: Services
    ) -> None:
        assert services.postgres is not None
        seller = factories.seller()
        place(factories.customer(seller), 30)
        engine.start("worker-1", "relay")
        engine.wait_until(lambda: billed(seller) >= 3, within=WITHIN, what="first invoices")

        services.postgres.kill()
        services.postgres.start()
        connection.close()

        engine.wait_until(lambda: billed(seller) >= 30, within=WITHIN, what="all invoices")
        assert_one_invoice_each(seller, 30)

    def test_orders_placed_without_a_broker_are_billed_later(
        self, engine: Engine, services: Services
    ) -> None:
        assert services.sqs is not None
        seller = factories.seller()
        services.sqs.stop()
        place(factories.customer(seller), 5)

        services.sqs.start()
        create_queues()
        engine.start("worker-1", "relay")

        engine.wait_until(lambda: billed(seller) >= 5, within=WITHIN, what="all invoices")
        assert_one_invoice_each(seller, 5)
