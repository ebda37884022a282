"""What every list has in common: constant queries, filters, nested objects, chosen fields."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.events.models import Failure
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import UNKNOWN, App, bill_all
from tests.api.lists import LISTS, House

# Of which thing's rows a list below a thing is asked for, or what must be given with it.
ADDRESSES = {
    "customers/<reference:id>/balance-movements": "/customers/ext:A1/balance-movements?",
    "customers/<reference:id>/vat-id-checks": "/customers/ext:A1/vat-id-checks?",
    "subscriptions/<reference:id>/changes": "/subscriptions/ext:S1/changes?",
    "invoices/<reference:id>/corrections": "/invoices/{invoice}/corrections?",
    "failure-causes/<reference:id>/notes": "/failure-causes/{fingerprint}/notes?",
    "waiting-charges": "/waiting-charges?customer=ext:later&",
    "usage": "/usage?subscription=ext:S1&meter=code:calls&",
    "usage/days": "/usage/days?subscription=ext:S1&meter=code:calls&",
}


def address(route: str, house: House) -> str:
    if "<" not in route and route not in ADDRESSES:
        return f"/{route}?"
    failed = Failure.objects.filter(seller=house.seller).select_related("cause").first()
    # A list that is missing fails here.
    return ADDRESSES[route].format(
        invoice=house.invoice.pk, fingerprint=failed.cause.fingerprint if failed else ""
    )


@pytest.fixture
def house(seller: Seller) -> House:
    house = House(seller)
    house.trade()
    return house


class Counted:
    """The queries of each list, with each expansion, among few rows and among many."""

    def __init__(self) -> None:
        house = House(factories.seller())
        house.trade_more(0)
        house.trade_more(1)
        self.app = App(factories.api_key(house.seller))
        self.app.get("/seller")  # The first request notes that the key is used.
        self.few = self._count(house)
        for number in range(2, 8):
            house.trade_more(number)
        self.many = self._count(house)

    def _count(self, house: House) -> dict[str, dict[str, tuple[int, int]]]:
        return {
            route: {
                name: queries(self.app, f"{address(route, house)}limit=100{name}")
                for name in ("", *(f"&expand={each}" for each in expands(route)))
            }
            for route in LISTS
        }


def expands(route: str) -> list[str]:
    listing: Any = getattr(LISTS[route], "listing", None)
    return list(listing.expands) if listing else []


@pytest.fixture(scope="module")
def counted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Counted]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield Counted()
        transaction.set_rollback(True)


class TestQueries:
    @pytest.mark.parametrize("route", LISTS)
    def test_more_rows_cost_no_more_of_them(self, counted: Counted, route: str) -> None:
        few, many = counted.few[route], counted.many[route]

        assert {name: count for name, (count, _) in many.items()} == {
            name: count for name, (count, _) in few.items()
        }
        assert max(count for count, _ in many.values()) <= 10
        grown = many[""][1] - few[""][1]
        assert grown >= 6 or route in House.seldom


def queries(app: App, path: str) -> tuple[int, int]:
    """Return how many queries a page takes, and how many rows it has."""
    with CaptureQueriesContext(connection) as found:
        answer = app.get(path)
    assert answer.status == 200, answer.body
    return len(found), len(answer.body["results"])


class TestFilters:
    def test_ranges_are_half_open(self, app: App, seller: Seller) -> None:
        customer = factories.customer(seller)
        for amount in ("100.00", "200.00", "300.00"):
            factories.order(customer, factories.line(unit_price=amount, tax_class="zero"))
        bill_all(seller)

        page = app.get("/invoices?gross_from=100.00&gross_until=300.00").body

        assert [row["gross"]["amount"] for row in page["results"]] == ["200.00", "100.00"]

    def test_an_amount_is_in_the_currency_that_is_asked_for(self, app: App, seller: Seller) -> None:
        factories.order(factories.customer(seller))
        bill_all(seller)

        assert len(app.get("/invoices?gross_from=1").body["results"]) == 1
        assert app.get("/invoices?gross_from=1&currency=USD").body["results"] == []
        assert app.get("/invoices?gross_from=1.001").errors == {"gross_from": "max_decimal_places"}

    def test_a_day_begins_where_the_seller_is(self, app: App, seller: Seller) -> None:
        at = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # 0:30 on 1 March in Berlin.
        customer = factories.customer(seller, created_at=at)

        def found(query: str) -> list[str]:
            return [row["id"] for row in app.get(f"/customers?{query}").body["results"]]

        assert found("created_from=2026-03-01") == [str(customer.pk)]
        assert found("created_until=2026-03-01") == []
        assert found("created_from=2026-02-28T23:31:00Z") == []
        assert found("created_until=2026-03-01T00:31:00%2B01:00") == [str(customer.pk)]

    @pytest.mark.parametrize(
        ("query", "errors"),
        [
            ("/invoices?isued_from=2026-01-01", {"isued_from": "unknown_field"}),
            ("/invoices?issued_from=1.1.2026", {"issued_from": "invalid"}),
            ("/invoices?kind=bill", {"kind": "invalid_choice"}),
            ("/invoices?currency=EURO", {"currency": "unknown_currency"}),
            ("/invoices?customer=A1", {"customer": "malformed_reference"}),
            (f"/invoices?subscription={UNKNOWN}", {"subscription": "does_not_exist"}),
            ("/customers?created_from=yesterday", {"created_from": "invalid"}),
            ("/customers?created_from=2026-13-01", {"created_from": "invalid"}),
            ("/customers?created_from=2026-01-01T25:00:00Z", {"created_from": "invalid"}),
            ("/charges?issued_from=2026-01-01", {"issued_from": "too_wide"}),
            ("/invoices?expand=custmer", {"expand": "unknown_name"}),
            ("/invoices?fields=id,nummer", {"fields": "unknown_name"}),
            ("/invoices?limit=101", {"limit": "max_value"}),
            ("/invoices?format=csv", {"format": "unknown_field"}),
        ],
    )
    def test_what_is_wrong_is_named(self, app: App, query: str, errors: dict[str, str]) -> None:
        answer = app.get(query)

        assert (answer.status, answer.errors) == (400, errors)

    def test_a_customer_s_subscriptions(self, app: App, house: House) -> None:
        other = factories.contract(factories.customer(house.seller))
        factories.subscription(other, house.plan)

        found = app.get("/subscriptions?customer=ext:A1").body["results"]

        mine = {str(contract.pk) for contract in house.customer.contracts.all()}
        assert {row["contract"] for row in found} == mine


def cursor_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["cursor"][0]


def billed_next(seller: Seller, *days: int) -> list[Contract]:
    """Contracts on which something is due next on some days of March."""
    customer = factories.customer(seller)
    made = [factories.contract(customer) for _ in days]
    for contract, day in zip(made, days, strict=True):
        move(contract, date(2026, 3, day))
    return made


def move(contract: Contract, day: date | None) -> None:
    Contract.objects.filter(pk=contract.pk).update(next_billing_date=day)


class TestCursors:
    def orders(self, seller: Seller) -> None:
        """Two orders on each of three days, recorded in another order than that of the days."""
        customer = factories.customer(seller)
        for day in (3, 1, 2, 1, 3, 2):
            factories.order(customer, ordered_on=date(2025, 12, day))

    def test_what_is_of_one_day_comes_once_each(self, app: App, seller: Seller) -> None:
        self.orders(seller)

        found, path = [], "/orders?ordered_from=2025-12-01&limit=1"
        while path:
            page = app.get(path).body
            found += [(row["ordered_on"], row["id"]) for row in page["results"]]
            path = page["next"]

        assert len(found) == 6
        assert found == sorted(set(found), reverse=True)

    def test_one_that_no_page_gave_is_refused(self, app: App, seller: Seller) -> None:
        self.orders(seller)

        answer = app.get(f"/orders?ordered_from=2025-12-01&cursor={UNKNOWN}")

        assert (answer.status, answer.errors) == (400, {"cursor": "invalid"})

    def test_one_of_another_seller_is_refused(self, app: App, seller: Seller) -> None:
        theirs = factories.order(factories.customer(factories.seller()))

        answer = app.get(f"/orders?ordered_from=2025-12-01&cursor={theirs.pk}")

        assert answer.errors == {"cursor": "invalid"}

    def test_one_goes_on_with_other_filters(self, app: App, seller: Seller) -> None:
        self.orders(seller)
        first = app.get("/orders?ordered_from=2025-12-01&limit=1").body["results"][0]

        rest = app.get(f"/orders?ordered_from=2025-12-02&cursor={first['id']}").body["results"]

        assert [row["ordered_on"] for row in rest] == ["2025-12-03", "2025-12-02", "2025-12-02"]

    @pytest.mark.parametrize("moved", [date(2026, 4, 2), None])
    def test_one_holds_though_its_row_moves_on(
        self, app: App, seller: Seller, moved: date | None
    ) -> None:
        first, second, third = billed_next(seller, 1, 2, 3)
        page = app.get("/contracts?next_billing_from=2026-03-01&limit=2").body
        move(second, moved)

        rest = app.get(page["next"]).body

        assert [row["id"] for row in page["results"]] == [str(third.pk), str(second.pk)]
        assert [row["id"] for row in rest["results"]] == [str(first.pk)]

    def test_one_of_another_order_is_refused(self, app: App, seller: Seller) -> None:
        billed_next(seller, 1, 2)
        by_key = cursor_of(app.get("/contracts?limit=1").body["next"])

        answer = app.get(f"/contracts?next_billing_from=2026-03-01&cursor={by_key}")

        assert (answer.status, answer.errors) == (400, {"cursor": "invalid"})

    @pytest.mark.parametrize("texts", [["None"], ["None", UNKNOWN], ["2026-03-01", "None"]])
    def test_nothing_lies_behind_null(self, app: App, texts: list[str]) -> None:
        cursor = urlsafe_b64encode(json.dumps(texts).encode()).decode()

        answer = app.get(f"/contracts?next_billing_from=2026-03-01&cursor={cursor}")

        assert (answer.status, answer.errors) == (400, {"cursor": "invalid"})

    def test_lines_of_one_invoice_go_over_pages(self, app: App, seller: Seller) -> None:
        lines = [factories.line(text=str(number)) for number in range(5)]
        factories.order(factories.customer(seller), *lines)
        bill_all(seller)

        found, path = [], "/charges?limit=2"
        while path:
            page = app.get(path).body
            found += [row["text"] for row in page["results"]]
            path = page["next"]

        assert found == ["4", "3", "2", "1", "0"]


class TestExpand:
    def test_objects_come_instead_of_ids(self, app: App, house: House) -> None:
        page = app.get("/invoices?expand=customer,contract,lines").body
        invoice = page["results"][-1]

        assert invoice["customer"] == app.get("/customers/ext:A1").body
        assert invoice["contract"] == app.get("/contracts/ext:C1").body
        alone = app.get(f"/invoices/{invoice['id']}").body
        shown = [{k: v for k, v in line.items() if k != "left"} for line in alone["lines"]]
        assert invoice["lines"] == shown

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/contracts/ext:C1", "customer"),
            ("/subscriptions/ext:S1", "contract"),
            ("/orders/ext:O1", "customer"),
            ("/plans/code:pro", "product"),
        ],
    )
    def test_on_single_objects_too(self, app: App, house: House, path: str, name: str) -> None:
        plain, nested = app.get(path).body, app.get(f"{path}?expand={name}").body

        assert nested[name]["id"] == plain[name]
        assert {**nested, name: plain[name]} == plain

    def test_names_that_come_one_by_one_all_count(self, app: App, house: House) -> None:
        together = app.get("/invoices?expand=customer,contract&limit=1").body
        one_by_one = app.get("/invoices?expand=customer&expand=contract&limit=1").body

        assert one_by_one["results"] == together["results"]
        assert (
            app.get(one_by_one["next"]).body["results"]
            == (app.get(together["next"]).body["results"])
        )

    def test_null_stays_null(self, app: App, seller: Seller) -> None:
        factories.order(factories.customer(seller))
        bill_all(seller)

        (invoice,) = app.get("/invoices?expand=contract").body["results"]

        assert invoice["contract"] is None


class TestFields:
    def test_only_those_that_are_asked_for_come(self, app: App, house: House) -> None:
        for invoice in app.get("/invoices?fields=number,gross").body["results"]:
            assert invoice.keys() == {"number", "gross"}

    def test_other_columns_are_not_read(self, app: App, house: House) -> None:
        with CaptureQueriesContext(connection) as queries:
            app.get("/events?fields=id,type")

        (sql,) = [each["sql"] for each in queries if 'FROM "billing_event"' in each["sql"]]
        assert "payload" not in sql

    @pytest.mark.parametrize("route", [each for each in LISTS if "<" not in each])
    def test_each_field_alone_costs_no_more_queries(
        self, app: App, house: House, route: str
    ) -> None:
        listing: Any = getattr(LISTS[route], "listing", None)
        path = address(route, house)
        whole, _ = queries(app, path)
        for name in listing.names if listing and listing.sparse else ():
            assert queries(app, f"{path}fields={name}")[0] <= whole


class TestReads:
    def test_credit_notes_are_a_resource(self, app: App, house: House) -> None:
        (note,) = app.get("/credit-notes").body["results"]

        alone = app.get(f"/credit-notes/{note['id']}").body
        assert alone == app.get(f"/invoices/{note['id']}").body
        assert alone["kind"] == "credit_note"
        assert app.get(f"/credit-notes/{house.invoice.pk}").status == 404
        corrected = alone["corrected_invoice"]
        assert app.get(f"/credit-notes?corrected_invoice={corrected}").body["results"] == [note]

    def test_charges_of_a_subscription(self, app: App, house: House) -> None:
        (charge,) = app.get("/charges?subscription=ext:S1").body["results"]

        assert charge["invoice"] == str(house.invoice.pk)
        assert app.get(f"/charges/{charge['id']}").body == charge

    def test_movements_of_all_balances(self, app: App, house: House) -> None:
        found = app.get("/balance-movements").body["results"]

        assert found == app.get("/customers/ext:A1/balance-movements").body["results"]
        assert found == app.get("/balance-movements?customer=ext:A1").body["results"]

    def test_names_of_its_own_find_each_thing(self, app: App, house: House) -> None:
        code = house.plan.product.code
        for path in (
            "/customers/ext:A1", "/contracts/ext:C1", "/subscriptions/ext:S1", "/orders/ext:O1",
            "/plans/code:pro", f"/products/code:{code}", "/coupons/code:WELCOME",
            "/meters/code:calls", "/invoices?customer=ext:A1", "/invoices?contract=ext:C1",
            "/invoices?subscription=ext:S1", f"/prices?product=code:{code}",
            "/prices?meter=code:calls",
        ):  # fmt: skip
            assert app.get(path).status == 200

    def test_the_customer_with_an_address(self, app: App, house: House) -> None:
        (found,) = app.get("/customers?email=a@customer.example").body["results"]

        assert found["id"] == str(Customer.objects.get(external_id="A1").pk)
