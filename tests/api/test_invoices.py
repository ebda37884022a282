"""`/invoices`."""

import pytest

from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from tests import factories
from tests.api.conftest import UNKNOWN, App, bill_all


@pytest.fixture
def invoice(seller: Seller) -> Invoice:
    """One training for 99.00 net, for the customer A1."""
    factories.order(factories.customer(seller, external_id="A1"))
    (issued,) = bill_all(seller)
    return issued


class TestWrongWishes:
    @pytest.mark.parametrize(
        ("query", "remedy"),
        [
            ("kind=bill", '"bill" is not one of the choices: give invoice, credit_note.'),
            ("transaction=x", "Give an id (UUID)."),
        ],
    )
    def test_it_is_told_with_what_there_is(self, app: App, query: str, remedy: str) -> None:
        answer = app.get(f"/invoices?{query}")

        assert answer.status == 400
        assert answer.body["detail"].endswith(remedy)


class TestShow:
    def test_an_invoice_with_its_lines_taxes_and_hash(self, app: App, invoice: Invoice) -> None:
        answer = app.get(f"/invoices/{invoice.id}")

        body = answer.body
        (line,) = body["lines"]
        assert answer.status == 200
        assert (body["number"], body["kind"]) == ("R2026-000001", "invoice")
        # 99.00; 19 % = 18.81.
        assert body["net"] == line["net"] == {"amount": "99.00", "currency": "EUR"}
        assert body["gross"] == {"amount": "117.81", "currency": "EUR"}
        assert body["taxes"] == [
            {
                "category": "S",
                "percent": "19",
                "base": {"amount": "99.00", "currency": "EUR"},
                "tax": {"amount": "18.81", "currency": "EUR"},
                "note": "",
                "exemption_code": "",
            }
        ]
        assert (line["text"], line["quantity"], line["unit_price"]) == ("Training", "1", "99")
        assert body["retained_until"] == "2034-12-31"
        assert body["hash"] == invoice.hash
        assert body["transaction_id"] == str(invoice.transaction_id)
        assert line["order"] is not None

    def test_amounts_have_the_digits_of_their_currency(self, app: App, seller: Seller) -> None:
        customer = factories.customer(seller)
        factories.exchange_rate("JPY", "162.77")
        factories.order(customer, factories.line(unit_price="500"), currency="JPY")
        (invoice,) = bill_all(seller)

        body = app.get(f"/invoices/{invoice.id}").body

        assert body["net"] == {"amount": "500", "currency": "JPY"}

    def test_by_a_number_with_slashes(self, db: None) -> None:
        seller = factories.seller(invoice_number_format="R/{year}/{sequence}")
        app = App(factories.api_key(seller))
        factories.order(factories.customer(seller))
        bill_all(seller)

        answer = app.get("/invoices/by-number/R/2026/1")

        assert (answer.status, answer.body["number"]) == (200, "R/2026/1")
        assert app.get("/invoices/by-number/R/2026/2").status == 404
        assert app.get("/invoices/by-number/%00").status == 404

    def test_a_line_of_a_subscription_names_it(self, app: App, seller: Seller) -> None:
        plan = factories.plan(seller)
        contract = factories.contract(factories.customer(seller))
        subscription = factories.subscription(contract, plan)
        (invoice,) = bill_all(seller)

        body = app.get(f"/invoices/{invoice.id}").body

        (line,) = body["lines"]
        assert body["contract"] == str(contract.id)
        assert (line["subscription"], line["order"]) == (str(subscription.id), None)
        assert (line["starts_on"], line["ends_on"]) == ("2026-01-01", "2026-02-01")


class TestList:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", 1),
            ("?customer=ext:A1", 1),
            ("?customer=ext:A2", 0),
            ("?kind=invoice", 1),
            ("?kind=credit_note", 0),
            ("?issued_from=2026-01-01&issued_until=2026-01-02", 1),
            ("?issued_from=2026-01-02", 0),
            ("?issued_until=2026-01-01", 0),
            (f"?transaction={UNKNOWN}", 0),
        ],
    )
    def test_it_is_filtered(self, app: App, invoice: Invoice, query: str, found: int) -> None:
        factories.customer(invoice.seller, external_id="A2")

        answer = app.get(f"/invoices{query}")

        assert answer.status == 200
        assert len(answer.body["results"]) == found

    def test_by_transaction_and_contract(self, app: App, seller: Seller) -> None:
        contract = factories.contract(factories.customer(seller), external_id="C1")
        factories.subscription(contract, factories.plan(seller))
        factories.order(contract.customer)
        of_contract, of_order = bill_all(seller)

        by_contract = app.get("/invoices?contract=ext:C1").body["results"]
        by_transaction = app.get(f"/invoices?transaction={of_order.transaction_id}").body["results"]

        assert [row["id"] for row in by_contract] == [str(of_contract.id)]
        assert [row["id"] for row in by_transaction] == [str(of_order.id)]

    @pytest.mark.parametrize(
        ("query", "errors"),
        [
            ("kind=x", {"kind": "invalid_choice"}),
            ("customer=x", {"customer": "malformed_reference"}),
            ("customer=ext:none", {"customer": "does_not_exist"}),
            ("issued_from=0001-01-01", {"issued_from": "out_of_range"}),
            ("transaction=1", {"transaction": "invalid"}),
            ("issue_from=2026-01-01", {"issue_from": "unknown_field"}),
            ("limit=0", {"limit": "min_value"}),
            ("limit=101", {"limit": "max_value"}),
            ("cursor=%00", {"cursor": "invalid"}),
        ],
    )
    def test_a_wrong_filter_is_named(self, app: App, query: str, errors: dict[str, str]) -> None:
        answer = app.get(f"/invoices?{query}")

        assert (answer.status, answer.errors) == (400, errors)
