"""A test clock that stops at a day's first moment, so that its facts come before what is due."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from billing.contracts.commands import change_subscription, step_test_clock
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.sellers.commands import advance_test_clock
from billing.sellers.models import Seller, TestClock
from invoices.issuing.models import Invoice
from tests import factories
from tests.stage.conftest import AT, drain, figures

Advance = Callable[..., list[Invoice]]
FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture
def subscription(seller: Seller) -> Subscription:
    """30.00 a month in advance, since 1 January; nothing is billed yet."""
    contract: Contract = factories.contract(factories.customer(seller))
    return factories.subscription(contract, factories.plan(seller))


@pytest.fixture
def go(seller: Seller) -> Advance:
    """Takes the test clock to a day, and returns what was issued on the way."""

    def go(to: date, *, hold_due: bool = False) -> list[Invoice]:
        issued = drain()
        advance_test_clock(seller=seller, to=to, at=AT, hold_due=hold_due)
        while step_test_clock(seller=seller, at=AT):
            issued += drain()
        return issued

    return go


def days(invoices: list[Invoice]) -> list[str]:
    return [str(invoice.issue_date) for invoice in invoices]


class TestHeldDays:
    def test_what_is_due_on_the_day_waits(
        self, go: Advance, seller: Seller, subscription: Subscription
    ) -> None:
        assert days(go(MARCH, hold_due=True)) == ["2026-01-01", "2026-02-01"]

        clock = TestClock.objects.get(seller=seller)
        assert (clock.today, clock.target_date) == (MARCH, None)
        assert drain() == []

    def test_it_is_billed_once_the_clock_goes_on_to_the_same_day(
        self, go: Advance, subscription: Subscription
    ) -> None:
        go(FEBRUARY, hold_due=True)

        assert days(go(FEBRUARY)) == ["2026-02-01"]
        assert go(FEBRUARY) == []

    def test_it_is_billed_on_the_way_to_a_later_day_that_is_held_too(
        self, go: Advance, subscription: Subscription
    ) -> None:
        go(FEBRUARY, hold_due=True)

        assert days(go(MARCH, hold_due=True)) == ["2026-02-01"]
        assert days(go(MARCH)) == ["2026-03-01"]

    def test_facts_of_the_day_take_effect_first(
        self, go: Advance, subscription: Subscription
    ) -> None:
        go(FEBRUARY, hold_due=True)
        two = ChangeRequest(kind=SubscriptionChange.Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        change_subscription(subscription_id=subscription.id, request=two, at=AT)
        assert drain() == []

        # 2 x 30.00, nothing of the one unit.
        assert figures(go(FEBRUARY)) == [("2026-02-01", 6000, 1140, 7140)]

    def test_what_a_start_begins_comes_after_the_facts_of_its_day(
        self, go: Advance, seller: Seller
    ) -> None:
        go(date(2026, 1, 1), hold_due=True)
        contract = factories.contract(factories.customer(seller))
        started = factories.subscription(contract, factories.plan(seller))
        two = ChangeRequest(kind=SubscriptionChange.Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        change_subscription(subscription_id=started.id, request=two, at=AT)
        assert drain() == []

        # 2 x 30.00, on one invoice.
        assert figures(go(date(2026, 1, 1))) == [("2026-01-01", 6000, 1140, 7140)]

    def test_a_day_is_held_until_its_facts_are_handled(self, go: Advance, seller: Seller) -> None:
        go(date(2026, 1, 1), hold_due=True)
        contract = factories.contract(factories.customer(seller))
        started = factories.subscription(contract, factories.plan(seller))
        two = ChangeRequest(kind=SubscriptionChange.Kind.CHANGE_QUANTITY, quantity=Decimal(2))
        change_subscription(subscription_id=started.id, request=two, at=AT)

        advance_test_clock(seller=seller, to=FEBRUARY, at=AT, hold_due=True)

        assert drain() == []
        # 2 x 30.00, on one invoice.
        assert figures(go(FEBRUARY, hold_due=True)) == [("2026-01-01", 6000, 1140, 7140)]
