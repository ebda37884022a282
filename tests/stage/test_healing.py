"""A subscription whose change failed is billed again once a later fact makes it right."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from billing.catalog.models import Plan
from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.events import commands
from billing.events.models import Failure
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from tests import factories
from tests.stage.conftest import AT

Advance = Callable[[date], list[Invoice]]
Kind = SubscriptionChange.Kind
FAILING = date(2026, 1, 20)


@pytest.fixture(params=["per_event", "per_day"])
def contract(request: pytest.FixtureRequest, seller: Seller) -> Contract:
    return factories.contract(factories.customer(seller, grouping=request.param))


@pytest.fixture
def subscription(contract: Contract, seller: Seller) -> Subscription:
    """30.00 a month in advance; on 20 January to a plan that has no price in euros."""
    return factories.subscription(contract, factories.plan(seller))


@pytest.fixture
def pro(seller: Seller) -> Plan:
    """60.00 a month in advance."""
    return factories.plan(seller, price={"unit_price": Decimal(60)})


def fail(subscription: Subscription) -> None:
    unpriced = factories.plan(subscription.seller, price={"currency": "USD"})
    factories.fact(
        subscription,
        kind=Kind.CHANGE_PLAN,
        plan=unpriced,
        recorded_on=date(2026, 1, 2),
        effective_on=FAILING,
    )


def change(subscription: Subscription, kind: Kind, **given: Any) -> None:
    request = ChangeRequest(kind=kind, **given)
    change_subscription(subscription_id=subscription.id, request=request, at=AT)


def retry_all() -> None:
    ids = list(Failure.objects.filter(state="open").values_list("id", flat=True))
    commands.retry(failure_ids=ids, by="alice", at=AT)


def settle(advance: Advance) -> None:
    """What failed needs no more than a retry, which charges nothing."""
    charged = total()
    retry_all()
    advance(date(2026, 3, 3))
    assert Failure.objects.latest("opened_at").state == "resolved"
    assert total() == charged
    call_command("verify")


def total() -> int:
    return sum(Invoice.objects.values_list("net_minor", flat=True))


class TestHealing:
    @pytest.mark.parametrize("retried", ["before", "after"])
    def test_another_plan_on_the_failing_day(
        self, subscription: Subscription, pro: Plan, advance: Advance, retried: str
    ) -> None:
        advance(date(2026, 1, 2))
        fail(subscription)
        advance(date(2026, 2, 10))
        assert (total(), Failure.objects.get().code) == (3000, "price_missing")

        if retried == "before":
            retry_all()
        change(subscription, Kind.CHANGE_PLAN, plan=pro, on=FAILING)
        advance(date(2026, 2, 11))
        if retried == "after":
            retry_all()
        advance(date(2026, 3, 2))

        # 30.00 x 19/31 = 18.39; 60.00 x 12/31 = 23.23; February and March
        assert total() == 1839 + 2323 + 6000 + 6000
        settle(advance)

    def test_an_undo(self, subscription: Subscription, advance: Advance) -> None:
        advance(date(2026, 1, 2))
        fail(subscription)
        advance(date(2026, 1, 10))

        change(subscription, Kind.UNDO)
        advance(date(2026, 3, 2))

        assert total() == 3 * 3000
        settle(advance)

    def test_another_plan_on_the_day_of_a_start(
        self, contract: Contract, seller: Seller, pro: Plan, advance: Advance
    ) -> None:
        unpriced = factories.plan(seller, price={"currency": "USD"})
        started = factories.unpriced_subscription(contract, unpriced)
        advance(date(2026, 2, 10))

        change(started, Kind.CHANGE_PLAN, plan=pro, on=date(2026, 1, 1))
        advance(date(2026, 3, 2))

        assert total() == 3 * 6000
        settle(advance)

    def test_a_cancellation_on_the_failing_day(
        self, subscription: Subscription, advance: Advance
    ) -> None:
        advance(date(2026, 1, 2))
        fail(subscription)
        advance(date(2026, 2, 10))

        change(subscription, Kind.CANCEL, on=FAILING)
        advance(date(2026, 3, 2))

        assert total() == 1839
        settle(advance)
