"""Days of customers, ended as a chunk: as one by one, in few statements, each for itself."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.contracts.commands import append_days_ended, append_due, change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Subscription, SubscriptionChange
from billing.customers.commands import change_customer
from billing.customers.models import Customer
from billing.events.models import Attempt, Event, Failure
from billing.sellers.models import Seller, TestClock
from billing.usage.commands import record_usage
from invoices.issuing.commands import bill, bill_due, bill_facts, days
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.stage.test_chunk import outcome, waiting
from tests.stage.test_races import at_once

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
THEN = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)  # When the days are billed; it's the clock's day.
Kind = SubscriptionChange.Kind


@pytest.fixture
def seller(db: None) -> Seller:
    factories.exchange_rate("USD")
    return factories.seller()


def alone(at: datetime = THEN) -> None:
    while due := waiting():
        for event in sorted(due, key=lambda event: (event.as_of_date, event.position)):
            bill(event_id=event.pk, at=at, worker="test")


def together(at: datetime = THEN) -> int:
    """As messages of the bulk do; return how many were billed together."""
    count = 0
    while due := waiting():
        count += bill_due(event_ids=[event.pk for event in due], at=at, worker="test")
    return count


def ended() -> int:
    """How many days of customers were ended when the days are billed."""
    told = Attempt.objects.filter(started_at=THEN, event__type="customer.day_ended")
    return told.count()


def facts() -> None:
    """Bill what no day of a customer is."""
    for event in waiting():
        if event.type not in ("customer.day_ended", "period.ended"):
            bill(event_id=event.pk, at=AT, worker="test")


def come(seller: Seller, day: date) -> None:
    """Have a day come, with what is due on it, and the days that have ended before."""
    TestClock.objects.filter(seller=seller).update(today=day)
    append_due(seller, at=AT)
    append_days_ended(seller, at=AT)


def collected(seller: Seller, **given: Any) -> Customer:
    return factories.customer(seller, **{"grouping": "per_day", **given})


def started(customer: Customer, *, currency: str = "EUR", **price: Any) -> Subscription:
    plan = factories.plan(customer.seller, price={"currency": currency, **price})
    return factories.subscription(factories.contract(customer, currency=currency), plan)


def changed(subscription: Subscription, kind: Kind, **given: Any) -> None:
    request = ChangeRequest(kind=kind, **given)
    change_subscription(subscription_id=subscription.pk, request=request, at=AT)


def with_usage(customer: Customer) -> None:
    """A contract by usage with a minimum commitment, of which something was used."""
    meter = factories.meter(customer.seller, code="calls")
    price = {"kind": "usage", "timing": "arrears", "model": "per_unit", "meter": meter}
    plan = factories.plan(customer.seller, price=price, minimum_commitment=Decimal(50))
    used = factories.subscription(factories.contract(customer), plan)
    sent = factories.usage(subscription=str(used.pk), value=Decimal("1.5"), at=AT)
    assert record_usage(seller=customer.seller, records=[sent], at=AT).accepted == 1


def ordered(customer: Customer) -> None:
    """Orders at net and gross prices, in two currencies, and one for nothing."""
    gross = factories.line(unit_price=Decimal("0.10"), tax_included=True)
    for lines, given in (
        ((gross, gross), {"purchase_order": "PO 1"}),
        ((factories.line(),), {"currency": "USD", "project_reference": "P"}),
        ((gross,), {"purchase_order": "PO 2"}),
        ((factories.line(unit_price=Decimal(0)),), {}),
    ):
        factories.order(customer, *lines, **given)


def world(seller: Seller) -> list[Subscription]:
    """Customers of many kinds whose first day has ended; return what some subscribe to."""
    several, rich, monthly, later, foreign, other = (
        collected(seller, **given)
        for given in (
            {},
            {},
            {"grouping": "monthly"},
            {"grouping": "monthly", "invoice_day": 31},
            {"country": "AT", "kind": "consumer", "locale": "en"},
            {"country": "FR", "vat_id": "FR40303265045"},
        )
    )
    made = [started(customer) for customer in (several, several, rich, monthly, later, foreign)]
    made += [started(several, currency="USD"), started(other, tax_included=True)]
    factories.money(rich, 150_00)
    factories.money(rich, 10_00, currency="USD")
    for customer in (several, rich, monthly, later, foreign):
        ordered(customer)
    with_usage(several)
    later_too, left_over = collected(seller, grouping="monthly", invoice_day=15), collected(seller)
    for customer in (later_too, left_over):
        factories.order(customer)
    facts()
    change_customer(customer_id=left_over.pk, details={"grouping": "per_event"}, at=AT)
    come(seller, date(2026, 1, 2))
    return made


def a_month_later(seller: Seller) -> None:
    """The same customers after changes and credits in January, on the turn of their periods."""
    first, second, third, fourth, fifth, *_ = world(seller)
    together(AT)
    come(seller, date(2026, 1, 16))
    together(AT)
    for one, kind, given in (
        (first, Kind.CHANGE_QUANTITY, {"quantity": Decimal(3)}),
        (second, Kind.CANCEL, {}),
        (third, Kind.CANCEL, {}),  # A credit note alone.
        (fourth, Kind.CHANGE_QUANTITY, {"quantity": Decimal(2)}),
        (fifth, Kind.CANCEL, {}),
    ):
        changed(one, kind, **given)
    facts()
    come(seller, date(2026, 2, 2))


class TestTheSame:
    @pytest.mark.parametrize("lived", [world, a_month_later])
    def test_a_chunk_makes_the_same_documents_to_the_byte(
        self, seller: Seller, lived: Callable[[Seller], object]
    ) -> None:
        for day in (2, 16):
            factories.exchange_rate("USD", day=date(2026, 1, day))
        factories.exchange_rate("USD", day=date(2026, 2, 1))
        lived(seller)

        one_by_one, chunk = outcome(alone), outcome(together)

        assert chunk == one_by_one
        assert one_by_one["failures"] == 0
        assert len(one_by_one["hashes"]) >= 8  # type: ignore[arg-type]
        assert together() == ended()  # None was left alone.
        call_command("verify")  # Exits with 1 if anything is wrong.

    def test_late_days_with_facts_recorded_since(self, seller: Seller) -> None:
        first, *_ = world(seller)
        come(seller, date(2026, 1, 3))
        factories.order(first.contract.customer)
        changed(first, Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        for event in waiting():
            if event.type in ("subscription.changed", "order.placed"):
                bill(event_id=event.pk, at=AT, worker="test")
        come(seller, date(2026, 1, 6))

        one_by_one, chunk = outcome(alone), outcome(together)

        assert chunk == one_by_one
        assert together() == 8  # Seven customers of the first day, one of another too.
        call_command("verify")

    def test_so_much_that_a_chunk_is_halved(
        self, seller: Seller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world(seller)
        whole = outcome(together)

        monkeypatch.setattr(days, "COLLECTED_AT_MOST", 6)

        assert outcome(together) == whole

    def test_twice_is_once(self, seller: Seller) -> None:
        started(collected(seller))
        facts()
        come(seller, date(2026, 1, 2))
        ids = [event.pk for event in waiting()]

        counts = [bill_due(event_ids=ids, at=AT, worker="test") for _ in range(2)]

        assert counts == [1, 0]
        assert Invoice.objects.count() == 1


class TestLeftAlone:
    def test_facts_that_wait_come_first(self, seller: Seller) -> None:
        ahead, plain = collected(seller), collected(seller)
        for customer in (ahead, plain):
            started(customer)
        facts()
        factories.order(ahead)
        come(seller, date(2026, 1, 2))
        due = [event.pk for event in waiting() if event.type == "customer.day_ended"]

        assert bill_due(event_ids=due, at=AT, worker="test") == 1

        # 30.00 + 99.00
        assert {one.customer_id: one.net_minor for one in Invoice.objects.all()} == {
            ahead.pk: 12900, plain.pk: 3000,
        }  # fmt: skip

    def test_a_contract_that_is_refused_fails_alone(self, seller: Seller) -> None:
        customers = [collected(seller) for _ in range(3)]
        for customer in customers:
            started(customer)
        started(customers[2], currency="USD")
        facts()
        come(seller, date(2026, 1, 2))
        together(AT)
        come(seller, date(2026, 2, 2))  # Of February no rate is known.
        due = waiting()

        one_by_one = outcome(alone)
        assert bill_due(event_ids=[event.pk for event in due], at=AT, worker="test") == 2

        failure = Failure.objects.get()
        assert (failure.code, failure.event.type) == ("exchange_rate_missing", "period.ended")
        collected_then = Invoice.objects.filter(lines__starts_on=date(2026, 2, 1)).distinct()
        assert collected_then.count() == 3
        assert one_by_one["failures"] == 1

    def test_what_the_database_refuses_fails_alone(self, seller: Seller) -> None:
        for _ in range(3):
            started(collected(seller))
        facts()
        come(seller, date(2026, 1, 2))
        due = waiting()
        Attempt.objects.create(
            event=due[1], seller=seller, task="issuing.bill_due", worker="ghost",
            started_at=AT, ended_at=AT, outcome="succeeded",
        )  # fmt: skip

        assert together() == 2

        states = Event.objects.filter(type="customer.day_ended").order_by("position")
        assert list(states.values_list("state", flat=True)) == ["handled", "failed", "handled"]
        assert Invoice.objects.count() == 2


class TestStatements:
    def lived(self, seller: Seller, count: int) -> None:
        """Customers with a contract and two orders each."""
        plan = factories.plan(seller)
        for _ in range(count):
            customer = collected(seller)
            factories.subscription(factories.contract(customer), plan)
            for _ in range(2):
                factories.order(customer)

    def orders(self) -> list[Event]:
        return [event for event in waiting() if event.type == "order.placed"]

    def statements(self, billing: Callable[..., Any], events: Iterable[Event]) -> int:
        ids = [event.pk for event in events]
        with CaptureQueriesContext(connection) as captured:
            billing(event_ids=ids, at=AT, worker="test")
        return len(captured)

    def test_their_number_does_not_grow_with_the_chunk(self, db: None) -> None:
        of_orders, of_days = [], []
        for count in (2, 25):
            seller = factories.seller()
            self.lived(seller, count)
            of_orders.append(self.statements(bill_facts, self.orders()))
            assert Charge.objects.filter(seller=seller, invoice=None).count() == 2 * count
            facts()
            come(seller, date(2026, 1, 2))
            of_days.append(self.statements(bill_due, waiting()))
            assert Invoice.objects.filter(seller=seller).count() == count

        assert of_orders[0] == of_orders[1] < 25
        assert of_days[0] == of_days[1] < 60


def more(subscription: Subscription) -> Callable[[], object]:
    """Double a subscription, and have the change billed."""

    def change() -> object:
        changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        told = Event.objects.filter(stream_id=subscription.contract_id).latest("position")
        return bill_facts(event_ids=[told.pk], at=AT, worker="w")

    return change


class TestRaces:
    def test_changes_that_arrive_meanwhile_are_charged_once(self, committed: None) -> None:
        seller = factories.seller()
        made = [started(collected(seller)) for _ in range(6)]
        facts()
        come(seller, date(2026, 1, 2))
        ids = [event.pk for event in waiting()]

        at_once(
            [lambda mine=mine: bill_due(event_ids=mine, at=AT, worker="w")
             for mine in (ids, ids[::-1])]
            + [more(subscription) for subscription in made[:4]]
        )  # fmt: skip
        come(seller, date(2026, 1, 3))
        together()

        # 2 x 30.00 from the first day or the second on (60.00 - 1/31 of the one added)
        charged = sum(Charge.objects.exclude(invoice=None).values_list("amount_minor", flat=True))
        assert 4 * (6000 - 97) + 2 * 3000 <= charged <= 4 * 6000 + 2 * 3000
        assert not Charge.objects.filter(invoice=None).exists()
        assert not Failure.objects.exists()
        call_command("verify")

    def test_workers_on_the_same_chunk_end_each_day_once(self, committed: None) -> None:
        seller = factories.seller()
        customers = [collected(seller) for _ in range(8)]
        for customer in customers:
            started(customer)
            factories.order(customer)
        facts()
        come(seller, date(2026, 1, 2))
        ids = [event.pk for event in waiting()]
        for customer in customers:
            factories.order(customer)
        later = [event.pk for event in waiting() if event.type == "order.placed"]

        at_once(
            [lambda mine=mine: bill_due(event_ids=mine, at=AT, worker="w")
             for mine in (ids, ids[::-1], ids[:4])]
            + [lambda mine=mine: bill_facts(event_ids=mine, at=AT, worker="w")
               for mine in (later, later[::-1])]
        )  # fmt: skip
        come(seller, date(2026, 1, 3))
        together()

        # 30.00 + 2 x 99.00
        charged = Charge.objects.exclude(invoice=None).values_list("amount_minor", flat=True)
        assert sum(charged) == 8 * (3000 + 2 * 9900)
        assert not Failure.objects.exists()
        call_command("verify")
