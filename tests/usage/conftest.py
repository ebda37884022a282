"""A seller with a meter, and a subscription that has usage."""

from datetime import UTC, datetime

import pytest

from billing.catalog.models import Meter
from billing.contracts.models import Subscription
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture
def app(seller: Seller) -> App:
    return App(factories.api_key(seller))


@pytest.fixture
def meter(seller: Seller) -> Meter:
    return factories.meter(seller, code="calls")


@pytest.fixture
def subscription(seller: Seller) -> Subscription:
    contract = factories.contract(factories.customer(seller), external_id="C1")
    return factories.subscription(contract, factories.plan(seller), external_id="S1")
