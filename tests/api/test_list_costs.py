"""A page of a list costs the same however many rows there are, by whatever it is filtered."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.customers.models import Customer
from billing.events.models import Event, Failure
from billing.orders.models import Order
from invoices.balances.models import BalanceMovement
from invoices.delivery.models import Delivery, WebhookEndpoint
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.api.conftest import App
from tests.api.lists import LISTS, House

ROWS = 20_000  # Of each large table and seller.
LIMIT = 20
MOST_READ = 10 * (LIMIT + 1)
# Their tables hold what is sold and agreed, not what happens each day.
SMALL = {
    "products", "meters", "plans", "prices", "coupons", "tax-overrides", "exchange-rates",
    "seller/registrations", "webhook-endpoints", "billing-runs",
    "customers/<reference:id>/vat-id-checks", "api-keys", "subscriptions/<reference:id>/changes",
    "invoices/<reference:id>/corrections", "failure-causes",
    "failure-causes/<reference:id>/notes",
}  # fmt: skip
OF_ONE = {"waiting-charges", "usage", "usage/days"}  # Proved for themselves below, and with usage.
LARGE = sorted(LISTS.keys() - SMALL - OF_ONE)


class Filled:
    """A seller with many rows in each large table, between those of others."""

    def __init__(self) -> None:
        self.house = house = House(factories.seller())
        house.trade()
        other = House(factories.seller())
        other.trade()
        self.app = App(factories.api_key(house.seller))
        for each in (house, other, house):  # Theirs lie between the house's own.
            fill(each, ROWS // 2)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def values(self) -> dict[str, str]:
        """Return what each filter is tried with: it fits some rows, most of them old."""
        house = self.house
        rare = Delivery.objects.filter(seller=house.seller).earliest("id")
        endpoint = WebhookEndpoint.objects.filter(seller=house.seller).earliest("id")
        return {
            "external_id": "A1", "email": "a@customer.example", "customer": "ext:A1",
            "contract": "ext:C1", "subscription": "ext:S1", "number": house.invoice.number,
            "transaction": str(house.invoice.transaction_id), "kind": "credit_note",
            "invoice": str(house.invoice.pk), "corrected_invoice": str(house.invoice.pk),
            "created_from": "2026-03-01", "created_until": "2026-03-02",
            "ordered_from": "2026-03-01", "ordered_until": "2026-03-02",
            "issued_from": "2026-03-01", "issued_until": "2026-03-02",
            "due_from": "2026-03-01", "due_until": "2026-03-02",
            "starts_from": "2026-01-01", "starts_until": "2026-01-02",
            "next_billing_from": "2026-03-01", "next_billing_until": "2026-03-02",
            "currency": "CHF", "gross_from": "150", "gross_until": "150",
            "state": "failed", "type": "customer.changed", "channel": "email",
            "endpoint": str(endpoint.pk),
            "event": str(rare.event_id),
            "fingerprint": str(
                Failure.objects.filter(seller=house.seller).earliest("id").cause.fingerprint
            ),
        }  # fmt: skip


def fill(house: House, count: int) -> None:
    """Store many rows like those that the engine wrote, past foreign keys and triggers."""
    seller = house.seller
    day = "date '2026-01-01' + (n / 100)::int"
    mine = "CASE WHEN n %% 3 = 0 THEN row.{0} ELSE anlass_uuid7() END"
    gross = "CASE WHEN n %% 100 = 0 THEN -n ELSE n END"
    instant = f"({day})::timestamptz"
    like(house.customer, count, external_id="NULL", email="n || '@b.example'", created_at=instant)
    like(house.contract, count, external_id="NULL", customer_id=mine.format("customer_id"),
         next_billing_date=day)  # fmt: skip
    like(house.subscription, count, external_id="NULL", contract_id=mine.format("contract_id"),
         created_at=instant)  # fmt: skip
    start = SubscriptionChange.objects.get(subscription=house.subscription, kind="start")
    like(
        start, among="(SELECT id AS n, seller_id FROM billing_subscription) AS s",
        where="s.seller_id = row.seller_id AND NOT EXISTS"
        " (SELECT FROM billing_subscriptionchange known WHERE known.subscription_id = s.n)",
        subscription_id="s.n", omit="position",
    )  # fmt: skip
    started = Event.objects.get(idempotency_key=f"subscription.changed:{start.pk}")
    like(
        started, among="(SELECT id AS n, seller_id FROM billing_subscriptionchange) AS c",
        where="c.seller_id = row.seller_id AND NOT EXISTS (SELECT FROM billing_event known WHERE"
        " known.seller_id = c.seller_id"
        " AND known.idempotency_key = 'subscription.changed:' || c.n)",
        idempotency_key="'subscription.changed:' || n", transaction_id="anlass_uuid7()",
        omit="position",
    )  # fmt: skip
    order = Order.objects.get(seller=seller, external_id="O1")
    like(order, count, external_id="NULL", customer_id=mine.format("customer_id"), ordered_on=day)
    placed = order_event(order)
    fresh = "md5(random()::text || n)"
    like(
        placed, among="(SELECT id AS n, seller_id FROM billing_order) AS o", omit="position",
        where="o.seller_id = row.seller_id AND NOT EXISTS (SELECT FROM billing_event known WHERE"
        " known.seller_id = o.seller_id AND known.idempotency_key = 'order.placed:' || o.n)",
        idempotency_key="'order.placed:' || n", transaction_id="anlass_uuid7()",
    )  # fmt: skip
    invoice = house.invoice
    like(
        invoice, count, customer_id=mine.format("customer_id"), event_id="anlass_uuid7()",
        contract_id=mine.format("contract_id"), transaction_id="anlass_uuid7()", number=fresh,
        sequence="(random() * 1e15)::bigint", issue_date=day, due_date=f"{day} + 14",
        currency="CASE WHEN n %% 200 = 1 THEN 'CHF' ELSE 'EUR' END", net_minor=gross, tax_minor="0",
        gross_minor=gross, prepaid_minor="0", payable_minor=gross,
        kind="CASE WHEN n %% 100 = 0 THEN 'credit_note' ELSE 'invoice' END",
    )  # fmt: skip
    line = Charge.objects.filter(invoice=invoice).earliest("position")
    like(
        line, among="generate_series(1, 2) n, invoices_invoice i", omit="ordinal",
        where="i.seller_id = row.seller_id AND NOT EXISTS"
        " (SELECT FROM invoices_charge known WHERE known.invoice_id = i.id)",
        invoice_id="i.id", position="n", cause="i.id::text || n", event_id="i.event_id",
        subscription_id="anlass_uuid7()", transaction_id="i.transaction_id",
        customer_id="i.customer_id",
    )  # fmt: skip
    failure = Failure.objects.filter(seller=seller).earliest("id")
    like(
        failure, among="(SELECT id AS n, seller_id FROM billing_event) AS e",
        where="e.seller_id = row.seller_id AND NOT EXISTS (SELECT FROM billing_failure known"
        f" WHERE known.event_id = e.n) LIMIT {count}",
        event_id="e.n", state="'resolved'", closed_at="now()",
    )  # fmt: skip
    delivery = Delivery.objects.filter(seller=seller, channel="email").earliest("id")
    like(
        delivery, count, idempotency_key=fresh, transaction_id="anlass_uuid7()", state="'sent'",
        channel="'download'", next_try_at="NULL", settled_at="now()",
    )  # fmt: skip
    movement = BalanceMovement.objects.filter(seller=seller, kind="prepayment").earliest("id")
    like(movement, count, customer_id=mine.format("customer_id"), transaction_id="anlass_uuid7()")


def order_event(order: Order) -> Event:
    """Return the event that the engine handled; later ones are copies of it."""
    return Event.objects.filter(stream_id=order.pk).earliest("position")


def like(
    row: models.Model, count: int = 0, *, among: str = "", where: str = "true", omit: str = "",
    **given: str,
) -> None:  # fmt: skip
    """Store rows like one that is there, some or one for each n; `given` is SQL that differs."""
    given.setdefault("id", "anlass_uuid7()")
    columns = [str(field.column) for field in row._meta.concrete_fields]
    columns = [column for column in columns if column != omit]
    values = ", ".join(given.get(column, f"row.{column}") for column in columns)
    table, among = row._meta.db_table, among or f"generate_series(1, {count}) n"
    order = "" if "LIMIT" in where else "ORDER BY n"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
            f" FROM {table} row, {among} WHERE row.id = %s AND {where} {order}",
            [row.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        cursor.execute(f"ANALYZE {table}")  # Else the next table is filled by a plan for few rows.


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Filled]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield Filled()
        transaction.set_rollback(True)


@pytest.fixture
def filled(built: Filled, db: None) -> Filled:
    return built


LARGE_TABLES = {
    model._meta.db_table
    for model in (
        Customer, Contract, Subscription, Order, Event, Invoice, Charge, Failure, Delivery,
        BalanceMovement,
    )
}  # fmt: skip


def asked(filled: Filled, address: str) -> tuple[Any, list[str]]:
    """Return a page, and what is wrong with how it was read."""
    with CaptureQueriesContext(connection) as queries:
        answer = filled.app.get(address)
    assert answer.status == 200, answer.body
    return answer.body, [
        f"{sql}\n{each}"
        for sql in (query["sql"] for query in queries)
        if sql.startswith("SELECT") and any(f'"{table}"' in sql for table in LARGE_TABLES)
        for each in wrong_in(sql)
    ]


def wrong_in(sql: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.replace('%', '%%')}", [])
        (told,) = cursor.fetchone()
    plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    for node in nodes(plan):
        loops = node["Actual Loops"]
        read = loops * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE_TABLES:
            yield f"reads all of {node['Relation Name']}"
        if "Scan" in node["Node Type"] and read > MOST_READ:
            yield f"{node['Node Type']} {node.get('Index Name', '')}: {read} rows"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def filters_of(route: str) -> list[str]:
    listing: Any = getattr(LISTS[route], "listing", None)
    return list(listing.filters.declared()) if listing else []


def address(route: str) -> str:
    return "/" + route.replace("<reference:id>", "ext:A1")


TRIED = [(route, name) for route in LARGE for name in filters_of(route)]


class TestCosts:
    @pytest.mark.parametrize("route", LARGE)
    def test_of_a_page_and_of_one_deep_below(self, filled: Filled, route: str) -> None:
        page, wrong = asked(filled, f"{address(route)}?limit={LIMIT}")
        for _ in range(3):
            page, more = asked(filled, page["next"])
            wrong += more

        assert len(page["results"]) == LIMIT
        assert wrong == []

    @pytest.mark.parametrize(("route", "name"), TRIED)
    def test_of_a_page_by_each_filter(self, filled: Filled, route: str, name: str) -> None:
        needs = LISTS[route].listing.filters.declared()[name].needs
        narrow = f"&invoice={filled.values()['invoice']}" if needs else ""
        value = {"failures": "open"}.get(route) if name == "state" else None
        path = f"{address(route)}?limit={LIMIT}&{name}={value or filled.values()[name]}{narrow}"

        page, wrong = asked(filled, path)
        if page["next"]:
            _, more = asked(filled, page["next"])
            wrong += more

        assert wrong == []
