"""Changes of price, discounts, anchor days and terms: `/subscriptions/{id}/changes`."""

from typing import Any

import pytest

from billing.catalog.models import Plan
from billing.contracts.models import SubscriptionChange
from billing.customers.models import Customer
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from tests import factories
from tests.api.conftest import Answer, App, bill_all

TERM = {"initial_months": 12, "renewal_months": 12, "notice_months": 3}
TIERS = [{"up_to": None, "unit_price": "3"}]


@pytest.fixture
def customer(seller: Seller) -> Customer:
    plan = factories.plan(seller, code="pro")
    tiers = [{"up_to": None, "unit_price": "1"}]
    factories.price_of(plan, code="seats", model="volume", tiers=tiers)
    return factories.customer(seller, external_id="A1")


@pytest.fixture
def subscription(app: App, customer: Customer) -> str:
    """One unit of plan pro, 30.00 and 1.00 a month, from 1 January."""
    return started(app, {})


def started(app: App, contract: dict[str, Any], **given: Any) -> str:
    made = app.post("/contracts", {"customer": "ext:A1", "external_id": "C1", **contract})
    assert made.status == 201, made.body
    body = {"contract": "ext:C1", "plan": "code:pro", "external_id": "S1", **given}
    assert app.post("/subscriptions", body).status == 201
    return "/subscriptions/ext:S1/changes"


def total(seller: Seller) -> int:
    bill_all(seller)
    return sum(Invoice.objects.filter(seller=seller).values_list("net_minor", flat=True))


