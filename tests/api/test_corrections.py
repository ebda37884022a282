"""Invoices taken back through the API, wholly and in part."""

from decimal import Decimal
from typing import Any

import pytest

from billing.sellers.models import Seller
from invoices.credit_notes.models import Correction
from invoices.issuing.models import Invoice
from tests import factories
from tests.api.conftest import UNKNOWN, App
from tests.corrections.conftest import drain

EUR = {"currency": "EUR"}
SAID = {"reason": "Wrong address", "bill_again": False}


@pytest.fixture
def invoice(seller: Seller) -> Invoice:
    """Two lines: 3 x 10.00 net, and a lamp for 11.90 gross."""
    factories.order(
        factories.customer(seller),
        factories.line(quantity=Decimal(3), unit_price=Decimal("10.00")),
        factories.line(text="Lamp", unit_price=Decimal("11.90"), tax_included=True),
    )
    (issued,) = drain()
    return issued


class TestCancellation:
    def test_it_becomes_a_credit_note(self, app: App, invoice: Invoice) -> None:
        answer = app.post(f"/invoices/{invoice.id}/cancellation", SAID)

        assert answer.status == 201
        assert (answer.body["kind"], answer.body["credit_note"]) == ("cancellation", None)
        assert answer.body["ordered_by"] == "API key Test"
        (note,) = drain()
        shown = app.get(answer.headers["Location"]).body
        assert shown["credit_note"] == str(note.id)
        assert shown["transaction_id"] == str(note.transaction_id)
        story = app.get(f"/transactions/{note.transaction_id}").body
        assert "API key Test had R2026-000001 cancelled: Wrong address" in str(story)

    def test_the_invoice_tells_of_it(self, app: App, invoice: Invoice) -> None:
        app.post(f"/invoices/{invoice.id}/cancellation", SAID)
        (note,) = drain()

        shown = app.get(f"/invoices/{invoice.id}").body

        assert (shown["title"], shown["open"]) == ("Rechnung", {"amount": "0.00", **EUR})
        assert shown["corrected_by"] == [
            {
                "id": str(note.id),
                "number": "G2026-000001",
                "issue_date": "2026-01-01",
                "correction_kind": "cancellation",
                "gross": {"amount": "-47.60", **EUR},
            }
        ]
        assert [line["left"]["amount"] for line in shown["lines"]] == ["0.00", "0.00"]

    def test_the_credit_note_tells_of_the_invoice(self, app: App, invoice: Invoice) -> None:
        app.post(f"/invoices/{invoice.id}/cancellation", SAID)
        (note,) = drain()

        shown = app.get(f"/invoices/{note.id}").body

        assert shown["title"] == "Stornorechnung"
        assert shown["corrected_invoice"] == str(invoice.id)
        assert shown["settled"] == {"amount": "47.60", **EUR}
        assert shown["open"] is None
        assert shown["lines"][0]["explained"] == (
            "Position 1 der Rechnung R2026-000001 vom 01.01.2026: 30,00 € zurückgenommen."
            " Grund: Wrong address"
        )

    def test_one_key_cancels_once(self, app: App, invoice: Invoice) -> None:
        address, key = f"/invoices/{invoice.id}/cancellation", {"Idempotency_Key": "k-1"}

        first, second = (app.post(address, SAID, **key) for _ in range(2))

        assert (first.status, second.status) == (201, 201)
        assert first.body == second.body
        assert Correction.objects.count() == 1

    def test_twice_is_refused(self, app: App, invoice: Invoice) -> None:
        app.post(f"/invoices/{invoice.id}/cancellation", SAID)

        answer = app.post(f"/invoices/{invoice.id}/cancellation", SAID)

        assert (answer.status, answer.code) == (409, "nothing_left")

    def test_a_credit_note_is_refused_with_the_remedy(self, app: App, invoice: Invoice) -> None:
        app.post(f"/invoices/{invoice.id}/cancellation", SAID)
        (note,) = drain()

        answer = app.post(f"/invoices/{note.id}/cancellation", SAID)

        assert (answer.status, answer.code) == (400, "credit_note_corrected")
        assert "is billed by an order" in answer.body["detail"]

    def test_a_preview_stores_nothing(self, app: App, invoice: Invoice) -> None:
        answer = app.post(f"/invoices/{invoice.id}/cancellation/preview", SAID)

        assert answer.status == 200
        assert (answer.body["title"], answer.body["gross"]["amount"]) == (
            "Stornorechnung", "-47.60",
        )  # fmt: skip
        assert answer.body["settled"]["amount"] == "47.60"
        assert not Correction.objects.exists()


