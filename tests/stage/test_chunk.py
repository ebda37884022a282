"""Contracts that are due, billed as a chunk: as one by one, in few statements, each for itself."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.catalog.models import Plan
from billing.contracts.commands import append_due, change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.customers.models import Customer
from billing.events.models import Attempt, Event, Failure
from billing.pricing.terms import Discount
from billing.sellers.models import Seller, TestClock
from billing.usage.commands import record_usage
from invoices.balances.models import BalanceMovement
from invoices.issuing.commands import bill, bill_due
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.content import canonical, content
from tests import factories
from tests.stage.test_races import at_once

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
THEN = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
Kind = SubscriptionChange.Kind
Billing = Callable[[], object]


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


def waiting() -> list[Event]:
    due = Event.objects.filter(state="waiting").exclude(type="invoice.issued")
    return list(due.order_by("position"))


def one_by_one(at: datetime = THEN) -> None:
    for event in waiting():
        bill(event_id=event.pk, at=at, worker="test")


def together() -> None:
    bill_due(event_ids=[event.pk for event in waiting()], at=THEN, worker="test")


def started(seller: Seller, plan: Plan, *, of: dict[str, Any] | None = None) -> Subscription:
    contract = factories.contract(factories.customer(seller, **(of or {})))
    return factories.subscription(contract, plan)


def come(seller: Seller, day: date) -> None:
    """Have a day come, and what is due on it."""
    TestClock.objects.filter(seller=seller).update(today=day)
    append_due(seller, at=THEN)


def make_due(seller: Seller) -> None:
    """Bill the starts, and have the contracts due a month later."""
    one_by_one(AT)
    come(seller, THEN.date())


def plans_of(seller: Seller) -> list[Plan]:
    """A flat one, one by seats with a price in arrears, a gross one, one by usage."""
    seats = factories.plan(seller)
    factories.price_of(seats, code="setup", text="Arrears", timing="arrears")
    tiers = [{"up_to": "10", "unit_price": "0"}, {"up_to": None, "unit_price": "0.123"}]
    used = factories.plan(seller, price={
        "code": "calls", "kind": "usage", "timing": "arrears", "model": "graduated",
        "meter": factories.meter(seller, code="calls"), "tiers": tiers,
    })  # fmt: skip
    return [
        factories.plan(seller, price={"model": "flat"}),
        seats,
        factories.plan(seller, price={"tax_included": True, "unit_price": Decimal("11.99")}),
        used,
    ]


def parties_and_money(seller: Seller, flat: Plan, seats: Plan) -> None:
    """Customers abroad, and ones with a balance; one in another currency."""
    started(seller, seats, of={"country": "AT", "kind": "consumer", "locale": "en"})
    started(seller, seats, of={"country": "FR", "vat_id": "FR40303265045"})
    factories.money(started(seller, flat).contract.customer, 10_00)
    rich = started(seller, flat).contract.customer
    factories.subscription(factories.contract(rich, purchase_order="PO 7", payment_days=3), seats)
    factories.money(rich, 50_00)
    foreign = factories.plan(seller, price={"currency": "USD"})
    factories.subscription(factories.contract(factories.customer(seller), currency="USD"), foreign)
    for day in (AT.date(), THEN.date()):
        factories.exchange_rate(day=day)


def world(seller: Seller) -> None:
    """Contracts of many kinds, all due on 1 February."""
    flat, seats, gross, used = plans_of(seller)
    changed, fewer, reduced, _, used_twice = (
        started(seller, plan) for plan in (seats, seats, flat, gross, used)
    )
    factories.subscription(used_twice.contract, flat, external_id="flat too")
    parties_and_money(seller, flat, seats)
    one_by_one(AT)
    later = datetime(2026, 1, 20, 9, 0, tzinfo=UTC)
    come(seller, later.date())
    discount = Discount(percent=Decimal(50), amount=None, periods=1, price_codes=None)
    for subscription, request in (
        (changed, ChangeRequest(kind=Kind.CHANGE_QUANTITY, quantity=Decimal(3))),
        (fewer, ChangeRequest(kind=Kind.CANCEL, on=date(2026, 2, 1))),
        (reduced, ChangeRequest(kind=Kind.DISCOUNT, discount=discount, on=date(2026, 2, 1))),
    ):
        change_subscription(subscription_id=subscription.pk, request=request, at=later)
    sent = factories.usage(subscription=str(used_twice.pk), value=Decimal(47), at=later)
    assert record_usage(seller=seller, records=[sent], at=later).accepted == 1
    one_by_one(later)
    come(seller, THEN.date())


def state() -> dict[str, object]:
    """All that billing leaves, with the ids that it gives told in the order they are given."""
    invoices = Invoice.objects.select_related("seller").order_by("kind", "sequence")
    own = {
        str(event.pk): f"{event.type} of {event.stream_id} on {event.as_of_date}"
        for event in Event.objects.filter(recorded_at__gte=THEN).exclude(type="invoice.issued")
    }
    chain = [json.loads(content(one, list(one.lines.order_by("position")))) for one in invoices]
    own |= {one["id"]: f"document {place}" for place, one in enumerate(chain)}
    own |= {line["id"]: f"line {line['position']}" for one in chain for line in one["lines"]}
    hashes, previous = [], ""
    for one in chain:
        told = re.sub(
            "|".join(map(re.escape, own)),
            lambda found: own[found[0]],
            canonical({**one, "previous_hash": previous}).decode(),
        )
        previous = hashlib.sha256(told.encode()).hexdigest()
        hashes.append(previous)
    return {
        "hashes": hashes,
        "contracts": list(
            Contract.objects.order_by("pk").values(
                "pk", "billed_date", "billed_position", "next_billing_date"
            )
        ),
        "subscriptions": list(Subscription.objects.order_by("pk").values()),
        "events": sorted(
            (*rest, own.get(str(transaction), str(transaction)))
            for *rest, transaction in Event.objects.values_list(
                "type", "as_of_date", "state", "transaction_id"
            )
        ),
        "attempts": sorted(
            (own.get(str(event_id), str(event_id)), outcome)
            for event_id, outcome in Attempt.objects.values_list("event_id", "outcome")
        ),
        "movements": list(
            BalanceMovement.objects.order_by("id").values_list("kind", "amount_minor", "rest_minor")
        ),
        "waits": list(
            Charge.objects.filter(invoice=None)
            .order_by("ordinal")
            .values_list("customer", "cause", "price_code", "amount_minor", "tax_category")
        ),
        "customers": list(Customer.objects.order_by("pk").values_list("next_collection_date")),
        "failures": Failure.objects.count(),
    }


def outcome(billing: Billing) -> dict[str, object]:
    """What billing leaves; the database is as before."""
    with transaction.atomic():
        billing()
        found = state()
        transaction.set_rollback(True)
    return found


class TestTheSame:
    def test_a_chunk_makes_the_same_documents_to_the_byte(self, seller: Seller) -> None:
        world(seller)
        before = Invoice.objects.count()

        alone, chunk = outcome(one_by_one), outcome(together)

        assert chunk == alone
        assert len(alone["hashes"]) >= before + 9  # type: ignore[arg-type]

    def test_what_it_wrote_is_proven(self, seller: Seller) -> None:
        world(seller)

        together()

        assert [failure.reason for failure in Failure.objects.all()] == []
        call_command("verify")  # Exits with 1 if anything is wrong.

    def test_twice_is_once(self, seller: Seller) -> None:
        started(seller, factories.plan(seller))
        make_due(seller)
        ids = [event.pk for event in waiting()]

        counts = [bill_due(event_ids=ids, at=THEN, worker="test") for _ in range(2)]

        assert counts == [1, 0]
        assert Invoice.objects.count() == 2  # The start's, and February's.

    def test_missed_months_come_first(self, seller: Seller) -> None:
        started(seller, factories.plan(seller))
        one_by_one(AT)
        come(seller, date(2026, 4, 2))

        while waiting():
            together()

        assert Invoice.objects.count() == 4  # January to April.
        call_command("verify")


class TestStatements:
    def statements(self, seller: Seller, count: int) -> int:
        """How many statements billing takes of `count` contracts that are due."""
        plan = factories.plan(seller)
        for _ in range(count):
            started(seller, plan)
        make_due(seller)
        with CaptureQueriesContext(connection) as captured:
            together()
        assert Invoice.objects.filter(issued_at=THEN, seller=seller).count() == count
        return len(captured)

    def test_their_number_does_not_grow_with_the_chunk(self, db: None) -> None:
        few, many = (self.statements(factories.seller(), count) for count in (2, 40))

        assert many == few
        assert many < 40  # Two savepoints and three COPYs among them.


class TestFailingAlone:
    @pytest.fixture
    def three(self, seller: Seller) -> list[Contract]:
        """Three contracts that are due, the second in dollars, of which January's rate is known."""
        plan = factories.plan(seller)
        factories.price_of(plan, currency="USD")
        factories.exchange_rate()
        contracts = [
            factories.contract(factories.customer(seller), currency=currency)
            for currency in ("EUR", "USD", "EUR")
        ]
        for contract in contracts:
            factories.subscription(contract, plan)
        make_due(seller)
        return contracts

    def outcome(self) -> tuple[list[str], int]:
        together()
        states = list(
            Event.objects.filter(type="period.ended")
            .order_by("position")
            .values_list("state", flat=True)
        )
        return states, Invoice.objects.filter(issued_at=THEN).count()

    def test_what_refuses_to_be_billed(self, three: list[Contract]) -> None:
        states, count = self.outcome()

        assert (states, count) == (["handled", "failed", "handled"], 2)
        assert Failure.objects.get().code == "exchange_rate_missing"

    def test_what_the_database_refuses(self, three: list[Contract]) -> None:
        factories.exchange_rate(day=THEN.date())
        event = Event.objects.get(type="period.ended", stream_id=three[1].pk)
        Attempt.objects.create(
            event=event, seller=event.seller, task="issuing.bill_due", worker="ghost",
            started_at=AT, ended_at=AT, outcome="succeeded",
        )  # fmt: skip

        states, count = self.outcome()

        assert (states, count) == (["handled", "failed", "handled"], 2)
        assert Failure.objects.get().code == "defect"


class TestRaces:
    def test_workers_on_the_same_chunk_bill_each_contract_once(self, committed: None) -> None:
        seller = factories.seller()
        plan = factories.plan(seller)
        for _ in range(12):
            started(seller, plan)
        make_due(seller)
        ids = [event.pk for event in waiting()]
        chunks = [ids, ids[::-1], ids[:6], ids[6:]]

        at_once([lambda ids=ids: bill_due(event_ids=ids, at=THEN, worker="w") for ids in chunks])

        assert Invoice.objects.filter(issued_at=THEN).count() == 12
        assert not Failure.objects.exists()
        call_command("verify")
