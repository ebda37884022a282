"""`/contracts`, `/subscriptions` and their changes."""

from datetime import date
from typing import Any

import pytest

from billing.contracts.models import Subscription, SubscriptionChange
from billing.events.models import Event
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import UNKNOWN, App, bill_all


@pytest.fixture
def contract(seller: Seller) -> str:
    factories.contract(factories.customer(seller, external_id="A1"), external_id="C1")
    factories.plan(seller, code="pro")
    factories.plan(seller, code="team", price={"unit_price": "50.00"})
    return "ext:C1"


@pytest.fixture
def subscription(app: App, contract: str) -> str:
    """One unit of plan pro for 30.00 a month from 1 January."""
    body = {"contract": contract, "plan": "code:pro", "external_id": "S1"}
    assert app.post("/subscriptions", body).status == 201
    return "/subscriptions/ext:S1"


class TestContracts:
    def test_a_contract_is_made(self, app: App, seller: Seller) -> None:
        customer = factories.customer(seller, external_id="A1")

        answer = app.post("/contracts", {"customer": "ext:A1", "external_id": "C1"})

        assert answer.status == 201
        assert (answer.body["customer"], answer.body["currency"]) == (str(customer.id), "EUR")
        assert app.get("/contracts/ext:C1").body == answer.body

    def test_an_external_id_is_given_once(self, app: App, contract: str) -> None:
        answer = app.post("/contracts", {"customer": "ext:A1", "external_id": "C1"})

        assert (answer.status, answer.errors) == (409, {"external_id": "external_id_taken"})


class TestStart:
    def test_a_subscription_starts_and_can_be_followed(self, app: App, contract: str) -> None:
        body = {"contract": contract, "plan": "code:pro", "quantity": "2.5", "on": "2026-01-15"}

        answer = app.post("/subscriptions", body)

        event = Event.objects.get()
        (start,) = answer.body["changes"]
        assert answer.status == 201
        assert answer.body["transaction_id"] == start["transaction_id"] == str(event.id)
        assert (start["kind"], start["quantity"]) == ("start", "2.5")
        assert (start["effective_on"], start["recorded_on"]) == ("2026-01-15", "2026-01-01")
        assert app.get(f"/subscriptions/{answer.body['id']}").body == answer.body

    def test_it_is_billed(self, app: App, seller: Seller, subscription: str) -> None:
        (invoice,) = bill_all(seller)

        story = app.get(f"/transactions/{app.get(subscription).body['transaction_id']}")

        assert invoice.net_minor == 30_00
        assert str(invoice.id) in str(story.body)

    def test_a_plan_without_a_price_in_the_currency_is_refused(
        self, app: App, seller: Seller, contract: str
    ) -> None:
        factories.plan(seller, code="usd", price={"currency": "USD"})

        answer = app.post("/subscriptions", {"contract": contract, "plan": "code:usd"})

        assert (answer.status, answer.code) == (409, "price_missing")
        assert answer.errors == {"plan": "price_missing"}
        assert "add one, or choose another plan or day" in answer.body["detail"]
        assert not Subscription.objects.exists()

    def test_a_plan_whose_price_is_not_on_sale_yet_is_refused(
        self, app: App, seller: Seller, contract: str
    ) -> None:
        factories.plan(seller, code="later", price={"valid_from": date(2026, 2, 1)})
        body = {"contract": contract, "plan": "code:later"}

        assert app.post("/subscriptions", body).errors == {"plan": "price_missing"}
        assert app.post("/subscriptions", {**body, "on": "2026-02-01"}).status == 201

    def test_what_amounts_to_too_much_is_refused(self, app: App, contract: str) -> None:
        body = {"contract": contract, "plan": "code:pro", "quantity": "999999999999"}
        huge = {"code": "huge", "unit_price": "999999999999", "tax_class": "standard"}
        assert app.post("/prices", {**huge, "plan": "code:pro"}).status == 201

        answer = app.post("/subscriptions", body)

        assert (answer.status, answer.errors) == (400, {"quantity": "amount_too_large"})

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("contract", f"{UNKNOWN}", "does_not_exist"),
            ("contract", "C1", "malformed_reference"),
            ("plan", "code:none", "does_not_exist"),
            ("plan", "ext:pro", "malformed_reference"),
            ("quantity", "-1", "min_value"),
            ("quantity", "NaN", "invalid"),
            ("quantity", "0.1234567890123", "max_decimal_places"),
            ("on", "1999-12-31", "out_of_range"),
            ("on", "2100-01-01", "out_of_range"),
            ("on", "2026-02-30", "invalid"),
            ("on", 20260101, "invalid"),
        ],
    )
    def test_a_wrong_field_is_named(
        self, app: App, contract: str, field: str, value: Any, code: str
    ) -> None:
        body = {"contract": contract, "plan": "code:pro", field: value}

        answer = app.post("/subscriptions", body)

        assert (answer.status, answer.errors) == (400, {field: code})


