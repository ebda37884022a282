"""The story of a transaction: everything that one fact set off, in order."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.events import commands as events
from billing.events.models import Event, Failure
from billing.orders.models import Order
from billing.sellers.models import Seller
from invoices.issuing.models import Charge, Invoice
from invoices.proving.queries.resolve import Ambiguous, resolve
from invoices.proving.queries.story import story
from tests import factories
from tests.proving.conftest import advance
from tests.stage.conftest import AT, drain


@pytest.fixture
def order(seller: Seller) -> Order:
    """An order, billed."""
    order = factories.order(factories.customer(seller, name="Weber KG"), external_id="O-1")
    drain()
    return order


def kinds_of(event: Event) -> list[str]:
    told = story(event.transaction_id)
    assert told is not None
    return [entry.kind for entry in told.entries]


class TestStory:
    def test_an_order_is_told_from_the_fact_to_the_invoice(self, order: Order) -> None:
        event = Event.objects.get(stream_id=order.id)

        told = story(event.id, seller_id=order.seller_id)

        assert told is not None
        assert [entry.kind for entry in told.entries] == [
            "order", "event", "charge", "invoice", "follow_up", "attempt",
        ]  # fmt: skip
        placed, _, charge, invoice, _, attempt = told.entries
        assert placed.title == "Weber KG placed order O-1"
        assert charge.details["net"] == {"amount": "99.00", "currency": "EUR"}
        assert invoice.title.startswith("Invoice R2026-000001 issued: 117.81 EUR gross")
        assert invoice.details["hash"] == Invoice.objects.get().hash
        assert attempt.details["outcome"] == "succeeded"

    def test_a_failure_is_told_with_what_became_of_it(self, seller: Seller) -> None:
        contract = factories.contract(factories.customer(seller), currency="USD")
        factories.unpriced_subscription(contract, factories.plan(seller), external_id="S-1")
        drain()
        later = AT + timedelta(hours=2)
        events.write_off(failure_ids=[Failure.objects.get().id], by="bob", at=later, why="A test")

        told = story(Event.objects.get().id)

        assert told is not None
        assert [entry.kind for entry in told.entries] == [
            "change", "event", "attempt", "failure", "failure_closed",
        ]  # fmt: skip
        assert told.entries[-1].title == "Failure written off by bob: A test"
        assert told.entries[3].details["code"] == "price_missing"

    def test_a_period_names_its_contract(self, seller: Seller) -> None:
        contract = factories.contract(factories.customer(seller), external_id="C-9")
        factories.subscription(contract, factories.plan(seller))
        advance(seller, date(2026, 2, 1))
        event = Event.objects.get(type="period.ended")

        told = story(event.id)

        assert told is not None
        assert "contract C-9 came due on 2026-02-01: handled" in told.entries[0].title
        assert kinds_of(event) == ["event", "charge", "invoice", "follow_up", "attempt"]

    def test_when_it_was_sent_is_told(self, order: Order) -> None:
        Event.objects.filter(stream_id=order.id).update(published_at=AT, sends=2)

        assert "sent" in kinds_of(Event.objects.get(stream_id=order.id))

    def test_another_seller_hears_nothing(self, order: Order) -> None:
        event = Event.objects.get(stream_id=order.id)

        assert story(event.id, seller_id=factories.seller().id) is None
        assert story(uuid4()) is None

    def test_the_number_of_queries_does_not_grow(self, seller: Seller) -> None:
        def queries(lines: int) -> int:
            items = [factories.line(text=f"Item {n}") for n in range(lines)]
            order = factories.order(factories.customer(seller), *items)
            drain()
            event = Event.objects.get(stream_id=order.id)
            with CaptureQueriesContext(connection) as captured:
                told = story(event.id)
            assert told is not None
            assert len(told.entries) == lines + 5
            return len(captured)

        assert queries(1) == queries(30) <= 13


class TestResolve:
    def test_any_id_of_the_story_leads_to_it(self, order: Order) -> None:
        event = Event.objects.get(stream_id=order.id)
        follow_up = Event.objects.get(type="invoice.issued")
        named = [
            event.id, follow_up.id, order.id, Invoice.objects.get().id, Charge.objects.get().id,
            "R2026-000001", "O-1",
        ]  # fmt: skip

        assert {resolve(str(name)) for name in named} == {event.transaction_id}

    def test_a_change_leads_to_its_story(self, seller: Seller) -> None:
        contract = factories.contract(factories.customer(seller))
        subscription = factories.subscription(contract, factories.plan(seller))
        change = subscription.changes.get()

        assert resolve(str(change.id)) == Event.objects.get().transaction_id

    @pytest.mark.parametrize("name", ["", "R-1", "\0", "\udcff", str(uuid4()), "x" * 5000])
    def test_what_is_not_there_leads_nowhere(self, order: Order, name: str) -> None:
        assert resolve(name) is None

    def test_a_number_that_two_sellers_use_needs_the_seller(self, order: Order) -> None:
        other = factories.seller(name="Beta AG")
        factories.order(factories.customer(other))
        drain()

        with pytest.raises(Ambiguous, match="Beta AG"):
            resolve("R2026-000001")
        assert resolve("R2026-000001", seller_id=other.id) != resolve(
            "R2026-000001", seller_id=order.seller_id
        )

    def test_another_sellers_id_leads_nowhere(self, order: Order) -> None:
        other = factories.seller()

        assert resolve(str(order.id), seller_id=other.id) is None


class TestTrace:
    def test_it_prints_the_story(self, order: Order) -> None:
        out = StringIO()

        call_command("trace", "R2026-000001", stdout=out)

        assert "Weber KG placed order O-1" in out.getvalue()
        assert "gross: 117.81 EUR" in out.getvalue()
        assert "- text Training, quantity 1, unit price 99" in out.getvalue()

    def test_its_json_can_be_read_by_programs(self, order: Order) -> None:
        out = StringIO()

        call_command("trace", "O-1", json=True, stdout=out)

        told = json.loads(out.getvalue())
        assert told["seller_id"] == str(order.seller_id)
        assert told["entries"][0]["kind"] == "order"

    def test_it_refuses_what_is_not_there(self, order: Order) -> None:
        with pytest.raises(CommandError, match="Nothing is known of 'R-1'"):
            call_command("trace", "R-1")

    def test_it_refuses_a_number_of_two_sellers(self, order: Order) -> None:
        factories.order(factories.customer(factories.seller(name="Beta AG")))
        drain()

        with pytest.raises(CommandError, match="several sellers"):
            call_command("trace", "R2026-000001")
        call_command("trace", "R2026-000001", seller="Beta AG", stdout=StringIO())

    def test_quantities_of_any_size_are_told_plainly(self, seller: Seller) -> None:
        factories.order(factories.customer(seller), factories.line(quantity=Decimal(1000)))
        out = StringIO()

        call_command("trace", str(Order.objects.get().id), stdout=out)

        assert "quantity 1000," in out.getvalue()
