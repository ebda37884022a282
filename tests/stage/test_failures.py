"""What can't be billed is put before a human, and billed once it is mended."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.events import commands
from billing.events.models import Attempt, Event, Failure
from billing.events.priorities import priority_of
from billing.sellers.models import Seller
from invoices.issuing.commands import write_off
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.stage.conftest import AT, drain

Kind = SubscriptionChange.Kind


@pytest.fixture
def failed(seller: Seller) -> Failure:
    """A subscription in dollars to a plan that is sold in euros."""
    contract = factories.contract(factories.customer(seller), currency="USD")
    factories.unpriced_subscription(contract, factories.plan(seller), quantity=Decimal(2))
    assert drain() == []
    return Failure.objects.get()


class TestFailures:
    def test_a_missing_price_is_told_in_plain_words(self, failed: Failure) -> None:
        assert failed.code == "price_missing"
        assert "no price base in USD on sale on 2026-01-01" in failed.reason
        assert "Add a price" in failed.remedy
        assert (failed.money_at_stake_minor, failed.currency) == (6000, "EUR")

    def test_nothing_half_done_is_left(self, failed: Failure) -> None:
        assert not Charge.objects.exists()
        assert failed.event.state == "failed"
        assert Attempt.objects.get().error_class == "PriceMissing"

    def test_once_mended_the_retry_bills(self, failed: Failure) -> None:
        plan = failed.seller.plans.get()
        factories.exchange_rate("USD")
        factories.price_of(plan, currency="USD", unit_price=Decimal("33.00"))

        commands.retry(failure_ids=[failed.id], by="alice", at=AT)
        (invoice,) = drain()

        assert (invoice.net_minor, invoice.currency) == (6600, "USD")
        failed.refresh_from_db()
        assert (failed.state, failed.closed_by) == ("resolved", "alice")

    def test_a_retry_that_fails_again_opens_another_failure(self, failed: Failure) -> None:
        commands.retry(failure_ids=[failed.id], by="alice", at=AT)
        drain()

        assert sorted(Failure.objects.values_list("state", flat=True)) == ["open", "retried"]

    def test_a_write_off_is_final(self, failed: Failure) -> None:
        commands.write_off(failure_ids=[failed.id], by="bob", at=AT, why="A test order")

        assert commands.retry(failure_ids=[failed.id], by="bob", at=AT) == 0
        assert Event.objects.get(pk=failed.event_id).state == "written_off"

    def test_another_contract_is_billed_all_the_same(self, failed: Failure) -> None:
        factories.order(factories.customer(failed.seller))

        assert len(drain()) == 1

    def test_what_a_failed_event_owed_comes_with_the_next_one(self, seller: Seller) -> None:
        contract = factories.contract(factories.customer(seller))
        factories.subscription(contract, factories.plan(seller))
        Seller.objects.update(vat_id="")
        drain()
        Seller.objects.update(vat_id="DE136695976")

        factories.subscription(contract, factories.plan(seller))
        (second,) = drain()
        commands.retry(failure_ids=[Failure.objects.get().id], by="alice", at=AT)
        (first,) = drain()

        assert (second.net_minor, first.net_minor) == (3000, 3000)


class TestClasses:
    def test_a_customer_abroad_of_a_seller_outside_the_eu(self, db: None) -> None:
        factories.order(factories.customer(factories.seller(country="CH")))
        drain()

        assert Failure.objects.get().code == "tax_not_decided"

    def test_a_seller_without_tax_number(self, seller: Seller) -> None:
        seller.vat_id = ""
        seller.save()
        factories.order(factories.customer(seller))
        drain()

        assert Failure.objects.get().code == "seller_data_missing"

    def test_a_reverse_charge_by_a_seller_without_vat_id(self, seller: Seller) -> None:
        Seller.objects.update(vat_id="", tax_number="30/123/45678")
        factories.order(factories.customer(seller, country="FR", vat_id="FR40303265045"))
        drain()

        assert Failure.objects.get().code == "seller_data_missing"

    def test_a_missing_tax_rate(self, seller: Seller) -> None:
        factories.order(factories.customer(seller), ordered_on=date(2006, 12, 31))
        drain()

        assert Failure.objects.get().code == "tax_data_missing"

    def test_a_product_without_price(self, seller: Seller) -> None:
        line = {"product": factories.product(seller), "unit_price": None, "tax_class": ""}
        factories.order(factories.customer(seller), factories.line(**line))
        drain()

        assert Failure.objects.get().code == "price_missing"

    def test_a_series_that_is_ahead_of_today(self, seller: Seller) -> None:
        customer = factories.customer(seller)
        factories.order(customer)
        (first,) = drain()
        _tamper_series_date(first, date(2026, 1, 3))

        factories.order(customer)
        drain()

        assert Failure.objects.get().code == "number_series_ahead"

    def test_a_defect_is_reported_as_one(self, seller: Seller) -> None:
        huge = factories.line(quantity=Decimal(10) ** 16, unit_price=Decimal(10) ** 16)
        factories.order(factories.customer(seller), huge)
        drain()

        failure = Failure.objects.get()
        assert (failure.code, failure.priority) == ("defect", 60)

    @pytest.mark.parametrize(
        ("code", "money", "priority"),
        [
            ("price_missing", 100, 20 + 9),
            ("price_missing", 10_000_000, 20 + 24),
            ("defect", None, 30 + 12),
        ],
    )
    def test_more_money_is_more_urgent(self, code: str, money: int | None, priority: int) -> None:
        assert priority_of(code, money) == priority


def _tamper_series_date(invoice: Invoice, latest: date) -> None:
    series = invoice.series
    series.latest_date = latest
    series.latest_sequence += 1
    series.save(update_fields=["latest_date", "latest_sequence"])


class TestLateRetries:
    """What failed and is retried after its contract was billed further takes nothing back."""

    @pytest.fixture
    def contract(self, seller: Seller) -> Contract:
        return factories.contract(factories.customer(seller))

    @pytest.fixture
    def subscription(self, contract: Contract, seller: Seller) -> Subscription:
        made = factories.subscription(contract, factories.plan(seller))
        drain()
        return made

    def _fail(self, seller: Seller, vat_id: str = "") -> None:
        """Everything fails while the seller has no tax number."""
        seller.vat_id = vat_id
        seller.save()

    def test_a_change(
        self, seller: Seller, subscription: Subscription, advance: Callable[[date], list[Invoice]]
    ) -> None:
        advance(date(2026, 1, 11))
        self._fail(seller)
        request = ChangeRequest(kind=Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        change_subscription(subscription_id=subscription.id, request=request, at=AT)
        drain()
        self._fail(seller, "DE136695976")
        (february,) = advance(date(2026, 2, 5))

        commands.retry(failure_ids=[Failure.objects.get().id], by="alice", at=AT)
        retried = drain()

        # Jan 11: 30.00 x 10/31 = 9.68 used, -20.32 + 60.00 x 21/31 = 40.65; February 60.00
        assert (february.net_minor, retried) == (-2032 + 4065 + 6000, [])
        assert [invoice.net_minor for invoice in advance(date(2026, 3, 1))] == [6000]
        call_command("verify")

    def test_a_period(
        self, seller: Seller, subscription: Subscription, advance: Callable[[date], list[Invoice]]
    ) -> None:
        self._fail(seller)
        advance(date(2026, 2, 5))
        self._fail(seller, "DE136695976")
        request = ChangeRequest(kind=Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        change_subscription(subscription_id=subscription.id, request=request, at=AT)
        (february,) = drain()

        commands.retry(failure_ids=[Failure.objects.get().id], by="alice", at=AT)
        retried = drain()

        # 30.00 x 4/28 = 4.29; 60.00 x 24/28 = 51.43
        assert (february.net_minor, retried) == (429 + 5143, [])
        assert [invoice.net_minor for invoice in advance(date(2026, 3, 1))] == [6000]
        call_command("verify")

    def test_one_that_failed_does_not_hold_up_its_neighbour(
        self, seller: Seller, subscription: Subscription, advance: Callable[[date], list[Invoice]]
    ) -> None:
        unpriced = factories.plan(seller, price={"currency": "USD"})
        factories.unpriced_subscription(subscription.contract, unpriced)
        renewals = advance(date(2026, 2, 1))

        factories.price_of(unpriced, unit_price=Decimal("7.00"))
        commands.retry(failure_ids=[Failure.objects.get().id], by="alice", at=AT)

        # January and February of the mended one
        assert [invoice.net_minor for invoice in [*renewals, *drain()]] == [3000, 1400]
        assert [invoice.net_minor for invoice in advance(date(2026, 3, 1))] == [3700]
        call_command("verify")

    def test_a_written_off_start_is_charged_with_the_next_turn(
        self, seller: Seller, contract: Contract, advance: Callable[[date], list[Invoice]]
    ) -> None:
        self._fail(seller)
        factories.subscription(contract, factories.plan(seller))
        drain()
        self._fail(seller, "DE136695976")

        write_off(failure_ids=[Failure.objects.get().id], by="bob", at=AT, why="No tax number")
        call_command("verify")

        # January and February
        assert [invoice.net_minor for invoice in advance(date(2026, 2, 1))] == [6000]
        call_command("verify")

    def test_an_undone_change_needs_no_price(
        self, seller: Seller, subscription: Subscription, advance: Callable[[date], list[Invoice]]
    ) -> None:
        advance(date(2026, 1, 5))
        unpriced = factories.plan(seller, price={"currency": "USD"})
        factories.fact(
            subscription,
            kind=Kind.CHANGE_PLAN,
            plan=unpriced,
            recorded_on=date(2026, 1, 5),
            effective_on=date(2026, 1, 20),
        )
        drain()

        undo = ChangeRequest(kind=Kind.UNDO)
        change_subscription(subscription_id=subscription.id, request=undo, at=AT)
        commands.retry(failure_ids=[Failure.objects.get().id], by="alice", at=AT)

        assert [invoice.net_minor for invoice in advance(date(2026, 2, 1))] == [3000]
        call_command("verify")

    def test_a_written_off_day_is_charged_with_the_next(
        self, seller: Seller, subscription: Subscription, advance: Callable[[date], list[Invoice]]
    ) -> None:
        self._fail(seller)
        advance(date(2026, 2, 5))
        self._fail(seller, "DE136695976")

        write_off(failure_ids=[Failure.objects.get().id], by="bob", at=AT, why="No tax number")

        # February and March
        assert [invoice.net_minor for invoice in advance(date(2026, 3, 1))] == [6000]
        call_command("verify")
