"""`/orders`."""

from typing import Any

import pytest
from pytest_django import Settings

from billing.events.models import Event, Failure
from billing.orders.models import Order
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import UNKNOWN, App, bill_all

TRAINING = {
    "text": "Training",
    "quantity": "2",
    "unit_price": "15.00",
    "tax_class": "standard",
    "tax_included": False,
}


@pytest.fixture
def acme(seller: Seller) -> str:
    factories.customer(seller, external_id="A1")
    return "ext:A1"


class TestPlace:
    def test_an_order_is_recorded_and_can_be_followed(self, app: App, acme: str) -> None:
        body = {"customer": acme, "external_id": "2026/O-1", "lines": [TRAINING]}

        answer = app.post("/orders", body)

        event = Event.objects.get()
        assert answer.status == 201
        assert answer.body["transaction_id"] == str(event.id)
        assert (answer.body["currency"], answer.body["ordered_on"]) == ("EUR", "2026-01-01")
        assert answer.body["lines"] == [
            {
                **TRAINING,
                "unit_price": "15",
                "position": 1,
                "product": None,
                "supply": "digital",
                "unit": "C62",
                "item_number": "",
                "description": "",
                "exemption_code": "",
                "exemption_text": "",
            }
        ]
        assert app.get("/orders/ext:2026/O-1").body == answer.body
        assert answer.headers["Location"].endswith(f"/api/v1/orders/{answer.body['id']}")

    def test_it_becomes_an_invoice(self, app: App, seller: Seller, acme: str) -> None:
        placed = app.post("/orders", {"customer": acme, "lines": [TRAINING]})

        (invoice,) = bill_all(seller)

        # 2 x 15.00 = 30.00; 19 % = 5.70.
        assert (invoice.net_minor, invoice.tax_minor, invoice.gross_minor) == (30_00, 5_70, 35_70)
        assert str(invoice.transaction_id) == placed.body["transaction_id"]

    def test_numbers_are_taken_digit_by_digit(self, app: App, acme: str) -> None:
        body = (
            '{"customer": "ext:A1", "lines": [{"text": "x", "tax_class": "zero",'
            ' "quantity": 3, "unit_price": 0.123456789012}]}'
        )

        answer = app.send("POST", "/orders", body)

        assert answer.body["lines"][0]["unit_price"] == "0.123456789012"

    def test_a_product_has_its_price_of_the_day(self, app: App, seller: Seller, acme: str) -> None:
        product = factories.product(seller, code="mug")
        factories.price_of(of=product, unit_price="9.99", tax_included=True)

        answer = app.post(
            "/orders", {"customer": acme, "lines": [{"product": "code:mug", "quantity": 3}]}
        )
        (invoice,) = bill_all(seller)

        assert answer.body["lines"][0]["product"] == str(product.id)
        assert invoice.gross_minor == 29_97

    def test_a_product_without_price_is_accepted_and_becomes_a_failure(
        self, app: App, seller: Seller, acme: str
    ) -> None:
        factories.product(seller, code="mug")

        answer = app.post(
            "/orders", {"customer": acme, "lines": [{"product": "code:mug", "quantity": "1"}]}
        )
        bill_all(seller)

        assert answer.status == 201
        assert Failure.objects.get().code == "price_missing"

    def test_a_thousand_lines_cost_no_more_queries_than_one(
        self,
        app: App,
        seller: Seller,
        acme: str,
        settings: Settings,
        django_assert_num_queries: Any,
    ) -> None:
        settings.BACKPRESSURE_SECONDS = 0  # It is looked at once a while: in one of the two.
        product = factories.product(seller)
        factories.price_of(of=product)
        line = {"product": str(product.id), "quantity": "1"}
        with django_assert_num_queries(16):
            one = app.post("/orders", {"customer": acme, "lines": [line]})
        with django_assert_num_queries(16):
            many = app.post("/orders", {"customer": acme, "lines": [line] * 1000})

        assert (one.status, many.status) == (201, 201)

    def test_an_external_id_is_given_once(self, app: App, acme: str) -> None:
        body = {"customer": acme, "external_id": "O1", "lines": [TRAINING]}
        app.post("/orders", body)

        answer = app.post("/orders", body)

        assert (answer.status, answer.errors) == (409, {"external_id": "external_id_taken"})
        assert Event.objects.count() == 1


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "errors"),
        [
            ({"customer": UNKNOWN}, {"customer": "does_not_exist"}),
            ({"customer": {"name": "New"}}, {"customer": "invalid"}),
            ({"lines": []}, {"lines": "empty"}),
            ({"lines": {}}, {"lines": "not_a_list"}),
            ({"lines": [TRAINING] * 1001}, {"lines": "max_length"}),
            ({"on": "2026-01-02"}, {"on": "order_in_future"}),
            ({"on": "0001-01-01"}, {"on": "out_of_range"}),
            ({"on": "9999-12-31"}, {"on": "out_of_range"}),
            ({"currency": "ABC"}, {"currency": "unknown_currency"}),
            ({"external_id": "x" * 101}, {"external_id": "max_length"}),
            ({"note": "x"}, {"note": "unknown_field"}),
        ],
    )
    def test_a_wrong_field_is_named(
        self, app: App, acme: str, change: dict[str, Any], errors: dict[str, str]
    ) -> None:
        answer = app.post("/orders", {"customer": acme, "lines": [TRAINING], **change})

        assert (answer.status, answer.errors) == (400, errors)
        assert not Order.objects.exists()

    @pytest.mark.parametrize(
        ("change", "errors"),
        [
            ({"quantity": "0"}, {"lines.1.quantity": "min_value"}),
            ({"quantity": "-1"}, {"lines.1.quantity": "min_value"}),
            ({"quantity": "1e3"}, {"lines.1.quantity": "invalid"}),
            ({"quantity": "Infinity"}, {"lines.1.quantity": "invalid"}),
            ({"quantity": True}, {"lines.1.quantity": "invalid"}),
            ({"unit_price": "-0.01"}, {"lines.1.unit_price": "min_value"}),
            ({"unit_price": "0.0000000000001"}, {"lines.1.unit_price": "max_decimal_places"}),
            ({"unit_price": "1000000000000"}, {"lines.1.unit_price": "max_whole_digits"}),
            ({"text": ""}, {"lines.1.text": "required"}),
            ({"tax_class": "luxury"}, {"lines.1.tax_class": "invalid_choice"}),
            ({"tax_included": "yes"}, {"lines.1.tax_included": "invalid"}),
            ({"produkt": "x"}, {"lines.1.produkt": "unknown_field"}),
            (
                {"unit_price": "999999999999", "quantity": "999999"},
                {"lines.1.quantity": "amount_too_large"},
            ),
        ],
    )
    def test_the_wrong_line_is_named(
        self, app: App, acme: str, change: dict[str, Any], errors: dict[str, str]
    ) -> None:
        lines = [TRAINING, {**TRAINING, **change}]

        answer = app.post("/orders", {"customer": acme, "lines": lines})

        assert (answer.status, answer.errors) == (400, errors)

    @pytest.mark.parametrize(
        ("line", "errors"),
        [
            ({"quantity": "1"}, {"lines.0.unit_price": "required"}),
            (
                {"quantity": "1", "unit_price": "1"},
                {"lines.0.text": "required", "lines.0.tax_class": "required"},
            ),
            (
                {"quantity": "1", "product": "code:mug", "tax_class": "standard"},
                {"lines.0.tax_class": "not_applicable"},
            ),
            ({"quantity": "1", "product": "code:cup"}, {"lines.0.product": "does_not_exist"}),
        ],
    )
    def test_a_line_is_priced_or_of_a_product(
        self, app: App, seller: Seller, acme: str, line: dict[str, str], errors: dict[str, str]
    ) -> None:
        factories.product(seller, code="mug")

        answer = app.post("/orders", {"customer": acme, "lines": [line]})

        assert (answer.status, answer.errors) == (400, errors)

    def test_a_sum_that_is_too_large_is_refused(self, app: App, acme: str) -> None:
        line = {**TRAINING, "unit_price": "50000000000000"[:12], "quantity": "200"}  # 1E14 EUR.

        answer = app.post("/orders", {"customer": acme, "lines": [line, line]})

        assert answer.errors == {"lines": "amount_too_large"}
