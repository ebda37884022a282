"""Sellers whose days pass by themselves, with contracts that are due."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing.catalog.models import Plan
from billing.contracts.models import Contract
from billing.events.models import Event
from billing.sellers.models import Seller
from tests import factories
from tests.handling import handle

JANUARY = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def seller(db: None) -> Seller:
    return real_seller()


def real_seller(**given: Any) -> Seller:
    """A seller on real time."""
    return factories.seller(clock=None, is_test=False, **given)


def contracts(
    seller: Seller, count: int, plan: Plan | None = None, **customer: Any
) -> list[Contract]:
    """Contracts whose January is billed: they are due on 1 February."""
    plan = plan or factories.plan(seller)
    made = []
    for _ in range(count):
        contract = factories.contract(factories.customer(seller, **customer))
        factories.subscription(contract, plan)
        made.append(contract)
    drain(at=JANUARY)
    return made


def bare_contracts(seller: Seller, count: int, due_on: date = date(2026, 2, 1)) -> None:
    """Contracts of one customer without a subscription, written past the engine."""
    customer = seller.customers.first() or factories.customer(seller)
    Contract.objects.bulk_create(
        Contract(
            seller=seller,
            customer=customer,
            currency="EUR",
            created_at=JANUARY,
            next_billing_date=due_on,
        )
        for _ in range(count)
    )


def drain(*, at: datetime, at_most: int | None = None) -> None:
    """Handle what waits, as workers would."""
    waiting = Event.objects.filter(state="waiting").order_by("position")
    for event in waiting[:at_most]:
        handle(event, at=at)
