"""Charges that are collected: one document for a customer's day, or for its month."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from billing.catalog.models import Plan, TaxRate
from billing.contracts.commands import append_days_ended, append_due, change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Subscription, SubscriptionChange
from billing.customers.commands import change_customer
from billing.customers.models import Customer
from billing.events import commands as events
from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from invoices.issuing.commands import write_off
from invoices.issuing.models import Charge, Invoice
from invoices.proving.queries.story import story
from tests import factories
from tests.stage.conftest import AT, drain, figures

Advance = Callable[[date], list[Invoice]]
Kind = SubscriptionChange.Kind


@pytest.fixture(autouse=True)
def proven(db: None) -> Any:
    """Whatever happened, the books are proven after it."""
    yield
    try:
        call_command("verify")
    except SystemExit:
        pytest.fail("The books are not proven.")


def daily(seller: Seller, **given: Any) -> Customer:
    return factories.customer(seller, grouping="per_day", **given)


def monthly(seller: Seller, day: int = 1, **given: Any) -> Customer:
    return factories.customer(seller, grouping="monthly", invoice_day=day, **given)


def started(customer: Customer, **price: Any) -> Subscription:
    """A subscription that pays 30.00 a month in advance."""
    plan = factories.plan(customer.seller, price=price)
    return factories.subscription(factories.contract(customer), plan)


def changed(subscription: Subscription, kind: Kind, **given: Any) -> None:
    request = ChangeRequest(kind=kind, **given)
    change_subscription(subscription_id=subscription.id, request=request, at=AT)


def nets(invoice: Invoice) -> list[int]:
    return list(invoice.lines.order_by("position").values_list("amount_minor", flat=True))


class TestDay:
    def test_nothing_is_issued_before_the_day_has_ended(self, seller: Seller) -> None:
        started(daily(seller))

        assert drain() == []
        assert not Charge.objects.exists()

    def test_two_upgrades_of_a_day_are_one_document(self, seller: Seller, advance: Advance) -> None:
        subscription = started(daily(seller))
        advance(date(2026, 1, 16))

        for quantity in (2, 3):
            changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(quantity))
        (invoice,) = advance(date(2026, 1, 17))

        # used 30.00 x 15/31 = 14.516 -> 14.52, credit 15.48; 90.00 x 16/31 = 46.4516 -> 46.45
        assert (str(invoice.issue_date), nets(invoice)) == ("2026-01-16", [-1548, 4645])
        assert invoice.contract == subscription.contract

    def test_facts_that_cancel_out_leave_nothing(self, seller: Seller, advance: Advance) -> None:
        subscription = started(daily(seller))
        advance(date(2026, 1, 16))

        for quantity in (2, 1):
            changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(quantity))

        assert advance(date(2026, 1, 31)) == []

    def test_order_and_subscription_share_an_invoice(
        self, seller: Seller, advance: Advance
    ) -> None:
        customer = daily(seller)
        started(customer)
        factories.order(customer)

        (invoice,) = advance(date(2026, 1, 2))

        # 99.00 + 30.00; x 19 % = 24.51
        assert figures([invoice]) == [("2026-01-01", 12900, 2451, 15351)]
        assert invoice.contract is None

    def test_contracts_of_a_customer_share_an_invoice(
        self, seller: Seller, advance: Advance
    ) -> None:
        customer = daily(seller)
        started(customer)
        started(customer)

        (invoice,) = advance(date(2026, 1, 2))

        assert (nets(invoice), invoice.contract) == ([3000, 3000], None)

    def test_each_currency_has_its_document(self, seller: Seller, advance: Advance) -> None:
        customer = daily(seller)
        factories.exchange_rate("USD")
        for currency in ("EUR", "USD", "EUR"):
            factories.order(customer, currency=currency)

        issued = advance(date(2026, 1, 2))

        assert [(invoice.currency, nets(invoice)) for invoice in issued] == [
            ("EUR", [9900, 9900]), ("USD", [9900]),
        ]  # fmt: skip

    def test_the_net_of_gross_prices_is_that_of_the_document(
        self, seller: Seller, advance: Advance
    ) -> None:
        customer = daily(seller)
        for _ in range(3):
            factories.order(customer, factories.line(unit_price=Decimal("0.10"), tax_included=True))

        (invoice,) = advance(date(2026, 1, 2))

        # 0.30 / 1.19 = 0.2521 -> 0.25, not 3 x 0.08
        assert figures([invoice]) == [("2026-01-01", 25, 5, 30)]
        assert sorted(nets(invoice)) == [8, 8, 9]

    def test_a_credit_names_what_it_corrects(self, seller: Seller, advance: Advance) -> None:
        subscription = started(daily(seller))
        (first,) = advance(date(2026, 1, 16))

        changed(subscription, Kind.CANCEL)
        (note,) = advance(date(2026, 1, 17))

        assert (note.kind, note.net_minor) == ("credit_note", -1548)
        assert note.corrects == [{"number": first.number, "issue_date": "2026-01-01"}]

    def test_the_parties_of_the_document_decide_its_taxes(
        self, seller: Seller, advance: Advance
    ) -> None:
        customer = monthly(seller, day=31, country="FR")
        factories.order(customer)
        advance(date(2026, 1, 20))

        change_customer(customer_id=customer.id, details={"vat_id": "FR40303265045"}, at=AT)
        (invoice,) = advance(date(2026, 2, 2))

        assert [tax["category"] for tax in invoice.taxes] == ["AE"]


class TestMonth:
    def test_a_month_is_one_invoice(self, seller: Seller, advance: Advance) -> None:
        customer = monthly(seller)
        advance(date(2026, 1, 2))
        started(customer)
        advance(date(2026, 1, 20))
        factories.order(customer)

        (invoice,) = advance(date(2026, 2, 15))

        assert (str(invoice.issue_date), nets(invoice)) == ("2026-02-01", [3000, 9900])

    def test_what_is_due_on_the_invoice_day_comes_with_it(
        self, seller: Seller, advance: Advance
    ) -> None:
        started(monthly(seller))

        issued = advance(date(2026, 3, 2))

        assert [str(invoice.issue_date) for invoice in issued] == [
            "2026-01-01", "2026-02-01", "2026-03-01",
        ]  # fmt: skip

    def test_the_last_day_of_any_month(self, seller: Seller, advance: Advance) -> None:
        started(monthly(seller, day=31))

        issued = advance(date(2026, 3, 15))

        assert [(str(invoice.issue_date), nets(invoice)) for invoice in issued] == [
            ("2026-01-31", [3000]), ("2026-02-28", [3000]),
        ]  # fmt: skip

    def test_charge_and_credit_of_a_month_meet(self, seller: Seller, advance: Advance) -> None:
        subscription = started(monthly(seller, day=31))
        advance(date(2026, 1, 16))

        changed(subscription, Kind.CANCEL)
        (invoice,) = advance(date(2026, 2, 1))

        assert (invoice.kind, nets(invoice), invoice.corrects) == ("invoice", [3000, -1548], [])


class TestChangeOfGrouping:
    @pytest.fixture
    def customer(self, seller: Seller, advance: Advance) -> Customer:
        """A customer of whom an order waits since five days."""
        customer = monthly(seller, day=31)
        factories.order(customer)
        advance(date(2026, 1, 6))
        return customer

    @pytest.mark.parametrize(
        ("grouping", "ends_on"), [("per_event", date(2026, 1, 6)), ("per_day", date(2026, 1, 7))]
    )
    def test_what_waits_goes_by_the_new_one(
        self, customer: Customer, advance: Advance, grouping: str, ends_on: date
    ) -> None:
        change_customer(customer_id=customer.id, details={"grouping": grouping}, at=AT)
        (invoice,) = advance(ends_on)

        assert figures([invoice]) == [("2026-01-06", 9900, 1881, 11781)]

    def test_another_invoice_day(self, customer: Customer, advance: Advance) -> None:
        change_customer(customer_id=customer.id, details={"invoice_day": 10}, at=AT)

        assert [str(invoice.issue_date) for invoice in advance(date(2026, 1, 12))] == ["2026-01-10"]

    def test_a_day_begun_by_the_event_ends_as_one(self, seller: Seller, advance: Advance) -> None:
        customer = factories.customer(seller)
        subscription = started(customer)
        drain()
        change_customer(customer_id=customer.id, details={"grouping": "per_day"}, at=AT)
        changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(2))

        # - 30.00 + 60.00
        assert [invoice.net_minor for invoice in advance(date(2026, 1, 2))] == [3000]

    def test_a_day_begun_as_one_ends_by_the_event(self, seller: Seller, advance: Advance) -> None:
        customer = daily(seller)
        started(customer)
        factories.order(customer)
        drain()
        change_customer(customer_id=customer.id, details={"grouping": "per_event"}, at=AT)

        append_due(seller, at=AT)
        append_days_ended(seller, at=AT)

        assert sorted(invoice.net_minor for invoice in drain()) == [3000, 9900]


class TestCatchingUp:
    def test_each_missed_day_has_its_document(self, seller: Seller) -> None:
        customer = daily(seller)
        subscription = started(customer)
        for day in (1, 2, 3):
            live_on(seller, date(2026, 1, day))
            factories.order(customer, factories.line(unit_price=Decimal(day)))
        changed(subscription, Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        live_on(seller, date(2026, 1, 10))

        issued = run(seller)

        # 30.00 and 1.00; 2.00; 3.00, and - 30.00 + 2/31 used 1.94, 60.00 x 29/31 = 56.13
        assert [sorted(nets(invoice)) for invoice in issued] == [
            [100, 3000], [200], [-2806, 300, 5613],
        ]  # fmt: skip

    def test_the_latest_day_first_comes_last(self, seller: Seller) -> None:
        customer = daily(seller)
        started(customer)
        drain()
        live_on(seller, date(2026, 3, 10))
        factories.order(customer)
        drain()
        live_on(seller, date(2026, 3, 11))

        issued = run(seller)

        starts = [line.starts_on.month for invoice in issued for line in invoice.lines.all()]
        assert starts == [1, 2, 3, 3]

    def test_a_fact_after_the_end_of_its_day_comes_with_the_next(self, seller: Seller) -> None:
        seller = factories.seller(clock=None, is_test=False)
        customer = daily(seller)
        late = datetime(2026, 1, 1, 22, 30, tzinfo=UTC)  # 23:30 in Berlin.
        factories.order(customer, at=AT)
        drain()
        append_days_ended(seller, at=late)
        drain()

        factories.order(customer, at=late)
        drain()
        customer.refresh_from_db()

        assert Invoice.objects.count() == 1
        assert customer.next_collection_date == date(2026, 1, 2)
        append_days_ended(seller, at=datetime(2026, 1, 3, 9, 0, tzinfo=UTC))
        drain()

    def test_a_day_ends_in_its_last_hour(self, seller: Seller) -> None:
        seller = factories.seller(clock=None, is_test=False)
        factories.order(daily(seller), at=AT)
        drain()

        assert append_days_ended(seller, at=datetime(2026, 1, 1, 21, 59, tzinfo=UTC)) == 0
        assert append_days_ended(seller, at=datetime(2026, 1, 1, 22, 0, tzinfo=UTC)) == 1
        drain()


def live_on(seller: Seller, day: date) -> None:
    """Let it be another day, as after an outage of the scheduler."""
    seller.test_clock.today = day
    seller.test_clock.save()


def run(seller: Seller) -> list[Invoice]:
    """Handle what waits, and what the scheduler finds due."""
    issued: list[Invoice] = []
    while Event.objects.filter(state="waiting").exists() or append_days_ended(seller, at=AT):
        issued += drain()
    return issued


class TestFailing:
    def test_a_fact_fails_with_its_own_event(self, seller: Seller, advance: Advance) -> None:
        customer = daily(seller)
        started(customer)
        plan = factories.plan(seller, price={"currency": "USD"})
        factories.unpriced_subscription(factories.contract(customer), plan)

        issued = advance(date(2026, 1, 2))

        (failure,) = Failure.objects.all()
        assert (failure.code, failure.event.type) == ("price_missing", "subscription.changed")
        assert [invoice.net_minor for invoice in issued] == [3000]
        mend(plan, failure)
        assert [invoice.net_minor for invoice in advance(date(2026, 1, 3))] == [3000]

    def test_a_contract_fails_alone_at_the_end_of_the_day(
        self, seller: Seller, advance: Advance
    ) -> None:
        customer = daily(seller)
        started(customer)
        odd = factories.plan(seller, price={"tax_class": "reduced"})
        factories.subscription(factories.contract(customer), odd)
        advance(date(2026, 1, 31))
        with forgotten_rate("reduced"):
            issued = advance(date(2026, 2, 2))
            (failure,) = Failure.objects.filter(state="open")

        assert (failure.code, failure.event.type) == ("tax_data_missing", "period.ended")
        assert [invoice.net_minor for invoice in issued] == [3000]
        events.retry(failure_ids=[failure.id], by="test", at=AT)
        assert [invoice.net_minor for invoice in advance(date(2026, 2, 4))] == [3000]

    def test_a_day_that_is_written_off_is_passed_over(
        self, seller: Seller, advance: Advance
    ) -> None:
        customer = monthly(seller)
        factories.order(customer)
        drain()
        Seller.objects.filter(pk=seller.pk).update(street="")
        advance(date(2026, 1, 3))
        Seller.objects.filter(pk=seller.pk).update(street="Torstraße 1")
        (failure,) = Failure.objects.all()

        write_off(failure_ids=[failure.id], by="test", at=AT, why="too late")

        assert [str(each.issue_date) for each in advance(date(2026, 2, 3))] == ["2026-02-01"]


def mend(plan: Plan, failure: Failure) -> None:
    """Add what was missing, and retry."""
    factories.price_of(plan, currency="EUR")
    events.retry(failure_ids=[failure.id], by="test", at=AT)


@contextmanager
def forgotten_rate(tax_class: str) -> Iterator[None]:
    """As if the rates of Germany for a class weren't recorded."""
    rates = TaxRate.objects.filter(country="DE", tax_class=tax_class)
    kept = list(rates.values())
    with past_triggers():
        rates.delete()
    yield
    TaxRate.objects.bulk_create([TaxRate(**values) for values in kept])


@contextmanager
def past_triggers() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")


class TestStory:
    def test_an_order_leads_to_the_invoice_that_collects_it(
        self, seller: Seller, advance: Advance
    ) -> None:
        order = factories.order(monthly(seller, day=31))
        (invoice,) = advance(date(2026, 2, 1))

        told = story(Event.objects.get(payload__order_id=str(order.id)).id)

        assert told is not None
        kinds = {entry.kind: entry for entry in told.entries}
        assert kinds["charge"].title.endswith(f"collected on {invoice.number}")
        assert kinds["invoice"].ids["invoice"] == str(invoice.id)
