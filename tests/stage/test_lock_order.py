"""Locks are taken in one order, whoever comes first: nobody waits for a circle of others."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models, transaction

from billing.catalog.models import Price
from billing.contracts.commands import append_days_ended, change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.customers.commands import change_customer
from billing.customers.models import Customer
from billing.events.models import Event, Failure
from billing.orders.models import Order
from billing.sellers.models import Seller
from invoices.balances.models import BalanceMovement
from invoices.issuing.commands import bill, bill_due, bill_facts
from invoices.issuing.commands.day import lock_day
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.stage.conftest import AT, drain

Kind = SubscriptionChange.Kind
Starts = Callable[[Callable[[], object]], Future[object]]
EUR, USD = "EUR", "USD"


@pytest.fixture
def seller(committed: None) -> Seller:
    factories.exchange_rate(USD)
    return factories.seller()


@pytest.fixture
def starts() -> Iterator[Starts]:
    """Starts something on a connection of its own; returns when it waits for a lock, or is done."""
    with ThreadPoolExecutor() as pool:

        def start(action: Callable[[], object]) -> Future[object]:
            waiting = _waiting()
            future = pool.submit(_run, action)
            while not future.done() and _waiting() == waiting:
                time.sleep(0.01)
            return future

        yield start


def _run(action: Callable[[], object]) -> object:
    try:
        return action()
    finally:
        connection.close()


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


@contextmanager
def locked(rows: models.QuerySet[Any]) -> Iterator[None]:
    """Keep rows from others."""
    with transaction.atomic():
        assert list(rows.select_for_update())
        yield


def billing(event: Event) -> Callable[[], object]:
    return lambda: bill(event_id=event.pk, at=AT, worker="test")


def waiting(kind: str, **told: Any) -> Event:
    return Event.objects.get(type=kind, state="waiting", **told)


def sold(customer: Customer, currency: str = EUR) -> Subscription:
    """A subscription that costs 30.00 a month."""
    plan = factories.plan(customer.seller, price={"currency": currency})
    return factories.subscription(factories.contract(customer, currency=currency), plan)


def change(row: Subscription, **wanted: Any) -> Event:
    made = change_subscription(subscription_id=row.pk, request=ChangeRequest(**wanted), at=AT)
    return waiting("subscription.changed", payload__change_id=str(made.pk))


def becomes(customer: Customer, grouping: str) -> None:
    change_customer(customer_id=customer.pk, details={"grouping": grouping}, at=AT)


def day_ends(seller: Seller, on: date = date(2026, 1, 2)) -> None:
    seller.test_clock.today = on
    seller.test_clock.save()
    append_days_ended(seller, at=AT)


class TestCustomersBeforeContracts:
    def test_a_customer_who_is_collected_meanwhile(self, seller: Seller, starts: Starts) -> None:
        customer = factories.customer(seller)
        row = sold(customer)
        drain()
        event = change(row, kind=Kind.CHANGE_QUANTITY, quantity=Decimal(2))

        with locked(Contract.objects.all()):
            billed = starts(billing(event))
            starts(lambda: becomes(customer, "per_day")).result()

            @transaction.atomic
            def end_day() -> None:
                lock_day(customer.pk, until=date(2026, 2, 1))

            ended = starts(end_day)
        ended.result()
        billed.result()

        event.refresh_from_db()
        assert event.state == "handled"
        assert Contract.objects.get().next_billing_date == date(2026, 1, 1)

    def test_an_order_while_the_customers_day_ends(self, seller: Seller, starts: Starts) -> None:
        customer = factories.customer(seller, grouping="per_day")
        factories.order(customer)

        with locked(Customer.objects.all()):
            billed = starts(billing(waiting("order.placed")))
            # It waits for the customer, and has locked nothing of its own meanwhile.
            held = Event.objects.select_for_update(nowait=True).filter(type="order.placed")
            assert starts(lambda: _locks(held)).result() == 1
        billed.result()

        assert Customer.objects.get().next_collection_date == date(2026, 1, 1)
        assert not Failure.objects.exists()

    def test_orders_together_while_a_customers_day_ends(
        self, seller: Seller, starts: Starts
    ) -> None:
        one, other = (factories.customer(seller, grouping="per_day") for _ in range(2))
        for customer in (other, one):
            factories.order(customer)
        orders = [waiting("order.placed", seller=seller, stream_id=order.pk)
                  for order in Order.objects.order_by("-pk")]  # fmt: skip
        named = [event.pk for event in orders]

        with locked(Customer.objects.filter(pk=one.pk)):
            billed = starts(lambda: bill_facts(event_ids=named, at=AT, worker="test"))
            # That of the other is billed; the chunk waited for nobody, and holds nothing now.
            assert Charge.objects.get().customer_id == other.pk
            assert starts(lambda: _locks(Customer.objects.filter(pk=other.pk))).done()
        billed.result()

        assert Charge.objects.count() == 2
        assert not Failure.objects.exists()

    def test_days_together_pass_over_a_customer(self, seller: Seller, starts: Starts) -> None:
        one, other = (factories.customer(seller, grouping="per_day") for _ in range(2))
        for customer in (one, other):
            sold(customer)
        drain()
        day_ends(seller)
        named = [event.pk for event in Event.objects.filter(type="customer.day_ended")]

        with locked(Customer.objects.filter(pk=one.pk)):
            ended = starts(lambda: bill_due(event_ids=named, at=AT, worker="test"))
            assert Invoice.objects.get().customer_id == other.pk
        ended.result()

        assert Invoice.objects.count() == 2
        call_command("verify")

    def test_days_together_wait_for_contracts_after_customers(
        self, seller: Seller, starts: Starts
    ) -> None:
        one, other = (factories.customer(seller, grouping="per_day") for _ in range(2))
        first, second = sold(one), sold(other)
        drain()
        day_ends(seller)
        named = [event.pk for event in Event.objects.filter(type="customer.day_ended")]
        factories.order(other)

        with locked(Contract.objects.filter(pk=max(first.contract_id, second.contract_id))):
            ended = [
                starts(lambda ids=ids: bill_due(event_ids=ids, at=AT, worker="test"))
                for ids in (named, named[::-1])
            ]
            ordered = starts(billing(waiting("order.placed", stream_id=Order.objects.get().pk)))
        for each in (*ended, ordered):
            each.result()

        assert sorted(Invoice.objects.values_list("net_minor", flat=True)) == [3000, 3000]
        assert not Failure.objects.exists()

    def test_a_price_that_brings_contracts_forward(self, seller: Seller, starts: Starts) -> None:
        customer = factories.customer(seller, grouping="per_day")
        plan = factories.plan(seller)
        rows = [factories.subscription(factories.contract(customer), plan) for _ in range(3)]
        first, second, third = (row.contract_id for row in rows)
        contracts = Contract.objects.filter(pk__in=[first, second, third])
        for pk in (second, third, first):  # The order in which they lie in the table.
            contracts.filter(pk=pk).update(next_billing_date=date(2026, 2, 1))

        @transaction.atomic
        def end_day() -> None:
            lock_day(customer.pk, until=date(2026, 2, 1))

        Price.objects.update(valid_until=date(2026, 1, 5))

        with locked(contracts.filter(pk=third)):
            new = {"valid_from": date(2026, 1, 5), "applies_to": "at_once"}
            priced = starts(lambda: _atomic(lambda: factories.price_of(plan, **new)))
            ended = starts(end_day)
        priced.result()
        ended.result()

        assert {row.next_billing_date for row in contracts} == {date(2026, 1, 5)}


class TestBalancesBeforeNumbers:
    def test_a_customer_invoiced_in_two_currencies(self, seller: Seller, starts: Starts) -> None:
        customer = factories.customer(seller, grouping="per_day")
        for currency in (EUR, USD):
            factories.money(customer, 10_00, currency=currency)
            factories.order(customer, currency=currency)
            drain()
        becomes(customer, "per_event")
        day_ends(seller)
        factories.order(customer, currency=USD)

        with locked(BalanceMovement.objects.filter(currency=USD)):
            ordered = starts(billing(waiting("order.placed")))
            ended = starts(billing(waiting("customer.day_ended")))
        ordered.result()
        ended.result()

        assert sorted(Invoice.objects.values_list("currency", "prepaid_minor")) == [
            (EUR, 10_00), (USD, 0), (USD, 10_00),
        ]  # fmt: skip
        call_command("verify")

    def test_an_invoice_and_a_credit_note_at_once(self, seller: Seller, starts: Starts) -> None:
        """One customer gets them in one currency each, another the other way round."""
        one, other = factories.customer(seller), factories.customer(seller)
        cancelled, earlier = sold(one, USD), sold(other, EUR)
        drain()
        factories.money(other, 10_00, currency=USD)
        change_customer(
            customer_id=other.pk, details={"grouping": "monthly", "invoice_day": 2}, at=AT
        )
        change(earlier, kind=Kind.CANCEL)
        drain()
        day_ends(seller)
        drain()  # The credit waits: it comes before the order of the next day.
        becomes(one, "per_day")
        change(cancelled, kind=Kind.CANCEL)
        factories.order(one, currency=EUR)
        factories.order(other, currency=USD)
        drain()
        day_ends(seller, date(2026, 1, 3))

        with locked(BalanceMovement.objects.filter(customer=other)):
            of_other = starts(billing(waiting("customer.day_ended", stream_id=other.pk)))
            of_one = starts(billing(waiting("customer.day_ended", stream_id=one.pk)))
        of_other.result()
        of_one.result()

        made = Invoice.objects.exclude(event__type="subscription.changed")
        assert sorted(made.values_list("kind", "currency", "net_minor")) == [
            ("credit_note", EUR, -30_00), ("credit_note", USD, -29_03),
            ("invoice", EUR, 99_00), ("invoice", USD, 99_00),
        ]  # fmt: skip
        call_command("verify")


@transaction.atomic
def _locks(rows: models.QuerySet[Any]) -> int:
    return len(list(rows))


def _atomic(action: Callable[[], object]) -> object:
    with transaction.atomic():
        return action()
