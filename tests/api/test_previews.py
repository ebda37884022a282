"""`/subscriptions/{id}/preview` and `/contracts/{id}/preview`: what would be billed, not stored."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from billing.contracts.commands import step_test_clock
from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.events.models import Failure
from billing.sellers.commands import advance_test_clock
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App, bill_all
from tests.factories import AT

PREVIEW = "/subscriptions/ext:crm/preview"
CHANGES = "/subscriptions/ext:crm/changes"


@pytest.fixture
def contract(seller: Seller) -> Contract:
    """One of a plan for 30.00 a month since 1 January, paid; plan "pro" costs 60.00."""
    made = factories.contract(factories.customer(seller, locale="en"), external_id="deal")
    factories.plan(seller, code="pro", price={"unit_price": Decimal("60.00")})
    factories.subscription(made, factories.plan(seller, code="basic"), external_id="crm")
    bill_all(seller)
    return made


def let_pass(seller: Seller, to: date) -> None:
    """Take the test clock to a day."""
    advance_test_clock(seller=seller, to=to, at=AT)
    while step_test_clock(seller=seller, at=AT):
        bill_all(seller)


def stored() -> dict[str, Any]:
    """Return how many rows each table has, and the latest figure of each sequence."""
    found: dict[str, Any] = {
        model._meta.db_table: model._default_manager.count() for model in apps.get_models()
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences")
        found |= dict(cursor.fetchall())
    return found


def sums(document: Any) -> list[str]:
    return [document[name]["amount"] for name in ("net", "tax", "gross")]


def sold_in(contract: Contract, currency: str) -> None:
    """A contract and a plan of another currency."""
    factories.contract(contract.customer, currency=currency, external_id="abroad")
    factories.plan(contract.seller, code="abroad", price={"currency": currency})


def payments(document: Any) -> list[str]:
    return [document[name]["amount"] for name in ("prepaid", "payable")]


START_PREVIEW = "/contracts/ext:deal/preview"
UPGRADE = {"kind": "change_plan", "plan": "code:pro"}


class TestChanges:
    def test_it_shows_what_an_upgrade_costs_now_and_per_period(
        self, app: App, seller: Seller, contract: Contract
    ) -> None:
        let_pass(seller, date(2026, 1, 16))

        answer = app.post(PREVIEW, UPGRADE)

        assert answer.status == 200
        body = answer.body
        assert body["effective_on"] == "2026-01-16"
        # 16 of 31 days: 60.00 x 16/31 = 30.97, less 30.00 - 30.00 x 15/31 = 15.48
        assert [line["net"]["amount"] for line in body["now"]["lines"]] == ["-15.48", "30.97"]
        assert sums(body["now"]) == ["15.49", "2.94", "18.43"]
        assert (body["then"]["starts_on"], body["then"]["ends_on"]) == ("2026-02-01", "2026-03-01")
        assert sums(body["then"]) == ["60.00", "11.40", "71.40"]

    def test_it_is_what_the_change_then_bills(
        self, app: App, seller: Seller, contract: Contract
    ) -> None:
        let_pass(seller, date(2026, 1, 16))
        shown = app.post(PREVIEW, UPGRADE).body["now"]
        app.post(CHANGES, UPGRADE)
        (invoice,) = bill_all(seller)

        billed = app.get(f"/invoices/{invoice.id}").body

        assert [billed[name] for name in ("net", "tax", "gross", "taxes")] == [
            shown[name] for name in ("net", "tax", "gross", "taxes")
        ]
        for mine, line in zip(shown["lines"], billed["lines"], strict=True):
            why = mine.pop("explanation")  # All but the id of the change, which has none yet.
            assert why.items() <= line["explanation"].items()
            assert mine == {name: line[name] for name in mine}
            assert mine["explained"]

    @pytest.mark.parametrize(
        "wanted",
        [
            UPGRADE,
            {"kind": "change_quantity", "quantity": "3", "when": "period_end"},
            {"kind": "cancel", "credit": "full"},
            {"kind": "discount", "percent": "10"},
        ],
    )
    def test_nothing_is_stored(
        self, app: App, seller: Seller, contract: Contract, wanted: dict[str, Any]
    ) -> None:
        let_pass(seller, date(2026, 1, 16))
        before = stored()

        answer = app.post(PREVIEW, wanted, Idempotency_Key="once")

        assert answer.status == 200
        assert stored() == before

    def test_a_cancellation_has_no_further_period(
        self, app: App, seller: Seller, contract: Contract
    ) -> None:
        let_pass(seller, date(2026, 1, 16))

        body = app.post(PREVIEW, {"kind": "cancel"}).body

        # 30.00 x 15/31 = 14.52 is used.
        assert sums(body["now"]) == ["-15.48", "-2.94", "-18.42"]
        assert body["then"] is None

    def test_a_change_to_come_costs_nothing_now(self, app: App, contract: Contract) -> None:
        body = app.post(PREVIEW, {**UPGRADE, "when": "period_end"}).body

        assert (body["effective_on"], body["now"]) == ("2026-02-01", None)
        assert sums(body["then"]) == ["60.00", "11.40", "71.40"]

    def test_what_waits_to_be_billed_anyway_is_not_part_of_it(
        self, app: App, seller: Seller, contract: Contract
    ) -> None:
        let_pass(seller, date(2026, 1, 16))
        app.post(CHANGES, {"kind": "change_quantity", "quantity": "2"})

        body = app.post(PREVIEW, {"kind": "change_quantity", "quantity": "3"}).body

        # One more: 30.00 x 16/31 = 15.48, whatever of the second one waits.
        assert sums(body["now"])[0] in ("15.48", "15.49")

    @pytest.mark.parametrize(
        ("wanted", "code"),
        [
            ({"kind": "resume"}, "timeline_contradicts"),
            ({"kind": "undo"}, "timeline_contradicts"),
            ({"kind": "change_plan", "plan": "code:none"}, "validation_failed"),
        ],
    )
    def test_it_refuses_what_the_change_refuses(
        self, app: App, contract: Contract, wanted: dict[str, Any], code: str
    ) -> None:
        shown = app.post(PREVIEW, wanted)

        assert shown.code == code
        assert shown.body["detail"] == app.post(CHANGES, wanted).body["detail"]

    def test_a_coupon_is_shown_and_not_redeemed(
        self, app: App, seller: Seller, contract: Contract
    ) -> None:
        coupon = {"code": "WELCOME", "percent": "50", "valid_from": "2026-01-01"}
        assert app.post("/coupons", coupon).status == 201
        before = stored()

        body = app.post(PREVIEW, {"kind": "discount", "coupon": "welcome"}).body

        # 30.00 - 50 %
        assert sums(body["now"])[0] == "-15.00"
        assert sums(body["then"])[0] == "15.00"
        assert stored() == before

    def test_another_seller_knows_no_such_subscription(self, contract: Contract) -> None:
        other = App(factories.api_key(factories.seller()))

        assert other.post(PREVIEW, UPGRADE).status == 404


class TestWhatBillingWouldRefuse:
    """A preview answers what the failure would say."""

    @pytest.mark.parametrize(
        ("customer", "code", "detail"),
        [
            ({"document_format": "xrechnung_ubl"}, "seller_data_missing", "phone"),
            ({"document_format": "peppol"}, "customer_data_missing", "buyer_reference"),
        ],
    )
    def test_what_the_format_wants(
        self, app: App, contract: Contract, customer: dict[str, str], code: str, detail: str
    ) -> None:
        Seller.objects.update(makes_documents=True)
        if code == "customer_data_missing":
            Seller.objects.update(phone="+49 30 123456", email="a@alpha.example")
        Customer.objects.update(**customer)

        answer = app.post(START_PREVIEW, {"plan": "code:pro"})

        assert (answer.status, answer.body["code"]) == (409, code)
        assert detail in answer.body["detail"]
        app.post("/subscriptions", {"contract": "ext:deal", "plan": "code:pro"})
        assert bill_all(contract.seller) == []
        failure = Failure.objects.get()
        assert (failure.code, failure.reason) == (code, answer.body["detail"])

    def test_what_cannot_be_said_in_the_format(
        self, app: App, seller: Seller, contract: Contract
    ) -> None:
        factories.exchange_rate("KWD", "0.33")
        Seller.objects.update(phone="+49 30 123456", email="a@alpha.example", makes_documents=True)
        Customer.objects.update(
            document_format="xrechnung_cii", email="a@example.com", buyer_reference="K-1"
        )
        sold_in(contract, "KWD")

        answer = app.post("/contracts/ext:abroad/preview", {"plan": "code:abroad"})

        assert (answer.status, answer.body["code"]) == (409, "format_does_not_fit")
        assert "The document has no amounts" in answer.body["detail"]

    def test_a_rate_of_exchange(self, app: App, contract: Contract) -> None:
        sold_in(contract, "USD")
        missing = app.post("/contracts/ext:abroad/preview", {"plan": "code:abroad"})

        factories.exchange_rate("USD")
        known = app.post("/contracts/ext:abroad/preview", {"plan": "code:abroad"})

        assert (missing.status, missing.body["code"]) == (409, "exchange_rate_missing")
        assert (known.status, sums(known.body["now"])[0]) == (200, "30.00")

    def test_a_rate_of_a_day_to_come_is_not_asked_for(self, app: App, contract: Contract) -> None:
        sold_in(contract, "USD")

        answer = app.post(
            "/contracts/ext:abroad/preview", {"plan": "code:abroad", "on": "2026-03-10"}
        )

        assert (answer.status, answer.body["now"]) == (200, None)


class TestStarts:
    def test_it_shows_what_a_start_costs(self, app: App, contract: Contract) -> None:
        before = stored()

        body = app.post("/contracts/ext:deal/preview", {"plan": "code:pro", "quantity": "2"}).body

        assert sums(body["now"]) == ["120.00", "22.80", "142.80"]
        assert (body["then"]["starts_on"], sums(body["then"])[0]) == ("2026-01-01", "120.00")
        assert stored() == before

    def test_a_start_to_come_costs_nothing_now(self, app: App, contract: Contract) -> None:
        body = app.post(
            "/contracts/ext:deal/preview", {"plan": "code:pro", "on": "2026-03-10"}
        ).body

        assert body["now"] is None
        assert (body["then"]["starts_on"], sums(body["then"])[0]) == ("2026-03-10", "60.00")

    def test_a_coupon_takes_off_what_the_start_then_bills(
        self, app: App, seller: Seller, contract: Contract
    ) -> None:
        coupon = {"code": "WELCOME", "percent": "50", "periods": 1, "valid_from": "2026-01-01"}
        assert app.post("/coupons", coupon).status == 201
        before, start = stored(), {"plan": "code:pro", "coupon": "welcome"}

        body = app.post(START_PREVIEW, start).body

        # 60.00 - 50 %; then is the first period too
        assert [sums(body[name])[0] for name in ("now", "then")] == ["30.00", "30.00"]
        assert stored() == before
        app.post("/subscriptions", {"contract": "ext:deal", **start})
        (invoice,) = bill_all(seller)
        assert sums(app.get(f"/invoices/{invoice.id}").body) == sums(body["now"])

    @pytest.mark.parametrize("code", ["none", "basics"])
    def test_a_coupon_is_refused_as_by_the_start(
        self, app: App, contract: Contract, code: str
    ) -> None:
        coupon = {
            "code": "BASICS",
            "percent": "50",
            "plans": ["code:basic"],
            "valid_from": "2026-01-01",
        }
        assert app.post("/coupons", coupon).status == 201
        start = {"plan": "code:pro", "coupon": code}

        shown = app.post(START_PREVIEW, start)

        refused = app.post("/subscriptions", {"contract": "ext:deal", **start})
        assert shown.status == refused.status >= 400
        assert (shown.code, shown.body["detail"]) == (refused.code, refused.body["detail"])


class TestBalances:
    def test_what_the_balance_would_pay_is_shown(
        self, app: App, seller: Seller, contract: Contract
    ) -> None:
        factories.money(contract.customer, 10_00)

        now = app.post(START_PREVIEW, {"plan": "code:pro"}).body["now"]

        # 71.40 - 10.00
        assert payments(now) == ["10.00", "61.40"]
        app.post("/subscriptions", {"contract": "ext:deal", "plan": "code:pro"})
        (invoice,) = bill_all(seller)
        assert payments(app.get(f"/invoices/{invoice.id}").body) == payments(now)

    def test_no_more_is_used_than_is_charged(self, app: App, contract: Contract) -> None:
        factories.money(contract.customer, 500_00)

        now = app.post(START_PREVIEW, {"plan": "code:pro"}).body["now"]

        assert payments(now) == ["71.40", "0.00"]

    def test_a_balance_that_is_kept_pays_nothing(self, app: App, contract: Contract) -> None:
        factories.money(contract.customer, 10_00)
        Customer.objects.update(apply_balance="manual")

        now = app.post(START_PREVIEW, {"plan": "code:pro"}).body["now"]

        assert payments(now) == ["0.00", "71.40"]

    def test_a_credit_uses_none(self, app: App, seller: Seller, contract: Contract) -> None:
        factories.money(contract.customer, 10_00)
        let_pass(seller, date(2026, 1, 16))

        now = app.post(PREVIEW, {"kind": "cancel"}).body["now"]

        assert payments(now) == ["0.00", "-18.42"]
