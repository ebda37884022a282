"""`POST /usage`: what it takes, how it answers, and that nothing of it is lost."""

import json
from typing import Any

import pytest

from billing.catalog.models import Meter
from billing.contracts.models import Subscription
from billing.sellers.models import Seller
from billing.usage.models import UsageBucket, UsageConflict, UsageKey, UsageRecord
from tests import factories
from tests.api.conftest import App


@pytest.fixture(autouse=True)
def _known(meter: Meter, subscription: Subscription) -> None:
    """The meter `calls` and the subscription S1."""


def record(**given: Any) -> dict[str, Any]:
    values = {
        "meter": "calls",
        "subscription": "ext:S1",
        "key": "k",
        "at": "2026-01-01T12:00:00+01:00",
        **given,
    }
    return {name: value for name, value in values.items() if value is not ...}


class TestTaking:
    def test_a_batch(self, app: App) -> None:
        answer = app.post("/usage", {"records": [record(), record(key="l", value="2.5")]})

        assert answer.status == 200
        assert answer.body == {
            "accepted": 2, "repeated": 0, "conflicts": 0, "unattributed": 0, "problems": [],
        }  # fmt: skip
        assert UsageBucket.objects.get().total == 1 + 2.5

    def test_a_subscription_by_its_id(self, app: App, subscription: Subscription) -> None:
        named = str(subscription.id).upper()

        answer = app.post("/usage", {"records": [record(subscription=named)]})

        assert answer.body["accepted"] == 1

    @pytest.mark.parametrize(
        "same",
        [
            {"at": "2026-01-01T11:00:00Z"},
            {"at": "2026-01-01T12:00:00.000000+01:00"},
            {"value": "1.000"},
            {"value": 1},
            {"amount": None},
            {"properties": {}},
        ],
    )
    def test_the_same_said_otherwise_is_the_same(self, app: App, same: Any) -> None:
        app.post("/usage", {"records": [record()]})

        answer = app.post("/usage", {"records": [record(**same)]})

        assert (answer.status, answer.body["repeated"]) == (200, 1)

    def test_numbers_and_flags_are_taken_as_texts(self, app: App) -> None:
        properties = {"a": 1.50, "b": True, "c": 10, "d": "x"}

        app.post("/usage", {"records": [record(properties=properties)]})

        assert UsageRecord.objects.get().properties == {
            "a": "1.5", "b": "true", "c": "10", "d": "x",
        }  # fmt: skip

    def test_what_belongs_to_nothing_is_kept(self, app: App) -> None:
        sent = [record(), record(key="l", meter="other"), record(key="m", subscription="ext:S2")]

        answer = app.post("/usage", {"records": sent})

        assert answer.status == 202
        assert (answer.body["accepted"], answer.body["unattributed"]) == (1, 2)
        assert answer.body["problems"] == [
            {
                "index": 1, "key": "l", "code": "usage_meter_unknown",
                "detail": "There is no meter other.",
            },
            {
                "index": 2, "key": "m", "code": "usage_subscription_unknown",
                "detail": "There is no subscription ext:S2.",
            },
        ]  # fmt: skip

    def test_another_key_per_meter(self, app: App, seller: Seller) -> None:
        factories.meter(seller, code="sizes")

        answer = app.post("/usage", {"records": [record(), record(meter="sizes")]})

        assert answer.body["accepted"] == 2

    def test_an_idempotency_key_gives_the_same_answer(self, app: App) -> None:
        body = {"records": [record()]}

        answers = [app.post("/usage", body, Idempotency_Key="x").body for _ in range(2)]

        assert [answer["accepted"] for answer in answers] == [1, 1]


class TestConflict:
    def test_the_rest_of_the_batch_counts(self, app: App) -> None:
        app.post("/usage", {"records": [record()]})

        answer = app.post(
            "/usage", {"records": [record(key="l"), record(value="7"), record(), record(key="m")]}
        )

        assert (answer.status, answer.code) == (409, "usage_key_reused")
        assert answer.errors == {"records.1.key": "usage_key_reused"}
        counts = [answer.body[name] for name in ("accepted", "repeated", "conflicts")]
        assert counts == [2, 1, 1]
        assert [problem["index"] for problem in answer.body["problems"]] == [1]
        assert UsageBucket.objects.get().total == 3
        assert UsageConflict.objects.get().payload["value"] == "7"

    def test_an_idempotency_key_gives_the_same_problem(self, app: App) -> None:
        app.post("/usage", {"records": [record()]})
        body = {"records": [record(value="7")]}

        first, again = (app.post("/usage", body, Idempotency_Key="x") for _ in range(2))

        assert (again.status, again.headers["Idempotent-Replayed"]) == (409, "true")
        assert again.headers["Content-Type"] == "application/problem+json"
        assert again.headers["Content-Type"] == first.headers["Content-Type"]
        assert again.body == first.body

    @pytest.mark.parametrize(
        "other",
        [
            {"value": "2"},
            {"at": "2026-01-01T12:00:00.000001+01:00"},
            {"amount": "0"},
            {"properties": {"a": "b"}},
            {"subscription": "ext:S2"},
        ],
    )
    def test_whatever_differs(self, app: App, other: Any) -> None:
        app.post("/usage", {"records": [record()]})

        assert app.post("/usage", {"records": [record(**other)]}).code == "usage_key_reused"

    def test_within_one_batch(self, app: App) -> None:
        answer = app.post("/usage", {"records": [record(), record(), record(value="2")]})

        assert answer.status == 409
        assert (answer.body["accepted"], answer.body["repeated"]) == (1, 1)
        assert answer.errors == {"records.2.key": "usage_key_reused"}


