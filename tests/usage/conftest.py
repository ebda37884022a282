"""A seller with a meter, and a subscription that has usage."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from billing.catalog.models import Meter
from billing.contracts.models import Subscription
from billing.pricing.usage import Bucket
from billing.sellers.models import Seller
from billing.usage.queries import Measuring, buckets
from tests import factories
from tests.api.conftest import App

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
END = date(2026, 3, 1)


def measuring(
    of: Subscription, meter: Meter, *, records: bool = False, until: date = END
) -> Measuring:
    """All usage of a subscription and meter before a day."""
    return Measuring(
        subscription_id=of.pk, meter_id=meter.pk, since=date.min, until=until, records=records
    )


def measured(
    of: Subscription, meter: Meter, *, records: bool = False, until: date = END
) -> Sequence[Bucket]:
    """What was measured of it."""
    return buckets([measuring(of, meter, records=records, until=until)])[of.pk, meter.pk]


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
