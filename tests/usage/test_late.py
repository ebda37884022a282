"""Usage of days that are billed already is told of, once per batch and subscription."""

from datetime import UTC, date, datetime

import pytest

from billing.catalog.models import Meter
from billing.contracts.models import Contract, Subscription
from billing.events.models import Event
from billing.sellers.models import Seller
from billing.usage.commands import record_usage
from tests import factories
from tests.usage.conftest import AT


@pytest.fixture
def billed(seller: Seller, meter: Meter, subscription: Subscription) -> Contract:
    """A contract that is billed up to 1 February."""
    seller.test_clock.today = date(2026, 2, 10)
    seller.test_clock.save()
    Contract.objects.update(billed_date=date(2026, 2, 1))
    return Contract.objects.get()


def told() -> list[Event]:
    return list(Event.objects.filter(type="usage.recorded"))


def on(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


class TestLateUsage:
    def test_it_is_told_once_per_batch(self, seller: Seller, billed: Contract) -> None:
        late = [factories.usage(at=on(1, 31)), factories.usage(at=on(1, 2))]

        record_usage(seller=seller, records=late, at=AT)

        (event,) = told()
        assert (event.stream_id, event.as_of_date) == (billed.id, date(2026, 2, 10))
        assert event.payload["subscription_id"] == str(Subscription.objects.get().id)

    def test_usage_of_the_running_period_is_not(self, seller: Seller, billed: Contract) -> None:
        record_usage(seller=seller, records=[factories.usage(at=on(2, 1))], at=AT)

        assert told() == []

    def test_the_same_again_is_not(self, seller: Seller, billed: Contract) -> None:
        late = [factories.usage(at=on(1, 31))]

        record_usage(seller=seller, records=late, at=AT)
        record_usage(seller=seller, records=late, at=AT)

        assert len(told()) == 1

    def test_the_sellers_day_decides(self, seller: Seller, billed: Contract) -> None:
        # 00:30 on 1 February in Berlin
        midnight = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)

        record_usage(seller=seller, records=[factories.usage(at=midnight)], at=AT)

        assert told() == []