class TestChanges:
    @pytest.mark.parametrize(
        ("body", "terms", "net"),
        [
            (
                {"kind": "override_price", "price": "base", "unit_price": "20.50"},
                {"price": "base", "unit_price": "20.5"},
                2150,
            ),
            (
                {"kind": "override_price", "price": "seats", "tiers": TIERS},
                {"price": "seats", "tiers": TIERS},
                3300,
            ),
            (
                {"kind": "discount", "percent": "10", "periods": 3},
                {"percent": "10", "periods": 3},
                2790,
            ),
            (
                {"kind": "discount", "amount": "5", "prices": ["base"]},
                {"amount": "5", "prices": ["base"]},
                2600,
            ),
            ({"kind": "index_prices", "percent": "10.0"}, {"percent": "10"}, 3410),
            ({"kind": "set_anchor_day", "anchor_day": 1}, {"anchor_day": 1}, 3100),
        ],
    )
    def test_it_is_recorded_and_billed(
        self,
        app: App,
        seller: Seller,
        subscription: str,
        body: dict[str, Any],
        terms: dict[str, Any],
        net: int,
    ) -> None:
        answer = app.post(subscription, body)

        assert answer.status == 201, answer.body
        assert (answer.body["kind"], answer.body["terms"]) == (body["kind"], terms)
        assert app.get(subscription).body["results"][0] == answer.body
        assert total(seller) == net

    @pytest.mark.parametrize(
        ("body", "errors"),
        [
            ({"kind": "override_price", "amount": "1"}, {"price": "required"}),
            ({"kind": "index_prices"}, {"percent": "required"}),
            ({"kind": "set_anchor_day"}, {"anchor_day": "required"}),
            ({"kind": "set_anchor_day", "anchor_day": 32}, {"anchor_day": "max_value"}),
            ({"kind": "index_prices", "percent": "1001"}, {"percent": "max_value"}),
            ({"kind": "discount", "percent": "1", "periods": 0}, {"periods": "min_value"}),
            ({"kind": "discount", "percent": "1", "prices": []}, {"prices": "min_length"}),
            ({"kind": "pause", "percent": "1"}, {"percent": "not_applicable"}),
            ({"kind": "cancel", "price": "base"}, {"price": "not_applicable"}),
            ({"kind": "discount", "tiers": TIERS}, {"tiers": "not_applicable"}),
            (
                {"kind": "override_price", "price": "base", "unit_price": "999999999999.5"},
                None,
            ),
        ],
    )
    def test_a_wrong_field_is_named(
        self, app: App, subscription: str, body: dict[str, Any], errors: dict[str, str] | None
    ) -> None:
        answer = app.post(subscription, body)

        assert (answer.status == 201) if errors is None else (answer.errors == errors)

    def test_an_override_beyond_what_can_be_charged_is_refused(
        self, app: App, subscription: str
    ) -> None:
        app.post(subscription, {"kind": "change_quantity", "quantity": "1000"})

        answer = app.post(
            subscription,
            {"kind": "override_price", "price": "base", "unit_price": "999999999999"},
        )

        assert answer.errors == {"unit_price": "amount_too_large"}

    @pytest.mark.parametrize(
        ("body", "field", "told"),
        [
            (
                {"kind": "override_price", "price": "x", "amount": "1"},
                "price",
                "its prices are base, seats. Name one",
            ),
            (
                {"kind": "override_price", "price": "base", "amount": "1"},
                "amount",
                "has no amount: leave it out",
            ),
            (
                {"kind": "override_price", "price": "base"},
                "amount",
                "needs its amount, unit_price or tiers: give the one",
            ),
            (
                {"kind": "discount", "percent": "1", "prices": ["x"]},
                "prices",
                "its prices are base, seats. Name one",
            ),
            ({"kind": "discount"}, "percent", "needs its percent or amount"),
            (
                {"kind": "discount", "percent": "1", "amount": "1"},
                "amount",
                "leave out one of the two",
            ),
            ({"kind": "discount", "percent": "0"}, "percent", "more than 0"),
            ({"kind": "discount", "percent": "-5"}, "percent", "more than 0"),
            ({"kind": "discount", "amount": "0"}, "amount", "more than 0"),
            ({"kind": "index_prices", "percent": "-100"}, "percent", "more than -100"),
            ({"kind": "undo", "on": "2026-02-01"}, "on", "leave out the day"),
            ({"kind": "discount", "amount": "0.005"}, "amount", "give 2 decimals at most"),
        ],
    )
    def test_what_no_change_can_say_is_refused_at_its_field(
        self, app: App, subscription: str, body: dict[str, Any], field: str, told: str
    ) -> None:
        answer = app.post(subscription, body)

        assert (answer.status, answer.errors) == (400, {field: "validation_failed"})
        assert told in answer.body["errors"][0]["detail"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"kind": "resume"}, None),
            ({"kind": "undo"}, None),
            ({"kind": "cancel", "when": "term_end"}, "when"),
            ({"kind": "change_quantity", "quantity": "2", "on": "2025-12-01"}, None),
        ],
    )
    def test_what_contradicts_the_timeline_is_refused(
        self, app: App, subscription: str, body: dict[str, Any], field: str | None
    ) -> None:
        answer = app.post(subscription, body)

        assert (answer.status, answer.code) == (409, "timeline_contradicts")
        assert answer.errors == ({field: "timeline_contradicts"} if field else {})

    def test_a_later_change_must_suit_what_is_pending(
        self, app: App, seller: Seller, subscription: str
    ) -> None:
        factories.plan(seller, code="other", price={"code": "fee"})
        override = {"kind": "override_price", "price": "base", "unit_price": "1"}
        app.post(subscription, {**override, "on": "2026-03-01"})

        answer = app.post(subscription, {"kind": "change_plan", "plan": "code:other"})

        assert (answer.status, answer.code) == (409, "timeline_contradicts")
        assert "override_price on 2026-03-01 that is known already" in answer.body["detail"]


