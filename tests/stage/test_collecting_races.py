"""A customer's day that ends while others work: each charge is made and collected once."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from billing.contracts.commands import append_days_ended, change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Subscription, SubscriptionChange
from billing.customers.models import Customer
from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.issuing.commands import bill
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.stage.conftest import AT, drain
from tests.stage.test_races import THREADS, at_once, billing

Kind = SubscriptionChange.Kind


@pytest.fixture
def seller(committed: None) -> Seller:
    return factories.seller()


@pytest.fixture
def customer(seller: Seller) -> Customer:
    return factories.customer(seller, grouping="per_day")


def contracts(customer: Customer, count: int) -> list[Subscription]:
    plan = factories.plan(customer.seller)
    return [factories.subscription(factories.contract(customer), plan) for _ in range(count)]


def end_day(seller: Seller) -> Event:
    """Append the event of the first of January."""
    seller.test_clock.today = date(2026, 1, 2)
    seller.test_clock.save()
    append_days_ended(seller, at=AT)
    return Event.objects.get(type="customer.day_ended", state="waiting")


def settle(seller: Seller) -> None:
    """Let two more days end, with all that waits."""
    for day in (3, 4):
        seller.test_clock.today = date(2026, 1, day)
        seller.test_clock.save()
        while Event.objects.filter(state="waiting").exists() or append_days_ended(seller, at=AT):
            drain()


class TestEndOfDay:
    def test_several_workers_end_a_day_once(self, seller: Seller, customer: Customer) -> None:
        contracts(customer, 3)
        factories.order(customer)
        drain()
        event = end_day(seller)

        at_once([billing(event)] * THREADS)

        # 3 x 30.00 + 99.00
        assert [invoice.net_minor for invoice in Invoice.objects.all()] == [18900]
        call_command("verify")

    def test_several_schedulers_end_a_day_once(self, seller: Seller, customer: Customer) -> None:
        factories.order(customer)
        drain()
        seller.test_clock.today = date(2026, 1, 2)
        seller.test_clock.save()

        at_once([lambda: append_days_ended(seller, at=AT)] * THREADS)

        assert Event.objects.filter(type="customer.day_ended").count() == 1

    def test_facts_that_arrive_meanwhile_are_charged_once(
        self, seller: Seller, customer: Customer
    ) -> None:
        subscriptions = contracts(customer, 4)
        drain()
        event = end_day(seller)

        at_once([billing(event), *[more(subscription) for subscription in subscriptions]])
        settle(seller)

        # 2 x 30.00 from the first day or the second on (60.00 - 1/31 of the one added)
        charged = sum(charge.amount_minor for charge in Charge.objects.all())
        assert 4 * (6000 - 97) <= charged <= 4 * 6000
        assert not Charge.objects.filter(invoice=None).exists()
        call_command("verify")

    def test_orders_that_arrive_meanwhile_are_collected_once(
        self, seller: Seller, customer: Customer
    ) -> None:
        factories.order(customer)
        drain()
        event = end_day(seller)

        at_once([billing(event), *[ordering(customer)] * 4])
        settle(seller)

        assert sum(invoice.net_minor for invoice in Invoice.objects.all()) == 5 * 9900
        call_command("verify")

    def test_the_facts_of_the_day_come_before_its_end(
        self, seller: Seller, customer: Customer
    ) -> None:
        (subscription,) = contracts(customer, 1)
        drain()
        factories.order(customer)
        request = ChangeRequest(kind=Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        change_subscription(subscription_id=subscription.id, request=request, at=AT)
        event = end_day(seller)

        (invoice,) = bill(event_id=event.id, at=AT, worker="test")

        # 2 x 30.00 + 99.00
        assert invoice.net_minor == 15900
        call_command("verify")


def more(subscription: Subscription) -> Callable[[], object]:
    """Double a subscription, and have the change billed."""

    def change() -> object:
        request = ChangeRequest(kind=Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        made = change_subscription(subscription_id=subscription.id, request=request, at=AT)
        event = Event.objects.get(payload__change_id=str(made.id))
        return bill(event_id=event.id, at=AT, worker="test")

    return change


def ordering(customer: Customer) -> Callable[[], object]:
    """Place an order, and have it billed."""

    def order() -> object:
        made = factories.order(customer)
        event = Event.objects.get(payload__order_id=str(made.id))
        return bill(event_id=event.id, at=AT, worker="test")

    return order
