"""`/coupons`, and redeeming them."""

from typing import Any

import pytest

from billing.contracts.models import CouponRedemption, Subscription
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App, bill_all

START = {"contract": "ext:C1", "plan": "code:pro", "external_id": "S1"}


@pytest.fixture
def contract(seller: Seller) -> str:
    factories.contract(factories.customer(seller, external_id="A1"), external_id="C1")
    factories.plan(seller, code="pro")
    return "ext:C1"


class TestCoupons:
    def test_one_is_made_and_found_in_any_case(self, app: App, contract: str) -> None:
        said = {"code": "Spring-26", "amount": "5", "periods": 3, "plans": ["code:pro"]}

        answer = app.post("/coupons", {**said, "max_redemptions": 10})

        assert answer.status == 201
        assert answer.body["currency"] == "EUR"
        assert (answer.body["plans"], answer.body["prices"]) == (["pro"], None)
        assert (answer.body["valid_from"], answer.body["redemptions"]) == ("2026-01-01", 0)
        for name in ("code:Spring-26", "code:SPRING-26", answer.body["id"]):
            assert app.get(f"/coupons/{name}").body == answer.body

    @pytest.mark.parametrize(
        ("said", "errors"),
        [
            ({"code": "with space", "percent": "5"}, {"code": "code"}),
            ({"code": "x", "percent": "100.1"}, {"percent": "max_value"}),
            ({"code": "x", "percent": "5", "plans": []}, {"plans": "min_length"}),
            ({"code": "x", "percent": "5", "plans": ["code:no"]}, {"plans.0": "does_not_exist"}),
            ({"code": "x", "percent": "5", "periods": 0}, {"periods": "min_value"}),
        ],
    )
    def test_wrong_input_names_the_field(
        self, app: App, said: dict[str, Any], errors: dict[str, str]
    ) -> None:
        answer = app.post("/coupons", said)

        assert (answer.status, answer.errors) == (400, errors)

    @pytest.mark.parametrize(
        ("terms", "field"),
        [
            ({}, "percent"),
            ({"percent": "0"}, "percent"),
            ({"amount": "-1"}, "amount"),
            ({"amount": "1.001"}, "amount"),
            ({"amount": "1.5", "currency": "JPY"}, "amount"),
            ({"percent": "5", "amount": "5"}, "amount"),
            ({"percent": "5", "currency": "EUR"}, "currency"),
            (
                {"percent": "5", "valid_from": "2026-02-01", "valid_until": "2026-02-01"},
                "valid_until",
            ),
            ({"percent": "5", "prices": ["base", "x"]}, "prices.1"),
            ({"percent": "5", "prices": ["fee"], "plans": ["code:pro"]}, "prices.0"),
        ],
    )
    def test_terms_that_exclude_each_other(
        self, app: App, seller: Seller, contract: str, terms: dict[str, Any], field: str
    ) -> None:
        factories.plan(seller, code="other", price={"code": "fee"})

        answer = app.post("/coupons", {"code": "x", **terms})

        assert (answer.status, answer.code) == (400, "coupon_contradicts")
        assert answer.errors == {field: "coupon_contradicts"}

    def test_prices_of_any_plan_can_be_named(self, app: App, seller: Seller, contract: str) -> None:
        factories.plan(seller, code="other", price={"code": "fee"})

        answer = app.post("/coupons", {"code": "x", "percent": "5", "prices": ["base", "fee"]})

        assert (answer.status, answer.body["prices"]) == (201, ["base", "fee"])

    def test_a_code_is_given_once_in_any_case(self, app: App) -> None:
        app.post("/coupons", {"code": "x", "percent": "5"})

        answer = app.post("/coupons", {"code": "X", "percent": "5"})

        assert (answer.status, answer.errors) == (409, {"code": "code_taken"})

    def test_it_ends_once_and_not_in_the_past(self, app: App) -> None:
        app.post("/coupons", {"code": "x", "percent": "5"})

        past = app.post("/coupons/code:x/end", {"valid_until": "2026-01-01"})
        first = app.post("/coupons/code:x/end", {"valid_until": "2026-02-01"})
        again = app.post("/coupons/code:x/end", {"valid_until": "2026-03-01"})

        assert (past.status, past.errors) == (400, {"valid_until": "coupon_ends_too_early"})
        assert (first.status, first.body["valid_until"]) == (200, "2026-02-01")
        assert (again.status, again.code) == (409, "coupon_ended_already")