class TestTerms:
    @pytest.mark.parametrize("renewal_months", [0, 12, None])
    def test_it_is_shown_as_it_was_said(
        self, app: App, customer: Customer, renewal_months: int | None
    ) -> None:
        started(app, {"term": {**TERM, "renewal_months": renewal_months}})

        shown = app.get("/contracts/ext:C1").body

        assert shown["term"] == {**TERM, "renewal_months": renewal_months}
        assert shown["earliest_end"] == "2027-01-01"
        assert app.get("/contracts").body["results"] == [shown]

    def test_without_one_there_is_no_earliest_end(self, app: App, customer: Customer) -> None:
        started(app, {})

        shown = app.get("/contracts/ext:C1").body

        assert (shown["term"], shown["earliest_end"]) == (None, None)

    def test_it_begins_with_the_first_start(self, app: App, customer: Customer) -> None:
        answer = app.post("/contracts", {"customer": "ext:A1", "term": TERM})

        assert answer.body["earliest_end"] is None

    def test_a_second_start_that_is_backdated_does_not_move_it(
        self, app: App, customer: Customer
    ) -> None:
        subscription = started(app, {"term": TERM}, on="2026-01-15")
        before = app.get("/contracts/ext:C1").body["earliest_end"]

        second = {"contract": "ext:C1", "plan": "code:pro", "on": "2026-01-01"}
        assert app.post("/subscriptions", second).status == 201

        assert before == app.get("/contracts/ext:C1").body["earliest_end"] == "2027-01-15"
        taken = app.post(subscription, {"kind": "cancel", "when": "term_end"})
        assert taken.body["effective_on"] == "2027-01-15"

    def test_within_it_a_cancellation_is_refused_with_the_earliest_date(
        self, app: App, customer: Customer
    ) -> None:
        subscription = started(app, {"term": TERM})

        refused = app.post(subscription, {"kind": "cancel"})
        taken = app.post(subscription, {"kind": "cancel", "when": "term_end"})

        assert (refused.status, refused.code) == (409, "timeline_contradicts")
        assert "2027-01-01" in refused.body["detail"]
        assert (taken.status, taken.body["effective_on"]) == (201, "2027-01-01")

    def test_what_ends_by_itself_shows_its_end(self, app: App, customer: Customer) -> None:
        subscription = started(app, {"term": {**TERM, "renewal_months": 0}})

        (cancel, start) = app.get(subscription).body["results"]

        assert (cancel["kind"], cancel["effective_on"]) == ("cancel", "2027-01-01")
        assert start["kind"] == "start"

    @pytest.mark.parametrize(
        ("term", "errors"),
        [
            ({"initial_months": 12}, {"term.renewal_months": "required"}),
            ({**TERM, "initial_months": 0}, {"term.initial_months": "min_value"}),
            ({**TERM, "notice": 1}, {"term.notice": "unknown_field"}),
            (12, {"term": "invalid"}),
        ],
    )
    def test_a_wrong_field_is_named(
        self, app: App, customer: Customer, term: Any, errors: dict[str, str]
    ) -> None:
        answer = app.post("/contracts", {"customer": "ext:A1", "term": term})

        assert (answer.status, answer.errors) == (400, errors)


class TestConsumers:
    """Source: BGB § 309 no. 9."""

    def made(self, app: App, seller: Seller, term: dict[str, Any], country: str = "DE") -> Answer:
        factories.customer(seller, external_id="B1", kind="consumer", country=country)
        return app.post("/contracts", {"customer": "ext:B1", "term": term})

    @pytest.mark.parametrize(
        ("term", "named"),
        [
            ({"renewal_months": None, "initial_months": 25}, "at most 24 months"),
            ({"initial_months": 12, "renewal_months": 12}, "indefinite"),
            (
                {"initial_months": 12, "renewal_months": None, "notice_months": 2},
                "at most one month",
            ),
        ],
    )
    def test_what_the_law_makes_void_is_refused(
        self, app: App, seller: Seller, term: dict[str, Any], named: str
    ) -> None:
        answer = self.made(app, seller, term)

        field = f"term.{list(term)[-1]}"
        assert (answer.status, answer.errors) == (400, {field: "term_not_allowed"})
        assert named in answer.body["detail"]

    def test_a_business_that_became_a_consumer(self, app: App, seller: Seller) -> None:
        factories.customer(seller, external_id="B1")
        factories.plan(seller, code="law")
        term = {"initial_months": 36, "renewal_months": 12, "notice_months": 3}
        app.post("/contracts", {"customer": "ext:B1", "external_id": "L1", "term": term})
        app.send("PATCH", "/customers/ext:B1", '{"kind": "consumer", "vat_id": ""}')

        answer = app.post("/subscriptions", {"contract": "ext:L1", "plan": "code:law"})

        assert (answer.status, answer.errors) == (400, {"contract": "term_not_allowed"})

    def test_what_it_allows_is_taken(self, app: App, seller: Seller) -> None:
        term = {"initial_months": 24, "renewal_months": None, "notice_months": 1}

        assert self.made(app, seller, term).status == 201

    def test_another_country_has_another_law(self, app: App, seller: Seller) -> None:
        assert self.made(app, seller, TERM, country="FR").status == 201


