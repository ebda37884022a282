"""`/meters`, and prices of every model: what can't be priced is refused when it is made."""

from typing import Any

import pytest

from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App

TIERS = [{"up_to": "10", "unit_price": "2", "flat": "5"}, {"up_to": None, "unit_price": "1"}]
PLAN = {"product": "code:crm", "code": "new", "name": "New", "interval": "month"}


@pytest.fixture
def plan(seller: Seller) -> str:
    product = factories.product(seller, code="crm", name="CRM")
    factories.plan(seller, code="pro", product=product)
    factories.meter(seller, code="calls", dimensions=["model", "region"])
    factories.meter(seller, code="peak", aggregation="max")
    return "code:pro"


def price(**given: Any) -> dict[str, Any]:
    return {"plan": "code:pro", "code": "x", "tax_class": "standard", **given}


def usage(**given: Any) -> dict[str, Any]:
    return price(meter="code:calls", **given)


class TestMeters:
    def test_a_meter_is_recorded_and_found_by_its_code(self, app: App) -> None:
        body = {
            "code": "calls", "name": "Calls", "aggregation": "unique", "property": "user",
            "dimensions": ["model", "model"],
        }  # fmt: skip

        answer = app.post("/meters", body)

        assert answer.status == 201
        assert answer.body == app.get("/meters/code:calls").body
        assert (answer.body["dimensions"], answer.body["carried"]) == (["model"], False)
        assert app.get("/meters").body["results"] == [answer.body]

    def test_a_code_is_given_once(self, app: App, plan: str) -> None:
        answer = app.post("/meters", {"code": "calls", "name": "x", "aggregation": "sum"})

        assert (answer.status, answer.errors) == (409, {"code": "code_taken"})