class TestCorrections:
    def test_parts_of_lines(self, app: App, invoice: Invoice) -> None:
        lines = [{"line": 1, "quantity": "1"}, {"line": 2, "amount": "1.19"}]
        body = {"reason": "Broken", "lines": lines, "settle": "balance"}

        answer = app.post(f"/invoices/{invoice.id}/corrections", body)

        assert answer.status == 201
        assert answer.body["lines"] == [
            {"line": 1, "quantity": "1", "amount": {"amount": "10.00", **EUR}},
            {"line": 2, "quantity": None, "amount": {"amount": "1.19", **EUR}},
        ]
        (note,) = drain()
        assert (note.net_minor, note.tax_minor, note.gross_minor) == (-1100, -209, -1309)
        shown = app.get(f"/invoices/{invoice.id}").body
        assert [line["left"]["amount"] for line in shown["lines"]] == ["20.00", "10.71"]
        assert shown["open"]["amount"] == "47.60"
        listed = app.get(f"/invoices/{invoice.id}/corrections").body["results"]
        assert [row["id"] for row in listed] == [answer.body["id"]]

    def test_a_discount_is_previewed(self, app: App, invoice: Invoice) -> None:
        body = {"reason": "Late", "discount": {"percent": "10"}}

        answer = app.post(f"/invoices/{invoice.id}/corrections/preview", body)

        # 10 % of 30.00 net and of 11.90 gross
        assert answer.body["title"] == "Rechnungskorrektur"
        assert [line["net"]["amount"] for line in answer.body["lines"]] == ["-3.00", "-1.00"]
        assert answer.body["gross"]["amount"] == "-4.76"

    @pytest.mark.parametrize(
        ("body", "errors"),
        [
            ({}, {"reason": "required"}),
            ({"reason": "x"}, {"lines": "required"}),
            ({"reason": "x", "lines": []}, {"lines": "empty"}),
            ({"reason": "x", "lines": [{"line": 1}]}, {"lines.0.quantity": "required"}),
            (
                {"reason": "x", "lines": [{"line": 1, "amount": "1", "percent": "1"}]},
                {"lines.0.percent": "required"},
            ),
            (
                {"reason": "x", "lines": [{"line": 1, "amount": "0"}]},
                {"lines.0.amount": "min_value"},
            ),
            (
                {"reason": "x", "lines": [{"line": 9, "amount": "1"}]},
                {"lines.0.line": "part_unclear"},
            ),
            ({"reason": "x", "discount": {"percent": "101"}}, {"discount.percent": "max_value"}),
            ({"reason": "x", "discount": {"amount": "1"}}, {"discount.amount": "part_unclear"}),
            (
                {"reason": "x", "discount": {"percent": "1"}, "settle": "x"},
                {"settle": "invalid_choice"},
            ),
            ({"reason": "x", "bill_again": True}, {"bill_again": "unknown_field"}),
        ],
    )
    def test_what_is_wrong_is_named(
        self, app: App, invoice: Invoice, body: dict[str, Any], errors: dict[str, str]
    ) -> None:
        for page in ("corrections", "corrections/preview"):
            answer = app.post(f"/invoices/{invoice.id}/{page}", body)

            assert answer.status == 400
            assert answer.errors == errors

    def test_more_than_is_left_is_refused_at_its_field(self, app: App, invoice: Invoice) -> None:
        body = {"reason": "x", "lines": [{"line": 1, "amount": "30.01"}]}

        answer = app.post(f"/invoices/{invoice.id}/corrections", body)

        assert (answer.status, answer.errors) == (409, {"lines.0.amount": "more_than_left"})
        assert "no more than 30.00 EUR is left" in answer.body["detail"]

    def test_an_unknown_invoice_is_not_there(self, app: App, invoice: Invoice) -> None:
        for page in ("cancellation", "corrections", "corrections/preview"):
            assert app.post(f"/invoices/{UNKNOWN}/{page}", SAID).status == 404
