"""Recording usage: once per key, attributed or waiting."""

from datetime import UTC, date, datetime
from decimal import Decimal

from billing.catalog.models import Meter
from billing.contracts.models import Subscription
from billing.sellers.models import Seller
from billing.usage.commands import record_usage
from billing.usage.models import UsageBucket, UsageConflict, UsageRecord
from tests import factories
from tests.usage.conftest import AT, measured

JANUARY = date(2026, 2, 1)


class TestRecording:
    def test_records_add_up_by_day(
        self, seller: Seller, meter: Meter, subscription: Subscription
    ) -> None:
        sent = [factories.usage(value=Decimal(value)) for value in ("1", "2.5", "-0.5")]

        receipt = record_usage(seller=seller, records=sent, at=AT)

        assert receipt.accepted == 3
        (bucket,) = measured(subscription, meter, until=JANUARY)
        assert (bucket.day, bucket.count, bucket.total) == (date(2026, 1, 1), 3, 3)
        # 3 x the 11 hours from 13:00 in Berlin to midnight
        assert bucket.weighted == 3 * 11 * 3600

    def test_a_second_batch_is_added(
        self, seller: Seller, meter: Meter, subscription: Subscription
    ) -> None:
        for value in (2, 7, 5):
            later = datetime(2026, 1, 1, 12, value, tzinfo=UTC)
            sent = factories.usage(value=Decimal(value), at=later)
            record_usage(seller=seller, records=[sent], at=AT)

        (bucket,) = measured(subscription, meter, records=True, until=JANUARY)

        assert (bucket.count, bucket.total, bucket.highest, bucket.latest) == (3, 14, 7, 7)
        assert [record.value for record in bucket.records] == [2, 5, 7]

    def test_the_same_again_changes_nothing(
        self, seller: Seller, meter: Meter, subscription: Subscription
    ) -> None:
        sent = [factories.usage(), factories.usage()]

        first = record_usage(seller=seller, records=sent, at=AT)
        again = record_usage(seller=seller, records=[*sent, *sent], at=AT)

        assert (first.accepted, first.repeated) == (2, 0)
        assert (again.accepted, again.repeated) == (0, 4)
        assert UsageRecord.objects.count() == 2
        assert UsageBucket.objects.get().count == 2

    def test_another_record_under_a_key_is_kept_aside(
        self, seller: Seller, meter: Meter, subscription: Subscription
    ) -> None:
        record_usage(seller=seller, records=[factories.usage(key="k")], at=AT)
        other = factories.usage(key="k", value=Decimal(2))

        receipt = record_usage(seller=seller, records=[other, factories.usage(), other], at=AT)

        assert (receipt.accepted, receipt.conflicts) == (1, [0, 2])
        assert UsageConflict.objects.get().payload["value"] == "2"
        assert UsageBucket.objects.get().total == 2
