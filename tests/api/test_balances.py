"""`/customers/{id}/balance`, its movements, and the invoices that use it."""

from typing import Any

import pytest

from billing.sellers.models import Seller
from invoices.balances.models import BalanceMovement
from tests import factories
from tests.api.conftest import UNKNOWN, App, bill_all

MOVEMENTS = "/customers/ext:A1/balance-movements"
PAID = {"kind": "prepayment", "amount": "100.00", "reason": "Bank, 2 January"}


@pytest.fixture
def customer(seller: Seller) -> None:
    factories.customer(seller, external_id="A1")


@pytest.mark.usefixtures("customer")
class TestBalance:
    def test_nothing_is_there_at_first(self, app: App) -> None:
        assert app.get("/customers/ext:A1/balance").body == {"balances": []}

    def test_a_prepayment_is_shown_by_currency_and_lot(self, app: App) -> None:
        answer = app.post(MOVEMENTS, {**PAID, "expires_on": "2027-01-01"})
        app.post(MOVEMENTS, {**PAID, "currency": "CHF", "amount": "5"})

        (made,) = answer.body["movements"]
        swiss, euros = app.get("/customers/ext:A1/balance").body["balances"]
        assert (answer.status, made["rest"]) == (201, {"amount": "100.00", "currency": "EUR"})
        assert euros == {"balance": made["amount"], "lots": [made]}
        assert swiss["balance"] == {"amount": "5.00", "currency": "CHF"}
        assert made["expires_on"] == "2027-01-01"
        assert app.get(f"/transactions/{made['transaction_id']}").status == 200

    def test_an_invoice_uses_it(self, app: App, seller: Seller) -> None:
        app.post(MOVEMENTS, PAID)
        factories.order(seller.customers.get())
        (invoice,) = bill_all(seller)

        shown = app.get(f"/invoices/{invoice.id}").body

        # 117.81 - 100.00
        assert shown["prepaid"] == {"amount": "100.00", "currency": "EUR"}
        assert shown["payable"] == {"amount": "17.81", "currency": "EUR"}
        applied, prepaid = app.get(MOVEMENTS).body["results"]
        assert (applied["kind"], applied["invoice"]) == ("applied", str(invoice.id))
        assert (applied["lot"], applied["rest"]) == (prepaid["id"], None)

    def test_a_repeated_request_books_once(self, app: App) -> None:
        for _ in range(2):
            answer = app.post(MOVEMENTS, PAID, Idempotency_Key="k1")

        assert answer.status == 201
        assert BalanceMovement.objects.count() == 1

    def test_a_fall_names_each_lot_that_it_takes_from(self, app: App) -> None:
        app.post(MOVEMENTS, {**PAID, "amount": "3"})
        app.post(MOVEMENTS, {**PAID, "amount": "3"})

        answer = app.post(MOVEMENTS, {"kind": "adjustment", "amount": "-4", "reason": "Fee"})

        amounts = [each["amount"]["amount"] for each in answer.body["movements"]]
        assert (answer.status, amounts) == (201, ["-3.00", "-1.00"])

    def test_a_lot_is_taken_back(self, app: App) -> None:
        (lot,) = app.post(MOVEMENTS, PAID).body["movements"]
        back = {"kind": "reversed", "lot": lot["id"], "reason": "Bounced"}

        answers = [app.post(MOVEMENTS, back) for _ in range(2)]

        assert answers[0].body["movements"][0]["amount"]["amount"] == "-100.00"
        assert (answers[1].status, answers[1].errors) == (409, {"lot": "lot_used_up"})

    @pytest.mark.parametrize(
        ("said", "errors"),
        [
            ({"amount": "0"}, {"amount": "min_value"}),
            ({"amount": "-1"}, {"amount": "min_value"}),
            ({"amount": "1.001"}, {"amount": "max_decimal_places"}),
            ({"kind": "applied"}, {"kind": "invalid_choice"}),
            ({"kind": "reversed"}, {"amount": "not_applicable", "lot": "required"}),
            ({"lot": UNKNOWN}, {"lot": "not_applicable"}),
            ({"reason": ""}, {"reason": "blank"}),
            ({"expires_on": "2026-01-01"}, {"expires_on": "balance_expires_too_early"}),
            (
                {"kind": "adjustment", "amount": "-1", "expires_on": "2027-01-01"},
                {"expires_on": "not_applicable"},
            ),
        ],
    )
    def test_wrong_input_names_the_field(
        self, app: App, said: dict[str, Any], errors: dict[str, str]
    ) -> None:
        answer = app.post(MOVEMENTS, {**PAID, **said})

        assert (answer.status, answer.errors) == (400, errors)
        assert not BalanceMovement.objects.exists()

    def test_more_than_there_is_is_refused(self, app: App) -> None:
        answer = app.post(MOVEMENTS, {"kind": "adjustment", "amount": "-1", "reason": "x"})

        assert (answer.status, answer.errors) == (409, {"amount": "balance_too_small"})

    def test_another_customer_s_lot_is_unknown(self, app: App, seller: Seller) -> None:
        other = factories.money(factories.customer(seller))

        answer = app.post(MOVEMENTS, {"kind": "reversed", "lot": str(other.id), "reason": "x"})

        assert (answer.status, answer.errors) == (400, {"lot": "does_not_exist"})


class TestCustomer:
    def test_what_becomes_of_credit_notes_and_balance_is_chosen(self, app: App) -> None:
        said = {"external_id": "B", "name": "B", "kind": "business", "country": "DE"}
        made = app.post("/customers", said)
        chosen = {"credit_notes_to": "payout", "apply_balance": "manual"}

        changed = app.patch("/customers/ext:B", chosen)

        assert (made.body["credit_notes_to"], made.body["apply_balance"]) == (
            "balance", "automatic",
        )  # fmt: skip
        assert {name: changed.body[name] for name in chosen} == chosen
