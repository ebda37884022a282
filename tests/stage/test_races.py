"""Many at once: the database decides who is first, and nothing is done twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connection

from billing.contracts.commands import append_due, change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, SubscriptionChange
from billing.events import relay
from billing.events.commands import fail
from billing.events.log import OutsideTransaction
from billing.events.models import Event, Failure
from billing.events.tries import Try
from billing.orders.models import Order
from billing.pricing.timeline import ContradictoryTimeline
from invoices.issuing.commands import bill
from invoices.issuing.models import Invoice
from tests import factories

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
THREADS = 6


def at_once(actions: list[Callable[[], object]]) -> list[object]:
    """Do all actions at the same moment, each on a connection of its own."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return [future.result() for future in [pool.submit(run, action) for action in actions]]


def billing(event: Event) -> Callable[[], object]:
    return lambda: bill(event_id=event.id, at=AT, worker="test")


class TestBilling:
    def test_one_event_billed_by_many_is_billed_once(self, committed: None) -> None:
        seller = factories.seller()
        factories.order(factories.customer(seller))

        at_once([billing(Event.objects.get())] * THREADS)

        assert Invoice.objects.filter(seller=seller).count() == 1
        call_command("verify")

    def test_the_first_documents_of_a_series_share_it(self, committed: None) -> None:
        customer = factories.customer(factories.seller())
        for _ in range(THREADS):
            factories.order(customer)

        at_once([billing(event) for event in Event.objects.all()])

        assert sorted(Invoice.objects.values_list("sequence", flat=True)) == list(range(1, 7))
        call_command("verify")

    def test_changes_of_one_contract_billed_backwards(self, committed: None) -> None:
        seller = factories.seller()
        subscription = factories.subscription(
            factories.contract(factories.customer(seller)), factories.plan(seller)
        )
        for quantity in range(2, THREADS + 1):
            request = ChangeRequest(
                kind=SubscriptionChange.Kind.CHANGE_QUANTITY, quantity=Decimal(quantity)
            )
            change_subscription(subscription_id=subscription.id, request=request, at=AT)

        at_once([billing(event) for event in Event.objects.order_by("-position")])

        # 30.00 for each further seat, in the order in which they were recorded
        nets = Invoice.objects.order_by("sequence").values_list("net_minor", flat=True)
        assert list(nets) == [3000] * THREADS
        call_command("verify")

    def test_periods_of_many_contracts(self, committed: None) -> None:
        seller = factories.seller()
        plan = factories.plan(seller)
        for _ in range(THREADS):
            factories.subscription(factories.contract(factories.customer(seller)), plan)
        at_once([billing(event) for event in Event.objects.all()])
        seller.test_clock.today = date(2026, 3, 1)
        seller.test_clock.save()

        at_once([lambda: append_due(seller, at=AT)] * 3)
        while waiting := list(Event.objects.filter(state="waiting")):
            at_once([billing(event) for event in waiting])

        assert Invoice.objects.count() == 3 * THREADS
        call_command("verify")


class TestBurying:
    def test_an_event_is_not_failed_while_it_is_billed(self, committed: None) -> None:
        seller = factories.seller()
        contract = factories.contract(factories.customer(seller))
        factories.subscription(contract, factories.plan(seller))
        (event,) = Event.objects.all()
        tried = Try(task="issuing.bill", worker="lost", started_at=AT, ended_at=AT)

        def bury() -> object:
            return fail(event_id=event.id, tried=tried, trouble=relay.WORKER_LOST)

        at_once([billing(event), bury])

        event.refresh_from_db()
        is_failed = Failure.objects.exists()
        assert (event.state, Invoice.objects.count()) == (
            ("failed", 0) if is_failed else ("handled", 1)
        )


class TestRecording:
    def test_a_fact_outside_a_transaction_is_refused_before_it_is_stored(
        self, committed: None
    ) -> None:
        customer = factories.customer(factories.seller())

        with pytest.raises(OutsideTransaction):
            Order.objects.create(
                seller=customer.seller, customer=customer, currency="EUR",
                ordered_on=AT.date(), recorded_on=AT.date(), recorded_at=AT,
            )  # fmt: skip

        assert not Order.objects.exists()

    def test_a_subscription_is_cancelled_once(self, committed: None) -> None:
        seller = factories.seller()
        contract: Contract = factories.contract(factories.customer(seller))
        subscription = factories.subscription(contract, factories.plan(seller))
        request = ChangeRequest(kind=SubscriptionChange.Kind.CANCEL)

        def cancel() -> object:
            try:
                return change_subscription(subscription_id=subscription.id, request=request, at=AT)
            except ContradictoryTimeline as refusal:
                return refusal

        answers = at_once([cancel] * THREADS)

        assert sum(isinstance(answer, SubscriptionChange) for answer in answers) == 1


class TestRelays:
    def test_several_relays_share_the_work(self, committed: None) -> None:
        customer = factories.customer(factories.seller())
        for _ in range(20):
            factories.order(customer)
        Event.objects.update(next_send_at=AT)

        sent = at_once([lambda: relay.sweep(at=AT)] * 3)

        assert sum(count for count in sent if isinstance(count, int)) == 20
        assert not Failure.objects.exists()