class TestModels:
    @pytest.mark.parametrize(
        "body",
        [
            price(model="flat", amount="9.90", proration="thirty_days"),
            price(model="per_unit", unit_price="0.0001", minimum="5", maximum="50"),
            price(model="graduated", tiers=TIERS),
            price(model="volume", tiers=TIERS, timing="arrears"),
            price(model="stairstep", tiers=[{"up_to": "5", "flat": "1"}, {"up_to": None}]),
            price(model="package", amount="3", size="100", free_units="10", rounding="down"),
            price(kind="once", model="flat", amount="99"),
            usage(model="percentage", rate="1.5", fixed_fee="0.1", free_events=3),
            usage(model="graduated_percentage", tiers=[{"up_to": None, "rate": "1"}]),
            usage(model="dynamic"),
            usage(unit_price="1", filters={"region": ["eu"]}, group_by=["model"]),
        ],
    )
    def test_what_was_said_is_what_is_shown(
        self, app: App, plan: str, body: dict[str, Any]
    ) -> None:
        answer = app.post("/prices", body)

        assert answer.status == 201, answer.body
        shown = app.get(f"/prices/{answer.body['id']}").body
        assert shown == answer.body
        said = {name: body[name] for name in body if name not in ("plan", "meter", "tiers")}
        assert said.items() <= shown.items() or said["amount"] == "9.90"
        assert shown["kind"] == body.get("kind", "usage" if "meter" in body else "recurring")

    def test_tiers_are_shown_with_what_belongs_to_the_model(self, app: App, plan: str) -> None:
        tiers = [{"up_to": "5.0", "unit_price": "0", "flat": "0"}, {"up_to": None, "flat": "1"}]

        answer = app.post("/prices", price(model="graduated", tiers=tiers))

        assert answer.body["tiers"] == [
            {"up_to": "5", "unit_price": "0"},
            {"up_to": None, "unit_price": "0", "flat": "1"},
        ]

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            (price(model="flat"), "needs amount"),
            (price(model="flat", unit_price="1", amount="1"), "has no unit_price"),
            (price(model="per_unit"), "needs unit_price"),
            (price(model="graduated"), "needs tiers"),
            (price(model="graduated", tiers=[]), "needs tiers"),
            (price(model="graduated", tiers=TIERS[:1]), "gap above 10"),
            (price(model="graduated", tiers=[TIERS[1], TIERS[1]]), "overlap"),
            (price(model="volume", tiers=[TIERS[0], TIERS[0], TIERS[1]]), "overlap"),
            (price(model="stairstep", tiers=TIERS), "have no unit_price"),
            (price(model="package", amount="1"), "needs size"),
            (price(model="package", amount="1", size="0"), "more than 0"),
            (price(model="percentage", rate="1"), "needs charge usage"),
            (usage(model="percentage"), "needs rate"),
            (usage(model="percentage", rate="1") | {"meter": "code:peak"}, "a sum or a count"),
            (usage(unit_price="1", kind="recurring"), "belong to a price of usage"),
            (price(unit_price="1", kind="usage"), "needs its meter"),
            (usage(unit_price="1", group_by=["city"]), "no dimension city.*model, region"),
            (usage(unit_price="1", filters={"city": ["x"]}), "no dimension city"),
            (usage(unit_price="1", filters={"region": []}), "lets nothing through"),
            (price(unit_price="1", minimum="2", maximum="1"), "minimum must not be more"),
            (usage(unit_price="1", timing="advance"), "is charged in arrears"),
            (price(unit_price="1", kind="once", timing="arrears"), "is charged in advance"),
            (price(unit_price="1") | {"code": "minimum_commitment"}, "the engine's own"),
            ({**price(model="volume", tiers=TIERS, kind="once"), "plan": None}, "flat or per"),
        ],
    )
    def test_what_cannot_be_priced_is_refused(
        self, app: App, plan: str, body: dict[str, Any], named: str
    ) -> None:
        if body["plan"] is None:
            body = {**body, "product": "code:crm"}
            del body["plan"]

        answer = app.post("/prices", body)

        assert (answer.status, answer.code) == (400, "plan_contradicts")
        assert_named(answer.body["detail"], named)

    @pytest.mark.parametrize(
        ("body", "errors"),
        [
            (price(unit_price="-1"), {"unit_price": "min_value"}),
            (price(unit_price="1", currency="EUX"), {"currency": "unknown_currency"}),
            (price(unit_price="1", model="free"), {"model": "invalid_choice"}),
            (price(unit_price="1", applies_to="all"), {"applies_to": "invalid_choice"}),
            (usage(unit_price="1") | {"meter": "code:x"}, {"meter": "does_not_exist"}),
            (price(tiers=[{"unit_price": "1"}]), {"tiers.0.up_to": "required"}),
            (price(tiers=[{"up_to": "x"}]), {"tiers.0.up_to": "invalid"}),
            (usage(filters={"region": "eu"}), {"filters.region": "not_a_list"}),
        ],
    )
    def test_a_wrong_field_is_named(
        self, app: App, plan: str, body: dict[str, Any], errors: dict[str, str]
    ) -> None:
        answer = app.post("/prices", body)

        assert (answer.status, answer.errors) == (400, errors)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            (usage(unit_price="1", timing="advance"), "timing"),
            (price(unit_price="1", kind="once", timing="arrears"), "timing"),
            (price(model="flat"), "amount"),
            (price(model="graduated", tiers=TIERS[:1]), "tiers"),
            (usage(unit_price="1", group_by=["city"]), "group_by"),
            (usage(unit_price="1", filters={"city": ["x"]}), "filters"),
            (price(unit_price="1", kind="usage"), "meter"),
        ],
    )
    def test_a_contradiction_names_its_field(
        self, app: App, plan: str, body: dict[str, Any], field: str
    ) -> None:
        assert app.post("/prices", body).errors == {field: "plan_contradicts"}

    @pytest.mark.parametrize(
        ("body", "timing"),
        [
            (usage(unit_price="1"), "arrears"),
            (usage(unit_price="1", timing="arrears"), "arrears"),
            (price(unit_price="1"), "advance"),
            (price(unit_price="1", timing="arrears"), "arrears"),
            (price(unit_price="1", kind="once"), "advance"),
        ],
    )
    def test_it_reads_back_when_it_is_charged(
        self, app: App, plan: str, body: dict[str, Any], timing: str
    ) -> None:
        assert app.post("/prices", body).body["timing"] == timing

    @pytest.mark.parametrize(
        ("currency", "commitment", "told"),
        [
            ("EUR", "10.001", "10.001 EUR can't be paid: give 2 decimals at most"),
            ("JPY", "10.5", "10.5 JPY can't be paid: give a whole amount"),
            ("KWD", "10.0001", "10.0001 KWD can't be paid: give 3 decimals at most"),
            ("EUR", "10.010", None),
            ("KWD", "10.001", None),
        ],
    )
    def test_a_commitment_can_be_paid(
        self, app: App, plan: str, currency: str, commitment: str, told: str | None
    ) -> None:
        own = {"code": "x", "unit_price": "1", "tax_class": "standard", "currency": currency}
        body = {"product": "code:crm", "code": "new", "name": "New", "interval": "month",
                "minimum_commitment": commitment, "prices": [own]}  # fmt: skip

        answer = app.post("/plans", body)

        if told is None:
            assert answer.status == 201
        else:
            assert answer.errors == {"minimum_commitment": "plan_contradicts"}
            assert told in answer.body["detail"]

    def test_a_price_within_a_plan_is_named(self, app: App, plan: str) -> None:
        own = {"code": "x", "model": "flat", "tax_class": "standard"}
        body = {"product": "code:crm", "code": "new", "name": "New", "interval": "month",
                "prices": [{**own, "amount": "1"}, {**own, "code": "y"}]}  # fmt: skip

        assert app.post("/plans", body).errors == {"prices.1.amount": "plan_contradicts"}

    def test_a_version_of_another_kind_is_refused(self, app: App, plan: str) -> None:
        app.post("/prices", price(unit_price="1", valid_until="2026-02-01"))

        answer = app.post("/prices", price(unit_price="1", kind="once", valid_from="2026-02-01"))

        assert (answer.status, answer.errors) == (409, {"code": "price_of_another_kind"})


