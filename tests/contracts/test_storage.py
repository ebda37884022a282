"""How tables are stored, so that they stay fast while they grow."""

from datetime import date

import pytest
from django.db import connection

from billing.contracts.models import Subscription
from billing.ids import new_id
from billing.models import SubscriptionChange
from billing.usage.commands import make_partitions_ahead
from tests import factories
from tests.stage.conftest import AT, drain

pytestmark = pytest.mark.django_db

# What grows with each invoice, and what is written with each.
LARGE = (
    "billing_attempt", "billing_contract", "billing_event", "billing_order", "billing_orderline",
    "billing_subscription", "billing_subscriptionchange", "billing_usagekey", "invoices_charge",
    "invoices_deliveryattempt", "invoices_document", "invoices_invoice",
)  # fmt: skip
NEVER_WRITTEN_AGAIN = set(LARGE) - {"billing_contract", "billing_event", "billing_subscription"}


def stored(table: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(reloptions, '{}') FROM pg_class WHERE oid = %s::regclass", [table]
        )
        (options,) = cursor.fetchone()
    return dict(option.split("=") for option in options)


class TestVacuum:
    @pytest.mark.parametrize("table", LARGE)
    def test_a_month_of_many_is_enough_for_statistics(self, table: str) -> None:
        assert float(stored(table)["autovacuum_analyze_scale_factor"]) <= 0.02
        assert float(stored(table)["autovacuum_vacuum_insert_scale_factor"]) <= 0.02

    @pytest.mark.parametrize("table", sorted(NEVER_WRITTEN_AGAIN))
    def test_facts_are_frozen_at_once(self, table: str) -> None:
        assert stored(table)["autovacuum_freeze_min_age"] == "0"

    def test_new_months_of_usage_are_as_other_facts(self) -> None:
        make_partitions_ahead(today=date(2045, 3, 31), months=0)

        month = stored("billing_usagerecord_2045_03")
        assert month == stored("billing_usagekey")
        assert month["autovacuum_freeze_min_age"] == "0"

    def test_there_is_no_month_that_is_not(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT inhrelid::regclass::text FROM pg_inherits"
                " WHERE inhparent = 'billing_usagerecord'::regclass"
            )
            months = [name for (name,) in cursor.fetchall()]

        assert all(stored(month) == stored("billing_usagekey") for month in months)


class TestRoom:
    def test_charging_subscriptions_touches_none_of_their_indexes(self) -> None:
        seller = factories.seller()
        plan = factories.plan(seller)
        subscription = factories.subscription(factories.contract(factories.customer(seller)), plan)
        drain()
        kept = SubscriptionChange.objects.filter(subscription=subscription).get()
        copies = [
            Subscription(id=new_id(), seller=seller, contract=subscription.contract, created_at=AT,
                         charged_until=kept.effective_on, charged_known_on=kept.recorded_on,
                         charged_position=kept.position)
            for _ in range(2000)
        ]  # fmt: skip
        Subscription.objects.bulk_create(copies)
        before = _updated()

        Subscription.objects.filter(pk__in=[copy.pk for copy in copies]).update(charged_position=0)

        updated, in_place = (now - then for now, then in zip(_updated(), before, strict=True))
        assert updated == 2000
        assert in_place > 0.97 * updated


def _updated() -> tuple[int, int]:
    """Return how many subscriptions were updated, and how many of them on their page alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables"
            " WHERE relname = 'billing_subscription'"
        )
        updated, in_place = cursor.fetchone()
    return updated, in_place
