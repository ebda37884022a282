"""The roll-ups say what the pure engine says of the single records."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.catalog.models import Meter
from billing.contracts.models import Subscription
from billing.pricing.usage import Bucket, UsageRecord, roll_up
from billing.sellers.models import Seller
from billing.usage.commands import SentRecord, record_usage
from billing.usage.models import UsageBucket, UsageDistinct
from billing.usage.queries import buckets
from billing.usage.queries.attribution import known_meter
from tests import factories
from tests.usage.conftest import measured, measuring

AT = datetime(2026, 4, 15, 9, 0, tzinfo=UTC)
UNTIL = date(2027, 1, 1)
# Days of 23, 24 and 25 hours, one of which begins twice or not at all.
ZONES = ["Europe/Berlin", "America/New_York", "Atlantic/Azores", "Africa/Cairo", "Asia/Kathmandu"]
MOMENTS = [
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 3, 8, 6, tzinfo=UTC),
    datetime(2025, 10, 26, tzinfo=UTC),
    datetime(2025, 11, 2, 5, tzinfo=UTC),
    datetime(2025, 10, 30, 21, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
]
NUMBERS = st.decimals("-999999999999", "999999999999", places=12) | st.integers(-5, 5).map(Decimal)
Metered = tuple[str, str | None]  # How it is added up, and the property that it measures.
METERED = [("sum", None), ("weighted_sum", "size"), ("unique", "user"), ("unique", None)]
_keys = count(1)


@st.composite
def records(draw: st.DrawFn) -> SentRecord:
    off = timedelta(microseconds=draw(st.integers(-90_000_000_000, 90_000_000_000)))
    properties = {
        "region": draw(st.sampled_from(["eu", "us", 'a"\\é'])),
        "size": str(draw(st.integers(0, 3) | st.sampled_from([Decimal("1E+2"), Decimal("-0.5")]))),
        "user": draw(st.sampled_from(["ada", "grace", "ada ", ""])),
        "host": draw(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))),
    }
    dropped = draw(st.sets(st.sampled_from(["region", "host"])))
    return factories.usage(
        key=f"h-{next(_keys)}",
        at=draw(st.sampled_from(MOMENTS)) + draw(st.sampled_from([off, timedelta()])),
        value=draw(NUMBERS),
        amount=draw(st.none() | NUMBERS),
        properties={name: text for name, text in properties.items() if name not in dropped},
    )


BATCH = st.lists(records(), max_size=10)
tried = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def pure(sent: Sequence[SentRecord], meter: Meter, zone: str, on: date) -> tuple[Bucket, ...]:
    """What the pure engine rolls up, of properties that the meter keeps apart or measures."""
    terms = known_meter(meter).terms
    kept = {*meter.dimensions, meter.property}
    ordered = sorted(sent, key=lambda record: (record.at, record.key))
    return roll_up(
        [
            UsageRecord(
                key=each.key,
                at=each.at,
                recorded_on=on,
                value=each.value,
                amount=each.amount,
                properties={name: each.properties[name] for name in kept & each.properties.keys()},
            )
            for each in ordered
        ],
        terms,
        zone,
    )


def key_of(bucket: Bucket) -> tuple[object, ...]:
    return bucket.day, bucket.recorded_on, bucket.properties


def compare(found: Sequence[Bucket], expected: Sequence[Bucket], *, is_unique: bool) -> None:
    mine = {key_of(bucket): bucket for bucket in found}
    for bucket in expected:
        stored = mine.pop(key_of(bucket))
        assert stored.records == bucket.records
        assert stored.distinct == (bucket.distinct if is_unique else frozenset())
        for name in ("count", "total", "amount", "highest", "latest_at", "latest", "weighted"):
            assert getattr(stored, name) == getattr(bucket, name), name
    assert mine == {}


def check(zone: str, metered: Metered, *batches: list[SentRecord]) -> None:
    """Send batches to a meter of a new seller, and compare what was rolled up."""
    aggregation, measures = metered
    with transaction.atomic():
        seller = factories.seller(timezone=zone, clock=AT.date())
        dimensions = ["region", *([measures] if measures else [])]
        meter = factories.meter(
            seller, code="calls", aggregation=aggregation, property=measures,
            dimensions=dimensions,
        )  # fmt: skip
        contract = factories.contract(factories.customer(seller))
        subscription = factories.subscription(
            contract, factories.plan(seller), external_id="S1", on=date(2025, 10, 1)
        )
        for batch in batches:
            receipt = record_usage(seller=seller, records=batch, at=AT)
            assert receipt.accepted == len(batch)

        found = measured(subscription, meter, records=True, until=UNTIL)
        expected = pure([each for batch in batches for each in batch], meter, zone, AT.date())
        compare(found, expected, is_unique=aggregation == "unique")
        transaction.set_rollback(True)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("metered", METERED)
class TestRollUp:
    @settings(tried, max_examples=6)
    @given(first=BATCH, second=BATCH)
    def test_it_is_that_of_the_pure_engine(
        self, db: None, zone: str, metered: Metered,
        first: list[SentRecord], second: list[SentRecord],
    ) -> None:  # fmt: skip
        check(zone, metered, first, second)

    @pytest.mark.slow
    @settings(tried, max_examples=50)
    @given(first=BATCH, second=BATCH)
    def test_it_is_that_of_the_pure_engine_whatever_is_sent(
        self, db: None, zone: str, metered: Metered,
        first: list[SentRecord], second: list[SentRecord],
    ) -> None:  # fmt: skip
        check(zone, metered, first, second)


@pytest.fixture
def used(seller: Seller, subscription: Subscription) -> Subscription:
    """Usage of several days, in two meters."""
    factories.meter(seller, code="calls", dimensions=["region"])
    factories.meter(seller, code="users", aggregation="unique", property="user")
    seller.test_clock.today = date(2026, 2, 1)
    seller.test_clock.save()
    sent = [
        factories.usage(
            meter=meter,
            at=datetime(2026, 1, 1 + number % 20, 12, tzinfo=UTC),
            value=Decimal(number),
            properties={"region": f"r{number % 3}", "user": f"u{number % 7}"},
        )
        for meter in ("calls", "users")
        for number in range(60)
    ]
    record_usage(seller=seller, records=sent, at=AT)
    return subscription


class TestReading:
    def test_before_a_day(self, seller: Seller, used: Subscription) -> None:
        meter = Meter.objects.get(code="calls")

        found = measured(used, meter, until=date(2026, 1, 3))

        assert [bucket.day.day for bucket in found] == [1, 1, 1, 2, 2, 2]
        assert [dict(bucket.properties)["region"] for bucket in found[:3]] == ["r0", "r1", "r2"]

    def test_single_records_only_where_they_are_needed(
        self, seller: Seller, used: Subscription
    ) -> None:
        calls, users = Meter.objects.order_by("code")

        looked_at = [measuring(used, calls), measuring(used, users, records=True)]

        found = buckets(looked_at)

        assert not any(bucket.records for bucket in found[used.id, calls.id])
        assert sum(len(bucket.records) for bucket in found[used.id, users.id]) == 60
        assert not any(bucket.distinct for bucket in found[used.id, calls.id])
        assert frozenset().union(*(each.distinct for each in found[used.id, users.id])) == {
            f"u{number}" for number in range(7)
        }

    def test_a_meter_without_usage(self, seller: Seller, used: Subscription) -> None:
        other = factories.meter(seller)

        assert measured(used, other, records=True) == ()

    def test_the_number_of_queries_is_constant(self, used: Subscription) -> None:
        looked_at = [measuring(used, meter, records=True) for meter in Meter.objects.all()]

        with CaptureQueriesContext(
            connection,
        ) as queries:
            buckets(looked_at)

        assert len(queries) == 4


class TestRebuild:
    def test_it_makes_what_was_there(self, seller: Seller, used: Subscription) -> None:
        before = self.state()
        UsageBucket.objects.filter(day=date(2026, 1, 3)).delete()
        UsageBucket.objects.update(total=0)
        UsageDistinct.objects.filter(value="u1").delete()

        call_command("rebuild_usage", stdout=StringIO())

        assert self.state() == before

    def test_another_sellers_are_left_alone(self, seller: Seller, used: Subscription) -> None:
        other = factories.seller(name="Other")
        UsageBucket.objects.update(total=0)

        call_command("rebuild_usage", "--seller", "Other", stdout=StringIO())

        assert set(UsageBucket.objects.values_list("total", flat=True)) == {0}
        assert other != seller

    def state(self) -> list[object]:
        rows = UsageBucket.objects.order_by("meter", "day", "properties").values()
        values = UsageDistinct.objects.order_by("day", "value").values()
        return [*({k: v for k, v in row.items() if k != "id"} for row in rows), *values]


class TestZones:
    @pytest.mark.parametrize(
        ("day", "hours"), [("2026-03-29", 23), ("2026-01-10", 24), ("2025-10-26", 25)]
    )
    def test_a_day_has_the_hours_it_has(self, db: None, day: str, hours: int) -> None:
        seller = factories.seller(clock=AT.date())
        meter = factories.meter(seller, code="calls")
        contract = factories.contract(factories.customer(seller))
        subscription = factories.subscription(
            contract, factories.plan(seller), external_id="S1", on=date(2025, 10, 1)
        )
        midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Berlin"))
        sent = factories.usage(at=midnight.astimezone(UTC))

        record_usage(seller=seller, records=[sent], at=AT)

        (bucket,) = measured(subscription, meter, until=UNTIL)
        assert bucket.weighted == hours * 3600