class TestPlans:
    def test_a_plan_has_a_trial_and_a_commitment(self, app: App, plan: str) -> None:
        nested = {
            "code": "calls",
            "tax_class": "standard",
            "unit_price": "1",
            "meter": "code:calls",
        }
        body = {**PLAN, "trial_days": 14, "minimum_commitment": "99.50", "prices": [nested]}

        answer = app.post("/plans", body)

        assert answer.status == 201
        assert (answer.body["trial_days"], answer.body["minimum_commitment"]) == (14, "99.5")
        assert answer.body["prices"][0]["kind"] == "usage"
        assert answer.body == app.get("/plans/code:new").body

    @pytest.mark.parametrize(
        ("given", "errors"),
        [
            ({"anchor_day": 32}, {"anchor_day": "max_value"}),
            ({"trial_days": -1}, {"trial_days": "min_value"}),
            ({"minimum_commitment": "-1"}, {"minimum_commitment": "min_value"}),
            (
                {"prices": [{"code": "x", "tax_class": "zero", "meter": "code:no"}]},
                {"prices.0.meter": "does_not_exist"},
            ),
        ],
    )
    def test_a_wrong_field_is_named(
        self, app: App, plan: str, given: dict[str, Any], errors: dict[str, str]
    ) -> None:
        answer = app.post("/plans", {**PLAN, **given})

        assert (answer.status, answer.errors) == (400, errors)

    def test_a_price_that_does_not_fit_its_plan_is_refused(self, app: App, plan: str) -> None:
        app.post("/plans", {**PLAN, "interval": "week"})

        answer = app.post(
            "/prices", {**price(unit_price="1", proration="thirty_days"), "plan": "code:new"}
        )

        assert (answer.status, answer.code) == (400, "plan_contradicts")
        assert "thirty_days needs months" in answer.body["detail"]


def assert_named(detail: str, named: str) -> None:
    for part in named.split(".*"):
        assert part in detail