class TestMalformed:
    @pytest.mark.parametrize(
        ("given", "errors"),
        [
            ({"meter": ...}, {"meter": "required"}),
            ({"meter": ""}, {"meter": "malformed"}),
            ({"meter": "x" * 101}, {"meter": "malformed"}),
            ({"key": "a\nb"}, {"key": "malformed"}),
            ({"key": 7}, {"key": "malformed"}),
            ({"key": "\ud800"}, {"key": "malformed"}),
            ({"subscription": "S1"}, {"subscription": "malformed_reference"}),
            ({"subscription": "ext:"}, {"subscription": "malformed_reference"}),
            ({"at": "2026-01-01T12:00:00"}, {"at": "malformed"}),
            ({"at": "2026-01-01"}, {"at": "malformed"}),
            ({"at": "2026-02-30T12:00:00Z"}, {"at": "malformed"}),
            ({"at": "1999-12-31T12:00:00Z"}, {"at": "malformed"}),
            ({"at": "2026-01-01T12:00:00+25:00"}, {"at": "malformed"}),
            ({"at": 1767265200}, {"at": "malformed"}),
            ({"value": "1e3"}, {"value": "malformed"}),
            ({"value": "NaN"}, {"value": "malformed"}),
            ({"value": True}, {"value": "malformed"}),
            ({"value": None}, {"value": "malformed"}),
            ({"value": "1234567890123"}, {"value": "malformed"}),
            ({"value": "0.1234567890123"}, {"value": "malformed"}),
            ({"amount": "x"}, {"amount": "malformed"}),
            ({"properties": []}, {"properties": "malformed"}),
            ({"properties": {"a": None}}, {"properties": "malformed"}),
            ({"properties": {"a": {"b": 1}}}, {"properties": "malformed"}),
            ({"properties": {"a": "\x00"}}, {"properties": "malformed"}),
            ({"properties": {"a": "x" * 256}}, {"properties": "malformed"}),
            ({"properties": {str(n): "" for n in range(51)}}, {"properties": "malformed"}),
            ({"val": "1"}, {"val": "unknown_field"}),
            ({"meter": ..., "at": "x"}, {"meter": "required", "at": "malformed"}),
        ],
    )
    def test_each_wrong_field_is_named(self, app: App, given: Any, errors: dict[str, str]) -> None:
        answer = app.post("/usage", {"records": [record(key="good"), record(**given)]})

        assert answer.status == 400
        assert answer.errors == {f"records.1.{name}": code for name, code in errors.items()}
        assert not UsageKey.objects.exists()

    @pytest.mark.parametrize(
        "body", [None, [], "x", {}, {"records": []}, {"records": {}}, {"records": [7]}, {"r": []}]
    )
    def test_bodies_of_another_shape(self, app: App, body: Any) -> None:
        answer = app.post("/usage", body)

        assert (answer.status, answer.code) == (400, "validation_failed")

    def test_what_is_no_json(self, app: App) -> None:
        assert app.send("POST", "/usage", '{"records": [').status == 400

    def test_too_many(self, app: App) -> None:
        answer = app.post("/usage", {"records": [record(key=str(n)) for n in range(1001)]})

        assert (answer.status, answer.code) == (413, "too_many_records")
        assert "at most 1000" in answer.body["detail"]
        assert not UsageKey.objects.exists()

    def test_a_thousand_malformed_ones_are_named_in_part(self, app: App) -> None:
        answer = app.post("/usage", {"records": [{}] * 1000})

        assert len({field.split(".")[1] for field in answer.errors}) == 100


class TestNasty:
    @pytest.mark.parametrize("text", ['"', "\\", "{}", "a,b", "NULL", "é", "\u2028", "'; --", "%s"])
    def test_any_text_is_a_key_and_a_property(self, app: App, text: str, seller: Seller) -> None:
        factories.meter(seller, code=text if text.isprintable() else "x", dimensions=["region"])
        sent = record(key=f"k{text}" if text.isprintable() else "k", properties={"region": text})

        for meter in ("calls", text if text.isprintable() else "x"):
            assert app.post("/usage", {"records": [{**sent, "meter": meter}]}).body["accepted"] == 1

        assert UsageRecord.objects.filter(properties={"region": text}).count() == 2
        stored = UsageBucket.objects.exclude(properties="{}").get().properties
        assert json.loads(stored) == {"region": text}
