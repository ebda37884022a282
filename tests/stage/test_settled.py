"""What is settled isn't looked at again, unless something that concerns it becomes known."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Subscription, SubscriptionChange
from billing.sellers.models import Seller
from billing.usage.commands import record_usage
from invoices.issuing.models import Invoice
from tests import factories
from tests.stage.conftest import AT, drain, figures

Advance = Callable[[date], list[Invoice]]
BASE = {"code": "base", "model": "flat", "kind": "recurring", "amount": Decimal("30.00")}


class Reading:
    """Counts the rows that a statement would return, by what it reads."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.rows = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith("SELECT") and f'FROM "{self.table}"' in sql and not many:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM ({sql}) AS read", params)
                self.rows += cursor.fetchone()[0]
        return execute(sql, params, many, context)


@pytest.fixture
def subscription(seller: Seller) -> Subscription:
    plan = factories.plan(seller, price=BASE)
    contract = factories.contract(factories.customer(seller))
    return factories.subscription(contract, plan, external_id="S1")


class TestSettled:
    def test_a_renewal_reads_the_charges_of_open_periods_only(
        self, subscription: Subscription, advance: Advance
    ) -> None:
        advance(date(2027, 12, 31))
        assert Invoice.objects.count() == 24
        reading = Reading("invoices_charge")

        with connection.execute_wrapper(reading):
            (renewed,) = advance(date(2028, 1, 1))

        assert renewed.net_minor == 30_00
        assert reading.rows <= 2  # December's: it might be corrected on the day it ends.

    def test_a_subscription_notes_how_far_it_is_charged(
        self, subscription: Subscription, advance: Advance
    ) -> None:
        assert subscription.charged_until is None

        advance(date(2026, 3, 15))

        subscription.refresh_from_db()
        assert subscription.charged_until == date(2026, 3, 1)
        assert subscription.charged_known_on == date(2026, 3, 1)
        assert subscription.charged_position == subscription.changes.get().position

    def test_a_change_long_ago_is_charged_from_then_on(
        self, seller: Seller, subscription: Subscription, advance: Advance
    ) -> None:
        advance(date(2026, 6, 10))
        dear = factories.plan(seller, code="pro", price={**BASE, "amount": Decimal("60.00")})
        request = ChangeRequest(
            kind=SubscriptionChange.Kind.CHANGE_PLAN, on=date(2026, 2, 1), plan=dear
        )

        change_subscription(subscription_id=subscription.id, request=request, at=AT)

        (invoice,) = drain()
        # Five months, February to June: 5 x (60.00 - 30.00), VAT 28.50.
        assert figures([invoice]) == [("2026-06-10", 150_00, 28_50, 178_50)]

    def test_how_far_it_is_charged_is_noted_wholly(self, subscription: Subscription) -> None:
        with pytest.raises(IntegrityError, match="subscription_charged_wholly_known"):
            Subscription.objects.update(charged_until=date(2026, 1, 1))


class TestSettledUsage:
    @pytest.fixture
    def used(self, seller: Seller) -> Subscription:
        calls = factories.meter(seller, code="calls")
        price = {
            "code": "calls", "kind": "usage", "timing": "arrears", "model": "per_unit",
            "unit_price": Decimal("1.00"), "meter": calls,
        }  # fmt: skip
        contract = factories.contract(factories.customer(seller))
        return factories.subscription(
            contract, factories.plan(seller, price=price), external_id="S1"
        )

    def use(self, seller: Seller, on: date, value: int) -> None:
        at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        sent = factories.usage(at=at, value=Decimal(value), key=f"{on} {value}")
        record_usage(seller=seller, records=[sent], at=AT)

    def test_late_usage_of_a_period_long_ago_is_charged_with_the_next(
        self, seller: Seller, used: Subscription, advance: Advance
    ) -> None:
        advance(date(2026, 1, 10))
        self.use(seller, date(2026, 1, 10), 3)
        advance(date(2026, 5, 10))
        self.use(seller, date(2026, 2, 11), 4)
        self.use(seller, date(2026, 5, 9), 5)

        (invoice,) = advance(date(2026, 6, 1))

        lines = sorted(invoice.lines.values_list("starts_on", "amount_minor"))
        assert lines == [(date(2026, 2, 1), 4_00), (date(2026, 5, 1), 5_00)]

    def test_the_number_of_queries_does_not_grow(
        self, seller: Seller, used: Subscription, advance: Advance
    ) -> None:
        def queries(to: date) -> int:
            advance(to - timedelta(days=1))
            self.use(seller, to - timedelta(days=1), 1)
            with CaptureQueriesContext(connection) as captured:
                (invoice,) = advance(to)
            assert invoice.net_minor == 1_00
            return len(captured)

        first = queries(date(2026, 3, 1))

        assert queries(date(2027, 3, 1)) == first
