"""Records lie in partitions by month, which are made ahead or where one is needed."""

from datetime import UTC, date, datetime

from django.core.management import call_command
from django.db import connection

from billing.catalog.models import Meter
from billing.contracts.models import Subscription
from billing.sellers.models import Seller
from billing.usage.commands import make_partitions_ahead, record_usage
from tests import factories
from tests.usage.conftest import AT


class TestPartitions:
    def test_a_record_lies_in_the_month_of_its_instant(
        self, seller: Seller, meter: Meter, subscription: Subscription
    ) -> None:
        seller.test_clock.today = date(2026, 2, 1)
        seller.test_clock.save()
        # The last instant of January in UTC, and the first of February
        for second in (59, 60):
            at = datetime.fromtimestamp(1769903940 + second, UTC)
            record_usage(seller=seller, records=[factories.usage(at=at)], at=AT)

        assert _rows("SELECT tableoid::regclass::text FROM billing_usagerecord ORDER BY at") == [
            ("billing_usagerecord_2026_01",),
            ("billing_usagerecord_2026_02",),
        ]

    def test_they_are_made_ahead_once(self, db: None) -> None:
        assert make_partitions_ahead(today=date(2043, 11, 30), months=3) == 4
        assert make_partitions_ahead(today=date(2043, 11, 30), months=3) == 0

        names = _rows(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'billing_usagerecord'::regclass ORDER BY 1"
        )
        assert ("billing_usagerecord_2044_02",) in names

    def test_a_command_makes_them(self, db: None) -> None:
        call_command("usage_partitions")

        assert make_partitions_ahead(today=datetime.now(UTC).date()) == 0


def _rows(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
