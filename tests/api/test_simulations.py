"""`/simulations`: what a plan would charge, without a trace."""

import json
from typing import Any

import pytest
from django.apps import apps

from billing.sellers.models import Seller
from tests.api.conftest import App
from tests.pure.telling import body

PRICE = {"code": "base", "charge": "recurring", "model": "flat", "amount": "30.00"}


def rows() -> dict[str, int]:
    """How many rows each table has."""
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


def record(number: int) -> dict[str, Any]:
    return {"at": "2026-01-05T10:00:00Z", "meter": "calls", "key": f"u-{number}"}


class TestSimulations:
    def test_the_invoices_of_a_scenario_are_shown(self, app: App) -> None:
        answer = app.post("/simulations", body())

        (result,) = answer.body["scenarios"]
        (invoice,) = result["invoices"]
        assert (answer.status, result["title"]) == (200, "A month in advance")
        assert (invoice["net"], invoice["tax"], invoice["gross"]) == ("30.00", "5.70", "35.70")
        assert invoice["lines"][0]["start"] == "2026-01-01"

    def test_several_are_answered_in_their_order(self, app: App) -> None:
        answer = app.post("/simulations", {"scenarios": [body(title="a"), body(title="b")]})

        assert [result["title"] for result in answer.body["scenarios"]] == ["a", "b"]
        assert app.post("/simulations", {"scenarios": []}).body == {"scenarios": []}

    def test_nothing_is_stored_not_even_the_answer(self, app: App, seller: Seller) -> None:
        before = rows()

        answers = [app.post("/simulations", body(), Idempotency_Key="k") for _ in range(2)]

        assert [answer.status for answer in answers] == [200, 200]
        assert rows() == before

    def test_numbers_may_be_json_numbers_and_stay_exact(self, app: App) -> None:
        prices = [{**PRICE, "amount": 0}, {**PRICE, "code": "x", "amount": 0}]
        told = body(plans={"basic": {"interval": "month", "prices": prices}})
        text = app.send("POST", "/simulations", json.dumps(told).replace(": 0", ": 10.005"))

        (invoice,) = text.body["scenarios"][0]["invoices"]
        assert [line["net"] for line in invoice["lines"]] == ["10.01", "10.01"]  # Half up.

    def test_an_expected_error_is_an_answer(self, app: App) -> None:
        resume = {"on": "2026-01-09", "do": "resume"}
        told = body(timeline=[*body()["timeline"], resume], expect={"error": "paused"})

        (result,) = app.post("/simulations", told).body["scenarios"]

        assert set(result) == {"title", "error"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("told", "field", "reason"),
        [
            (body(until="x"), "until", "must be a day of the calendar"),
            (body(untill="x"), "untill", "did you mean 'until'?"),
            (
                body(timeline=[{"on": "2026-01-01", "do": "start", "plan": "x"}]),
                "timeline[0].plan",
                "no plan 'x' is defined",
            ),
            (
                body(timeline=[{"on": "2026-01-01", "do": "resume"}]),
                "timeline[0]",
                "has not started",
            ),
            ({"scenarios": [body(), body(until=1)]}, "scenarios[1].until", "must be a day"),
            ({"scenarios": [], "title": "x"}, "title", "can't stand beside scenarios"),
            ({"scenarios": {}}, "scenarios", "must be a list"),
            ({"scenarios": [{}] * 101}, "scenarios", "at most 100"),
            ([], "", "must be keys with values"),
        ],
    )
    def test_the_path_is_named(self, app: App, told: Any, field: str, reason: str) -> None:
        answer = app.post("/simulations", told)

        assert (answer.status, answer.code) == (400, "validation_failed")
        assert answer.errors == {field: "bad_scenario"}
        assert reason in answer.body["errors"][0]["detail"]

    def test_a_key_is_needed(self, db: None) -> None:
        assert App(None).post("/simulations", body()).status == 401


class TestSizes:
    def test_years_have_an_end(self, app: App) -> None:
        assert app.post("/simulations", body(until="2046-01-01")).status == 200
        assert app.post("/simulations", body(until="2046-01-02")).errors == {
            "until": "bad_scenario"
        }

    def test_periods_that_late_facts_look_at_again_have_an_end(self, app: App) -> None:
        plan = {"interval": "day", "prices": [PRICE]}
        start = {"on": "2026-01-01", "do": "start", "plan": "basic"}
        late = [
            {"on": "2026-01-02", "recorded": f"2027-02-{day:02}", "do": "change_quantity",
             "quantity": str(day)}
            for day in range(1, 25)
        ]  # fmt: skip
        told = body(plans={"basic": plan}, timeline=[start, *late], until="2038-01-01")

        answer = app.post("/simulations", told)

        assert answer.errors == {"until": "bad_scenario"}
        assert "4,383 billing periods of 1 prices, and 24 days" in answer.body["detail"]

    def test_rows_and_records_have_an_end_over_all_scenarios(self, app: App) -> None:
        meters = {"calls": {"aggregation": "count"}}
        rows = [{"on": "2026-01-01", "do": "pause"}] * 251
        records = [record(number) for number in range(10_001)]

        told = {"scenarios": [body(timeline=rows), body(timeline=rows)]}
        assert app.post("/simulations", told).errors == {"scenarios[1].timeline": "bad_scenario"}
        assert app.post("/simulations", body(meters=meters, usage=records)).errors == {
            "usage": "bad_scenario"
        }