class TestCustomers:
    def test_how_invoices_are_grouped_can_be_said_and_changed(
        self, app: App, customer: Customer
    ) -> None:
        before = app.get("/customers/ext:A1").body

        after = app.patch("/customers/ext:A1", {"grouping": "monthly", "invoice_day": 31}).body

        assert (before["grouping"], before["invoice_day"]) == ("per_event", 1)
        assert (after["grouping"], after["invoice_day"]) == ("monthly", 31)

    @pytest.mark.parametrize(
        ("given", "errors"),
        [
            ({"grouping": "weekly"}, {"grouping": "invalid_choice"}),
            ({"invoice_day": 32}, {"invoice_day": "max_value"}),
        ],
    )
    def test_a_wrong_field_is_named(
        self, app: App, customer: Customer, given: dict[str, Any], errors: dict[str, str]
    ) -> None:
        assert app.patch("/customers/ext:A1", given).errors == errors


class TestWhatCantBePriced:
    @pytest.fixture
    def dollars(self, seller: Seller) -> None:
        factories.plan(seller, code="usd", price={"currency": "USD"})

    @pytest.mark.parametrize("on", ["2026-01-01", "2026-07-01"])
    def test_a_change_of_plan_is_refused_as_its_preview(
        self, app: App, subscription: str, dollars: None, on: str
    ) -> None:
        body = {"kind": "change_plan", "plan": "code:usd", "on": on}

        answer = app.post(subscription, body)
        preview = app.post(subscription.replace("/changes", "/preview"), body)

        assert (answer.status, answer.code) == (409, "price_missing")
        assert answer.errors == {"plan": "price_missing"}
        assert answer.without_request_id == preview.without_request_id
        assert SubscriptionChange.objects.count() == 1

    def test_a_start_is_refused_as_its_preview(
        self, app: App, subscription: str, dollars: None
    ) -> None:
        answer = app.post("/subscriptions", {"contract": "ext:C1", "plan": "code:usd"})
        preview = app.post("/contracts/ext:C1/preview", {"plan": "code:usd"})

        assert answer.errors == {"plan": "price_missing"}
        assert answer.without_request_id == preview.without_request_id

    @pytest.fixture
    def unpriced(self, app: App, seller: Seller, customer: Customer, dollars: None) -> str:
        """A subscription that has a plan without a price, from an older release."""
        contract = factories.contract(customer, external_id="C2")
        plan = Plan.objects.get(code="usd")
        factories.unpriced_subscription(contract, plan, external_id="S2")
        return "/subscriptions/ext:S2/changes"

    @pytest.mark.parametrize(
        "body",
        [
            {"kind": "change_quantity", "quantity": "2"},
            {"kind": "discount", "percent": "1"},
            {"kind": "discount", "percent": "1", "prices": ["base"]},
            {"kind": "discount", "coupon": "WELCOME"},
            {"kind": "override_price", "price": "base", "unit_price": "1"},
            {"kind": "index_prices", "percent": "3"},
            {"kind": "change_plan", "plan": "code:pro", "on": "2026-01-15"},
        ],
    )
    def test_nothing_is_added_to_it(
        self, app: App, seller: Seller, unpriced: str, body: dict[str, Any]
    ) -> None:
        factories.coupon(seller)

        answer = app.post(unpriced, body)

        assert (answer.status, answer.code, answer.errors) == (409, "price_missing", {})

    def test_nor_by_an_indexation_of_the_contract(self, app: App, unpriced: str) -> None:
        answer = app.post("/contracts/ext:C2/indexations", {"on": "2026-02-01", "percent": "3"})

        assert (answer.status, answer.code) == (409, "price_missing")

    @pytest.mark.parametrize(
        "body",
        [
            {"kind": "change_plan", "plan": "code:pro"},
            {"kind": "cancel"},
            {"kind": "cancel", "on": "2026-03-01"},
            {"kind": "pause", "on": "2026-03-01"},
        ],
    )
    def test_it_can_be_mended_ended_and_paused(
        self, app: App, unpriced: str, body: dict[str, Any]
    ) -> None:
        assert app.post(unpriced, body).status == 201
