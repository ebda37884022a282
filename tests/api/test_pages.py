"""Lists: newest first, in pages, at a price that doesn't grow with the rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App, bill_all

LISTS = [
    "/customers",
    "/products",
    "/plans",
    "/prices",
    "/contracts",
    "/subscriptions",
    "/orders",
    "/invoices",
    "/events",
    "/failures",
]


def trade(seller: Seller) -> None:
    """Add to every list."""
    customer = factories.customer(seller)
    plan = factories.plan(seller)
    factories.price_of(plan, code="more")
    subscription = factories.subscription(factories.contract(customer), plan)
    factories.subscription(subscription.contract, factories.plan(seller))
    factories.order(customer, factories.line(), factories.line())
    unpriced = factories.line(product=factories.product(seller), unit_price=None, tax_class="")
    factories.order(customer, unpriced)
    bill_all(seller)


class TestPages:
    def test_the_pages_hold_every_row_once_newest_first(self, app: App, seller: Seller) -> None:
        made = [str(factories.customer(seller).id) for _ in range(7)]

        found, path = [], "/customers?limit=3"
        while path:
            page = app.get(path).body
            found.append([row["id"] for row in page["results"]])
            path = page["next"]

        assert [len(rows) for rows in found] == [3, 3, 1]
        assert [row for rows in found for row in rows] == made[::-1]

    def test_a_row_that_comes_between_two_pages_shifts_nothing(
        self, app: App, seller: Seller
    ) -> None:
        _, middle, newest = [str(factories.customer(seller).id) for _ in range(3)]
        first = app.get("/customers?limit=1").body
        factories.customer(seller)

        second = app.get(first["next"]).body

        assert first["results"][0]["id"] == newest
        assert second["results"][0]["id"] == middle

    def test_filters_stay_on_the_next_page(self, app: App, seller: Seller) -> None:
        trade(seller)

        page = app.get("/events?limit=1&type=order.placed").body

        assert "type=order.placed" in page["next"]
        assert app.get(page["next"]).body["results"][0]["type"] == "order.placed"

    @pytest.mark.parametrize("path", LISTS)
    def test_more_rows_cost_no_more_queries(self, app: App, seller: Seller, path: str) -> None:
        trade(seller)
        with CaptureQueriesContext(connection) as few:
            before = app.get(path)
        for _ in range(3):
            trade(seller)
        with CaptureQueriesContext(connection) as many:
            after = app.get(path)

        assert len(after.body["results"]) > len(before.body["results"]) > 0
        # Three are of the request's transaction, with its limit in time.
        assert len(many) == len(few) <= 7

    def test_a_subscription_s_changes(self, app: App, seller: Seller) -> None:
        subscription = factories.subscription(
            factories.contract(factories.customer(seller)), factories.plan(seller)
        )
        path = f"/subscriptions/{subscription.id}/changes"
        for quantity in range(4):
            app.post(path, {"kind": "change_quantity", "quantity": quantity})

        first = app.get(f"{path}?limit=3").body
        second = app.get(first["next"]).body

        assert [row["quantity"] for row in first["results"]] == ["3", "2", "1"]
        assert [row["kind"] for row in second["results"]] == ["change_quantity", "start"]
