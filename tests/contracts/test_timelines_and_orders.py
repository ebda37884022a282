"""Contradictory timelines, empty orders, doubled ids and foreign rows are refused."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from billing.catalog.models import Plan
from billing.contracts.models import Contract, Subscription
from billing.customers.models import Customer
from billing.events.models import Event
from billing.orders.models import Order
from billing.sellers.models import Seller, TestClock
from tests import factories
from tests.contracts.conftest import AT, refused

Sql = Callable[..., None]
Change = Callable[..., None]


@pytest.fixture
def subscription(contract: Contract, seller: Seller) -> Subscription:
    """Started on 1 January 2026."""
    return factories.subscription(contract, factories.plan(seller))


@pytest.fixture
def change(sql: Sql, subscription: Subscription) -> Change:
    """Inserts a change, past the ORM and the commands."""

    def insert(kind: str, day: int, **given: Any) -> None:
        values = {
            "id": uuid4(), "seller_id": subscription.seller_id,
            "subscription_id": subscription.id, "kind": kind, "credit": "prorated",
            "effective_on": date(2026, 1, day), "recorded_on": date(2026, 1, 1),
            "recorded_at": AT, **given,
        }  # fmt: skip
        marks = ", ".join(["%s"] * len(values))
        sql(
            f"INSERT INTO billing_subscriptionchange ({', '.join(values)}) VALUES ({marks})",
            *values.values(),
        )

    return insert


class TestTimeline:
    def test_it_starts_once(self, change: Change, subscription: Subscription) -> None:
        plan = subscription.changes.get().plan
        assert plan is not None

        with refused("subscription_timeline_holds.*started already"):
            change("start", 10, plan_id=plan.id, quantity=1)

    def test_nothing_happens_before_the_start(self, change: Change) -> None:
        with refused("subscription_timeline_holds.*not started"):
            change("pause", 1, effective_on=date(2025, 12, 31))

    def test_it_is_resumed_only_from_a_pause(self, change: Change) -> None:
        with refused("subscription_timeline_holds.*not paused"):
            change("resume", 10)

    def test_it_is_not_paused_in_a_pause(self, change: Change) -> None:
        change("pause", 10)

        with refused("subscription_timeline_holds.*paused"):
            change("pause", 12)

    def test_a_backdated_pause_must_fit_what_follows(self, change: Change) -> None:
        change("pause", 10)

        with refused("subscription_timeline_holds"):
            change("pause", 5)

    def test_nothing_happens_after_the_end(self, change: Change) -> None:
        change("cancel", 10)

        with refused("subscription_timeline_holds.*ended"):
            change("change_quantity", 11, quantity=2)

    def test_a_cancellation_makes_later_plans_moot(self, change: Change) -> None:
        change("change_quantity", 20, quantity=2)

        change("cancel", 10)

    def test_nothing_pending_can_not_be_undone(self, change: Change) -> None:
        with refused("subscription_timeline_holds.*nothing is pending"):
            change("undo", 1)

    def test_an_undo_is_of_the_day_it_is_recorded(self, change: Change) -> None:
        change("cancel", 20)

        with refused("subscription_undo_of_today"):
            change("undo", 2)

    def test_after_an_undo_the_undone_is_gone(self, change: Change) -> None:
        change("cancel", 20)
        change("undo", 2, recorded_on=date(2026, 1, 2))

        change("change_quantity", 25, quantity=2)

    @pytest.mark.parametrize(
        ("kind", "given"),
        [
            ("change_plan", {}),
            ("change_quantity", {}),
            ("pause", {"quantity": 1}),
            ("fly", {}),
        ],
    )
    def test_a_change_says_what_changes(
        self, change: Change, kind: str, given: dict[str, Any]
    ) -> None:
        with refused("subscription_change_says_what_changes"):
            change(kind, 10, **given)

    def test_a_quantity_is_not_negative(self, change: Change) -> None:
        with refused("subscription_quantity_not_negative"):
            change("change_quantity", 10, quantity=-1)

    def test_only_a_cancellation_says_what_is_credited(self, change: Change) -> None:
        with refused("subscription_credit_of_cancellation"):
            change("pause", 10, credit="full")


class TestOrders:
    def test_an_order_has_lines(self, sql: Sql, order: Order) -> None:
        with refused("order_has_lines"):
            sql(
                "INSERT INTO billing_order (id, seller_id, customer_id, currency, ordered_on,"
                " recorded_on, recorded_at) SELECT %s, seller_id, customer_id, currency,"
                " ordered_on, recorded_on, recorded_at FROM billing_order",
                uuid4(),
            )

    def test_a_line_without_price_names_a_product(self, sql: Sql, order: Order) -> None:
        with refused("order_line_priced_or_of_product"):
            sql(_COPY_LINE.format(price="NULL", quantity="1", position=2), uuid4())

    def test_a_line_has_a_quantity(self, sql: Sql, order: Order) -> None:
        with refused("order_line_has_quantity"):
            sql(_COPY_LINE.format(price="1", quantity="0", position=2), uuid4())

    def test_a_position_is_taken_once(self, sql: Sql, order: Order) -> None:
        with refused("order_line_position_once"):
            sql(_COPY_LINE.format(price="1", quantity="1", position=1), uuid4())


_COPY_LINE = (
    "INSERT INTO billing_orderline (id, seller_id, order_id, position, text, quantity,"
    " unit_price, tax_class, tax_included) SELECT %s, seller_id, order_id, {position}, text,"
    " {quantity}, {price}, tax_class, tax_included FROM billing_orderline"
)


class TestOnce:
    def test_an_external_id_is_used_once_in_a_seller(self, seller: Seller) -> None:
        customer = factories.customer(seller, external_id="c-1")
        factories.order(customer, external_id="o-1")
        factories.contract(customer, external_id="k-1")

        with refused("customer_external_id_once"):
            factories.customer(seller, external_id="c-1")
        with refused("order_external_id_once"):
            factories.order(customer, external_id="o-1")
        with refused("contract_external_id_once"):
            factories.contract(customer, external_id="k-1")

    def test_a_fact_is_appended_to_the_log_once(self, sql: Sql, order: Order) -> None:
        event = Event.objects.get()
        event.pk = uuid4()

        with refused("event_once"):
            event.save(force_insert=True)

    def test_a_price_code_is_on_sale_once_a_day(self, seller: Seller) -> None:
        plan = factories.plan(seller)

        with refused("price_code_on_sale_once"):
            factories.price_of(plan, valid_from=date(2026, 5, 1))

    def test_a_code_may_be_priced_in_two_currencies(self, seller: Seller) -> None:
        plan = factories.plan(seller)

        factories.price_of(plan, currency="USD")

        assert plan.prices.count() == 2

    def test_a_tax_rate_holds_once_a_day(self, sql: Sql) -> None:
        with refused("tax_rate_once_a_day"):
            sql(
                "INSERT INTO billing_taxrate (country, tax_class, category, percent, valid_from,"
                " source) VALUES ('DE', 'standard', 'S', 20, '2026-01-01', 'none')"
            )

    def test_an_event_succeeds_once_per_task(self, sql: Sql, order: Order) -> None:
        statement = (
            "INSERT INTO billing_attempt (event_id, seller_id, task, worker, started_at, ended_at,"
            " outcome, error_class) SELECT id, seller_id, 'issuing.bill', 'x', now(), now(),"
            " 'succeeded', '' FROM billing_event"
        )
        sql(statement)

        with refused("event_handled_once_per_task"):
            sql(statement)

    def test_an_event_has_one_open_failure(self, sql: Sql, order: Order) -> None:
        statement = (
            "INSERT INTO billing_failure (id, seller_id, event_id, code, reason, remedy, currency,"
            " priority, state, opened_at, closed_by, closing_note, is_new, cause_id)"
            " SELECT %s, seller_id, id, 'defect', 'x', 'y', '', 1, 'open', now(), '', '', false,"
            " (SELECT id FROM billing_failurecause) FROM billing_event"
        )
        factories.failure_cause(order.seller)
        sql(statement, uuid4())

        with refused("failure_open_once"):
            sql(statement, uuid4())

    def test_the_test_clock_goes_forward(self, sql: Sql, seller: Seller) -> None:
        assert TestClock.objects.filter(seller=seller).exists()

        with refused("test_clock_goes_forward"):
            sql("UPDATE billing_testclock SET target_date = '2025-12-31'")


class TestSellersNeverMeet:
    @pytest.fixture
    def other(self) -> Customer:
        return factories.customer(factories.seller())

    def test_a_contract_of_another_sellers_customer(
        self, sql: Sql, contract: Contract, other: Customer
    ) -> None:
        with refused("contract_customer_of_same_seller"):
            sql(
                "INSERT INTO billing_contract"
                " (id, seller_id, customer_id, currency, renewal, created_at, billed_position)"
                " VALUES (%s, %s, %s, 'EUR', '', now(), 0)",
                uuid4(), contract.seller_id, other.id,
            )  # fmt: skip

    def test_a_subscription_of_another_sellers_contract(
        self, sql: Sql, contract: Contract, other: Customer
    ) -> None:
        with refused("subscription_contract_of_same_seller"):
            sql(
                "INSERT INTO billing_subscription (id, seller_id, contract_id, created_at)"
                " VALUES (%s, %s, %s, now())",
                uuid4(), other.seller_id, contract.id,
            )  # fmt: skip

    def test_a_change_to_another_sellers_plan(self, change: Change, other: Customer) -> None:
        foreign: Plan = factories.plan(other.seller)

        with refused("subscriptionchange_plan_of_same_seller"):
            change("change_plan", 10, plan_id=foreign.id)

    def test_an_order_of_another_sellers_customer(self, order: Order, other: Customer) -> None:
        with refused("order_customer_of_same_seller"):
            Order.objects.create(
                seller=order.seller, customer=other, currency="EUR",
                ordered_on=date(2026, 1, 1), recorded_on=date(2026, 1, 1), recorded_at=AT,
            )  # fmt: skip
            _check_now()

    def test_a_line_of_another_seller(self, sql: Sql, order: Order, other: Customer) -> None:
        with refused("order_line_comes_with_order"):
            sql(
                "INSERT INTO billing_orderline (id, seller_id, order_id, position, text, quantity,"
                " unit_price, tax_class, tax_included)"
                " VALUES (%s, %s, %s, 2, 'x', 1, 1, 'standard', false)",
                uuid4(), other.seller_id, order.id,
            )  # fmt: skip

    def test_a_price_of_another_sellers_plan(self, seller: Seller, other: Customer) -> None:
        foreign = factories.plan(other.seller)
        foreign.seller = seller

        with refused("price_plan_of_same_seller"):
            factories.price_of(foreign, code="other")
            _check_now()


def _check_now() -> None:
    connection.check_constraints()
