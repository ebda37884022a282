"""Orders that wait are billed together: as one by one, the sellers in turn."""

from datetime import date
from decimal import Decimal

from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.customers.events import customer_day_ended
from billing.customers.models import Customer
from billing.events import log
from billing.events.models import Attempt, Event, Failure
from billing.sellers.models import Seller
from invoices.issuing.commands import bill, bill_facts
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.waiting import orders_in_turn
from tests import factories
from tests.stage.test_chunk import AT, outcome, seller, waiting
from tests.stage.test_races import at_once

__all__ = ["seller"]


def one_by_one() -> None:
    for event in waiting():
        bill(event_id=event.pk, at=AT, worker="test")


def together() -> None:
    """As if only the first message had come."""
    bill_facts(event_ids=[waiting()[0].pk], at=AT, worker="test")


def world(seller: Seller) -> None:
    """Orders of many kinds."""
    customer = factories.customer(seller)
    factories.money(customer, 150_00)
    thing = factories.product(seller)
    factories.price_of(of=thing, code="thing", text="Thing", unit_price=Decimal("7.35"))
    factories.exchange_rate()
    for given in ({}, {"purchase_order": "PO 1", "project_reference": "P"}, {"currency": "USD"}):
        factories.order(customer, **given)
    factories.order(customer, factories.line(product=thing, unit_price=None, tax_class="", text=""))
    gross, three = factories.line(tax_included=True), factories.line(quantity=Decimal(3))
    factories.order(customer, gross, three)
    austrian = factories.customer(seller, country="AT", kind="consumer", locale="en")
    factories.order(austrian, factories.line(supply="goods", tax_class="reduced"))
    taken_back = factories.line(unit_price=Decimal("-20"))  # A credit note.
    factories.order(factories.customer(seller), taken_back)
    factories.order(customer, factories.line(unit_price=Decimal(0)))
    collecting = [
        factories.customer(seller, **given)
        for given in ({"grouping": "per_day"}, {"grouping": "monthly"}, {"grouping": "monthly"})
    ]
    end_today(collecting[2])
    for each in collecting:
        factories.order(each, gross, three)
        factories.order(each, currency="USD")


def end_today(customer: Customer) -> None:
    """Have a customer's day end; what it orders since counts for the next one."""
    told = customer_day_ended(
        seller_id=customer.seller_id, customer_id=customer.pk, day=AT.date(), at=AT
    )
    with transaction.atomic():
        (event,) = log.append([told], at=AT)
    bill(event_id=event.pk, at=AT, worker="test")


class TestTheSame:
    def test_together_they_make_the_same_documents_to_the_byte(self, seller: Seller) -> None:
        world(seller)

        alone, joined = outcome(one_by_one), outcome(together)

        assert len(alone["hashes"]) == 7  # type: ignore[arg-type]
        assert joined == alone

    def test_what_they_wrote_is_proven(self, seller: Seller) -> None:
        world(seller)

        together()

        assert not Failure.objects.exists()
        call_command("verify")  # Exits with 1 if anything is wrong.

    def test_who_collects_is_billed_at_the_end_of_the_day(self, seller: Seller) -> None:
        factories.order(factories.customer(seller, grouping="per_day"))
        factories.order(factories.customer(seller))

        together()

        assert Invoice.objects.count() == 1
        assert Charge.objects.filter(invoice=None).count() == 1
        assert not Event.objects.filter(type="order.placed", state="waiting").exists()

    def test_their_number_costs_no_statements(self, seller: Seller) -> None:
        def statements(count: int) -> int:
            for _ in range(count):
                factories.order(factories.customer(seller))
            with CaptureQueriesContext(connection) as captured:
                together()
            return len(captured)

        statements(1)  # The first makes the number series.
        few = statements(2)

        assert statements(30) == few
        assert Invoice.objects.count() == 33


class TestFairness:
    def test_sellers_are_served_in_turn(self, db: None) -> None:
        many, few = factories.seller(), factories.seller()
        big, small = factories.customer(many), factories.customer(few)
        for _ in range(5):
            factories.order(big)
        factories.order(small)

        chosen = orders_in_turn(at_most=4)

        sellers = dict(Event.objects.values_list("pk", "seller_id"))
        assert [sellers[pk] for pk in chosen].count(few.pk) == 1
        assert len(chosen) == 4

    def test_anothers_order_is_taken_along(self, db: None) -> None:
        many, few = factories.seller(), factories.seller()
        factories.order(factories.customer(many))
        factories.order(factories.customer(few))
        first = Event.objects.get(seller=many, type="order.placed")

        bill_facts(event_ids=[first.pk], at=AT, worker="test")

        assert Invoice.objects.filter(seller=few).count() == 1

    def test_a_message_that_comes_behind_its_order_takes_others_along(self, db: None) -> None:
        seller = factories.seller()
        customer = factories.customer(seller)
        factories.order(customer)
        first = Event.objects.get(type="order.placed")
        bill_facts(event_ids=[first.pk], at=AT, worker="test")
        factories.order(customer)

        bill_facts(event_ids=[first.pk], at=AT, worker="test")

        assert Invoice.objects.count() == 2


class TestFailingAlone:
    def test_one_that_cannot_be_billed_fails_alone(self, seller: Seller) -> None:
        customer = factories.customer(seller)
        orders = [factories.order(customer, currency=each) for each in ("EUR", "USD", "EUR")]
        named = Event.objects.get(stream_id=orders[1].pk)

        bill_facts(event_ids=[named.pk], at=AT, worker="test")

        states = Event.objects.filter(type="order.placed").order_by("position")
        assert list(states.values_list("state", flat=True)) == ["handled", "failed", "handled"]

    def test_one_taken_along_fails_by_its_own_message(self, seller: Seller) -> None:
        customer = factories.customer(seller)
        for currency in ("EUR", "USD"):
            factories.order(customer, currency=currency)

        together()

        states = Event.objects.filter(type="order.placed").order_by("position")
        assert list(states.values_list("state", flat=True)) == ["handled", "waiting"]
        together()
        assert Failure.objects.get().code == "exchange_rate_missing"


class TestRaces:
    def test_many_workers_bill_each_order_once(self, committed: None) -> None:
        customers: list[Customer] = [factories.customer(factories.seller()) for _ in range(3)]
        for number in range(30):
            factories.order(customers[number % 3], ordered_on=date(2026, 1, 1))
        ids = [event.pk for event in waiting()]

        def worker(mine: list[object]) -> None:
            for event_id in mine:
                bill_facts(event_ids=[event_id], at=AT, worker="w")

        at_once([lambda mine=ids[start::4]: worker(mine) for start in range(4)])

        assert Invoice.objects.count() == 30
        assert Attempt.objects.filter(outcome="succeeded", task="issuing.bill").count() == 30
        with transaction.atomic():
            call_command("verify")