class TestRedeeming:
    def test_a_subscription_starts_with_one(self, app: App, seller: Seller, contract: str) -> None:
        app.post("/coupons", {"code": "HALF", "percent": "50", "periods": 1})

        answer = app.post("/subscriptions", {**START, "coupon": "half"})
        (invoice,) = bill_all(seller)

        start, discount = answer.body["changes"]
        assert (answer.status, invoice.net_minor) == (201, 15_00)
        assert (start["coupon"], discount["coupon"]) == (None, "HALF")
        assert app.get("/coupons/code:HALF").body["redemptions"] == 1

    def test_a_running_one_gets_it(self, app: App, contract: str) -> None:
        app.post("/coupons", {"code": "HALF", "percent": "50"})
        app.post("/subscriptions", START)
        path = "/subscriptions/ext:S1/changes"

        answer = app.post(path, {"kind": "discount", "coupon": "HALF", "when": "period_end"})

        assert (answer.status, answer.body["effective_on"]) == (201, "2026-02-01")
        assert answer.body["terms"] == {"coupon": "HALF", "percent": "50"}

    def test_the_coupon_says_its_terms_alone(self, app: App, contract: str) -> None:
        app.post("/subscriptions", START)
        path = "/subscriptions/ext:S1/changes"

        answer = app.post(path, {"kind": "discount", "coupon": "HALF", "percent": "100"})
        other = app.post(path, {"kind": "pause", "coupon": "HALF"})

        assert (answer.status, answer.errors) == (400, {"percent": "not_applicable"})
        assert (other.status, other.errors) == (400, {"coupon": "not_applicable"})

    @pytest.mark.parametrize(
        ("terms", "status", "code"),
        [
            ({"code": "OTHER"}, 400, "does_not_exist"),
            ({"valid_from": "2026-01-02"}, 409, "coupon_not_valid"),
            ({"plans": ["code:team"]}, 409, "coupon_not_for_plan"),
            ({"percent": None, "amount": "1", "currency": "CHF"}, 409, "coupon_of_other_currency"),
        ],
    )
    def test_a_refusal_names_its_reason_and_starts_nothing(
        self,
        app: App,
        seller: Seller,
        contract: str,
        terms: dict[str, Any],
        status: int,
        code: str,
    ) -> None:
        factories.plan(seller, code="team")
        made = app.post("/coupons", {"code": "HALF", "percent": "50", **terms})

        answer = app.post("/subscriptions", {**START, "coupon": "HALF"})

        assert made.status == 201
        assert (answer.status, answer.errors) == (status, {"coupon": code})
        assert not Subscription.objects.exists()

    def test_it_is_used_up(self, app: App, contract: str) -> None:
        app.post("/coupons", {"code": "HALF", "percent": "50", "max_redemptions": 1})
        app.post("/subscriptions", {**START, "coupon": "HALF"})

        answer = app.post("/subscriptions", {**START, "external_id": "S2", "coupon": "HALF"})

        assert (answer.status, answer.errors) == (409, {"coupon": "coupon_used_up"})

    def test_each_customer_has_it_once(self, app: App, contract: str) -> None:
        app.post("/coupons", {"code": "HALF", "percent": "50", "once_per_customer": True})
        app.post("/subscriptions", {**START, "coupon": "HALF"})

        answer = app.post("/subscriptions", {**START, "external_id": "S2", "coupon": "HALF"})

        assert (answer.status, answer.errors) == (409, {"coupon": "coupon_redeemed_already"})

    def test_a_repeated_request_redeems_it_once(self, app: App, contract: str) -> None:
        app.post("/coupons", {"code": "HALF", "percent": "50"})

        for _ in range(2):
            app.post("/subscriptions", {**START, "coupon": "HALF"}, Idempotency_Key="k1")

        assert CouponRedemption.objects.count() == 1
