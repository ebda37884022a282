"""What the database refuses of usage, whoever asks."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from billing.catalog.models import Meter
from billing.contracts.models import Contract, Subscription
from billing.sellers.models import Seller
from billing.usage.commands import make_partitions_ahead, record_usage
from tests import factories
from tests.contracts.conftest import AT, refused

Sql = Callable[..., None]


@pytest.fixture
def meter(seller: Seller) -> Meter:
    return factories.meter(seller, code="calls")


@pytest.fixture
def subscription(contract: Contract, seller: Seller) -> Subscription:
    return factories.subscription(contract, factories.plan(seller), external_id="S1")


@pytest.fixture
def used(seller: Seller, meter: Meter, subscription: Subscription) -> None:
    """A record, one that waits, and one in conflict."""
    sent = [
        factories.usage(key="k"),
        factories.usage(key="k", value=Decimal(2)),
        factories.usage(meter="other"),
    ]
    record_usage(seller=seller, records=sent, at=AT)


FACTS = [
    ("billing_usagerecord", "usage_record", set()),
    ("billing_usagerecord_2026_01", "usage_record", set()),
    ("billing_usagekey", "usage_key", set()),
    ("billing_usageconflict", "usage_conflict", set()),
    ("billing_unattributedrecord", "unattributed_record", {"reason", "attributed_at"}),
]


class TestFacts:
    @pytest.mark.parametrize(("table", "prefix", "free"), FACTS)
    def test_each_frozen_column_refuses_an_update(
        self, sql: Sql, used: None, table: str, prefix: str, free: set[str]
    ) -> None:
        for column in _columns(table) - free:
            with refused(f"{prefix}_never_changes"):
                sql(f"UPDATE {table} SET {column} = {column}")

    @pytest.mark.parametrize(("table", "prefix", "free"), FACTS)
    def test_rows_refuse_to_be_deleted(
        self, sql: Sql, used: None, table: str, prefix: str, free: set[str]
    ) -> None:
        with refused(f"{prefix}_never_deleted"):
            sql(f"DELETE FROM {table}")

    @pytest.mark.parametrize(("table", "prefix", "free"), FACTS)
    def test_tables_refuse_to_be_truncated(
        self, sql: Sql, db: None, table: str, prefix: str, free: set[str]
    ) -> None:
        make_partitions_ahead(today=date(2026, 1, 1))

        with refused("_never_truncated"):
            sql(f"TRUNCATE {table} CASCADE")

    def test_a_record_is_attributed_once(self, sql: Sql, used: None) -> None:
        sql("UPDATE billing_unattributedrecord SET attributed_at = now()")

        with refused("unattributed_record_attributed_once"):
            sql("UPDATE billing_unattributedrecord SET attributed_at = NULL")

    def test_the_reason_of_a_closed_failure_stays(self, sql: Sql, seller: Seller) -> None:
        factories.order(factories.customer(seller))
        factories.failure_cause(seller)
        sql(
            "INSERT INTO billing_failure (id, seller_id, event_id, code, reason, remedy, currency,"
            " priority, state, opened_at, closed_at, closed_by, closing_note, is_new, cause_id)"
            " SELECT gen_random_uuid(), seller_id, id, 'x', 'x', 'x', '', 1, 'resolved', now(),"
            " now(), '', '', false, (SELECT id FROM billing_failurecause) FROM billing_event"
        )

        with refused("failure_reason_of_open"):
            sql("UPDATE billing_failure SET reason = 'y'")


class TestConstraints:
    def test_a_key_is_claimed_once(self, sql: Sql, used: None) -> None:
        with refused("billing_usagekey_pkey"):
            sql(
                "INSERT INTO billing_usagekey SELECT * FROM billing_usagekey"
                " WHERE meter_code = 'calls'"
            )

    def test_a_record_is_there_once(self, sql: Sql, used: None) -> None:
        with refused("billing_usagerecord_2026_01_pkey"):
            sql("INSERT INTO billing_usagerecord SELECT * FROM billing_usagerecord")

    def test_a_bucket_is_there_once(self, sql: Sql, used: None) -> None:
        with refused("usage_bucket_once"):
            sql(_copied_bucket())

    def test_a_bucket_counts(self, sql: Sql, used: None) -> None:
        with refused("usage_bucket_counts"):
            sql("UPDATE billing_usagebucket SET count = 0")

    @pytest.mark.parametrize("other", ["subscription", "meter"])
    def test_a_bucket_is_of_its_seller(
        self, sql: Sql, used: None, meter: Meter, subscription: Subscription, other: str
    ) -> None:
        stranger = factories.seller()
        contract = factories.contract(factories.customer(stranger))
        theirs = {
            "meter": factories.meter(stranger),
            "subscription": factories.subscription(contract, factories.plan(stranger)),
        }

        with refused(f"usagebucket_{other}_of_same_seller"):
            sql(_copied_bucket(**{f"{other}_id": f"'{theirs[other].id}'"}))

    def test_the_seller_of_usage_stays_in_its_time_zone(self, sql: Sql, used: None) -> None:
        sql("UPDATE billing_seller SET timezone = 'Europe/Berlin'")

        with refused("seller_zone_of_usage"):
            sql("UPDATE billing_seller SET timezone = 'UTC'")

    def test_without_usage_the_time_zone_may_change(self, sql: Sql, seller: Seller) -> None:
        sql("UPDATE billing_seller SET timezone = 'UTC'")

    def test_a_record_ends_with_its_day(self, sql: Sql, used: None) -> None:
        with refused("usage_record_within_day"):
            sql(
                "INSERT INTO billing_usagerecord (seller_id, subscription_id, meter_id, at, key,"
                " value, properties, measured, day, rest_microseconds, recorded_on, recorded_at)"
                " SELECT seller_id, subscription_id, meter_id, at, 'x', value, properties,"
                " measured, day, 0, recorded_on, recorded_at FROM billing_usagerecord"
            )

    def test_what_waits_is_not_less_than_nothing(self, sql: Sql, used: None) -> None:
        with refused("unattributed_usage_not_negative"):
            sql("UPDATE billing_unattributedusage SET waiting = -1")

    def test_what_waits_is_told_once(self, sql: Sql, used: None) -> None:
        with refused("unattributed_usage_told_once"):
            sql(
                "INSERT INTO billing_unattributedusage (id, seller_id, reason, named, waiting)"
                " SELECT gen_random_uuid(), seller_id, reason, named, 1"
                " FROM billing_unattributedusage"
            )

    def test_a_record_waits_once(self, sql: Sql, used: None) -> None:
        with refused("unattributed_record_once"):
            sql(
                "INSERT INTO billing_unattributedrecord SELECT gen_random_uuid(), reason,"
                " meter_code, key, payload, recorded_at, attributed_at, event_id, seller_id"
                " FROM billing_unattributedrecord"
            )

    def test_a_conflict_is_kept_once(self, sql: Sql, used: None) -> None:
        with refused("usage_conflict_kept_once"):
            sql(
                "INSERT INTO billing_usageconflict SELECT gen_random_uuid(), meter_code, key,"
                " payload_hash, payload, recorded_at, seller_id FROM billing_usageconflict"
            )


def _copied_bucket(**changed: str) -> str:
    columns = _columns("billing_usagebucket") - {"properties_id"}
    values = {"id": "gen_random_uuid()", **changed}
    return (
        f"INSERT INTO billing_usagebucket ({', '.join(columns)})"
        f" SELECT {', '.join(values.get(column, column) for column in columns)}"
        " FROM billing_usagebucket"
    )


def _columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {
            column.name for column in connection.introspection.get_table_description(cursor, table)
        }