class TestChange:
    @pytest.mark.parametrize(
        ("change", "effective_on"),
        [
            ({"kind": "change_plan", "plan": "code:team"}, "2026-01-01"),
            ({"kind": "change_plan", "plan": "code:team", "quantity": "3"}, "2026-01-01"),
            ({"kind": "change_quantity", "quantity": 0, "on": "2026-01-10"}, "2026-01-10"),
            ({"kind": "pause", "when": "period_end"}, "2026-02-01"),
            (
                {"kind": "cancel", "when": "period_end", "on": "2026-03-05", "credit": "none"},
                "2026-04-01",
            ),
        ],
    )
    def test_each_change_is_a_fact_with_its_story(
        self, app: App, subscription: str, change: dict[str, Any], effective_on: str
    ) -> None:
        answer = app.post(f"{subscription}/changes", change)

        event = Event.objects.order_by("position").last()
        assert event
        assert answer.status == 201
        assert answer.body["effective_on"] == effective_on
        assert answer.body["transaction_id"] == str(event.id)
        assert app.get(f"{subscription}/changes").body["results"][0] == answer.body

    def test_pause_resume_cancel_undo(self, app: App, subscription: str) -> None:
        for kind, on in [
            ("pause", "2026-02-01"),
            ("resume", "2026-03-01"),
            ("cancel", "2026-05-01"),
            ("undo", None),
        ]:
            answer = app.post(f"{subscription}/changes", {"kind": kind, "on": on})
            assert (kind, answer.status) == (kind, 201)

        kinds = [change["kind"] for change in app.get(subscription).body["changes"]]
        assert kinds == ["start", "pause", "resume", "cancel", "undo"]

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "resume"},
            {"kind": "undo"},
            {"kind": "pause", "on": "2025-12-31"},
            {"kind": "cancel", "on": "2025-12-01", "when": "period_end"},
        ],
    )
    def test_a_contradiction_is_refused_with_its_remedy(
        self, app: App, subscription: str, change: dict[str, Any]
    ) -> None:
        answer = app.post(f"{subscription}/changes", change)

        assert (answer.status, answer.code) == (409, "timeline_contradicts")
        assert len(answer.body["detail"]) > 40
        assert SubscriptionChange.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "errors"),
        [
            ({"kind": "start"}, {"kind": "invalid_choice"}),
            ({"kind": "change_plan"}, {"plan": "required"}),
            ({"kind": "change_quantity"}, {"quantity": "required"}),
            ({"kind": "change_plan", "plan": "code:none"}, {"plan": "does_not_exist"}),
            (
                {"kind": "pause", "plan": "code:team", "quantity": "1", "credit": "full"},
                {
                    "plan": "not_applicable",
                    "quantity": "not_applicable",
                    "credit": "not_applicable",
                },
            ),
            ({"kind": "undo", "when": "period_end"}, {"when": "not_applicable"}),
            ({"kind": "cancel", "when": "someday"}, {"when": "invalid_choice"}),
        ],
    )
    def test_what_does_not_belong_to_the_kind_is_refused(
        self, app: App, subscription: str, change: dict[str, Any], errors: dict[str, str]
    ) -> None:
        answer = app.post(f"{subscription}/changes", change)

        assert (answer.status, answer.errors) == (400, errors)
