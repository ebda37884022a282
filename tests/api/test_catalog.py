"""`/products`, `/plans`, `/prices`."""

from typing import Any

import pytest

from billing.catalog.models import Plan, Price
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import UNKNOWN, App

BASE = {"code": "base", "unit_price": "29.90", "tax_class": "standard"}
PRO = {"product": "code:crm", "code": "pro", "name": "Pro", "interval": "month"}


@pytest.fixture
def crm(seller: Seller) -> str:
    factories.product(seller, code="crm", name="CRM")
    return "code:crm"


class TestProducts:
    def test_a_product_is_recorded_and_found_by_its_code(self, app: App) -> None:
        made = app.post("/products", {"code": "crm/1", "name": "CRM"})

        assert made.status == 201
        assert app.get("/products/code:crm/1").body == made.body

    def test_a_code_is_given_once(self, app: App, crm: str) -> None:
        answer = app.post("/products", {"code": "crm", "name": "CRM"})

        assert (answer.status, answer.code) == (409, "code_taken")


class TestPlans:
    def test_a_plan_is_made_with_its_prices(self, app: App, crm: str) -> None:
        answer = app.post("/plans", {**PRO, "prices": [BASE, {**BASE, "code": "setup"}]})

        assert answer.status == 201
        assert answer.body == app.get("/plans/code:pro").body
        prices = answer.body["prices"]
        assert [price["code"] for price in prices] == ["base", "setup"]
        # From the seller, its test clock and the plan.
        assert prices[0]["currency"] == "EUR"
        assert prices[0]["valid_from"] == "2026-01-01"
        assert (prices[0]["kind"], prices[0]["text"]) == ("recurring", "Pro: base")

    def test_all_or_nothing(self, app: App, crm: str) -> None:
        answer = app.post("/plans", {**PRO, "prices": [BASE, BASE]})

        assert (answer.status, answer.code) == (409, "price_overlaps")
        assert not Plan.objects.exists()

    @pytest.mark.parametrize(
        "terms",
        [
            {"interval": "month", "alignment": "calendar", "interval_count": 2},
            {"interval": "day", "alignment": "calendar"},
            {"interval": "month", "alignment": "calendar", "anchor_day": 1},
            {"interval": "week", "anchor_day": 3},
            {"interval": "week", "prices": [{**BASE, "proration": "thirty_days"}]},
        ],
    )
    def test_terms_that_exclude_each_other_are_refused(
        self, app: App, crm: str, terms: dict[str, Any]
    ) -> None:
        answer = app.post("/plans", {**PRO, **terms})

        assert (answer.status, answer.code) == (400, "plan_contradicts")

    def test_the_wrong_field_of_a_nested_price_is_named(self, app: App, crm: str) -> None:
        answer = app.post("/plans", {**PRO, "prices": [BASE, {**BASE, "unit_price": "1,5"}]})

        assert answer.errors == {"prices.1.unit_price": "invalid"}

    def test_an_unknown_product_is_named(self, app: App) -> None:
        answer = app.post("/plans", PRO)

        assert answer.errors == {"product": "does_not_exist"}


class TestPrices:
    def test_a_price_of_a_product_is_charged_once(self, app: App, crm: str) -> None:
        answer = app.post("/prices", {**BASE, "product": crm})

        assert answer.status == 201
        assert (answer.body["kind"], answer.body["text"]) == ("once", "CRM")
        assert app.get(f"/prices/{answer.body['id']}").body == answer.body

    def test_a_new_price_follows_the_one_that_ended(self, app: App, seller: Seller) -> None:
        plan = factories.plan(seller)
        old = Price.objects.get(plan=plan)
        new = {**BASE, "plan": str(plan.id), "valid_from": "2026-02-01"}

        overlapping = app.post("/prices", new)
        ended = app.post(f"/prices/{old.id}/end", {"valid_until": "2026-02-01"})
        following = app.post("/prices", new)

        assert (overlapping.status, overlapping.code) == (409, "price_overlaps")
        assert "/end" in overlapping.body["detail"]
        assert (ended.status, ended.body["valid_until"]) == (200, "2026-02-01")
        assert following.status == 201

    def test_what_was_sold_keeps_its_price(self, app: App, seller: Seller) -> None:
        price = Price.objects.get(plan=factories.plan(seller))

        answer = app.post(f"/prices/{price.id}/end", {"valid_until": "2026-01-01"})  # Today.

        assert answer.errors == {"valid_until": "price_ends_too_early"}

    def test_a_price_ends_once(self, app: App, seller: Seller) -> None:
        price = Price.objects.get(plan=factories.plan(seller))
        app.post(f"/prices/{price.id}/end", {"valid_until": "2026-02-01"})

        answer = app.post(f"/prices/{price.id}/end", {"valid_until": "2026-03-01"})

        assert (answer.status, answer.code) == (409, "price_ended_already")

    @pytest.mark.parametrize(
        ("of", "errors"),
        [
            ({}, {"": "plan_or_product"}),
            ({"plan": "code:x", "product": "code:crm"}, {"": "plan_or_product"}),
            ({"product": "code:crm", "kind": "recurring"}, {"kind": "product_is_bought_once"}),
            ({"product": "code:x"}, {"product": "does_not_exist"}),
            ({"plan": UNKNOWN}, {"plan": "does_not_exist"}),
            ({"plan": "x"}, {"plan": "malformed_reference"}),
            ({"product": "code:crm", "unit_price": "-1"}, {"unit_price": "min_value"}),
            (
                {"product": "code:crm", "valid_from": "2026-02-01", "valid_until": "2026-02-01"},
                {"valid_until": "empty_validity"},
            ),
            ({"product": "code:crm", "currency": "XAU"}, {"currency": "unknown_currency"}),
        ],
    )
    def test_a_price_that_cannot_be_charged_is_refused(
        self, app: App, crm: str, of: dict[str, str], errors: dict[str, str]
    ) -> None:
        answer = app.post("/prices", {**BASE, **of})

        assert (answer.status, answer.errors) == (400, errors)
