"""Refusals: one form, stable codes, nothing of the inside."""

import json
from typing import Any

import pytest
from django.db import connection

import config.urls  # noqa: F401  Loads every stage's part of the table.
from billing.api import problems
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App


class TestForm:
    def test_every_refusal_has_the_same_fields(self, app: App) -> None:
        answers = [
            app.get("/nothing/here"),
            app.get("/customers/x"),
            app.post("/customers", {}),
            app.post("/seller", {}),
            app.send("POST", "/customers", "{"),
            App(None).get("/seller"),
            app.send("POST", "/customers", "{}", **{"Content-Type": "text/plain"}),
            app.get("/seller", Accept="text/html"),
            app.get("/seller", Host="evil.example"),
        ]

        codes = [(answer.status, answer.code) for answer in answers]
        assert codes == [
            (404, "not_found"),
            (404, "not_found"),
            (400, "validation_failed"),
            (405, "method_not_allowed"),
            (400, "parse_error"),
            (401, "not_authenticated"),
            (415, "unsupported_media_type"),
            (406, "not_acceptable"),
            (400, "bad_request"),
        ]
        for answer in answers:
            assert set(answer.body) == {
                "type", "title", "status", "detail", "code", "errors", "request_id",
            }  # fmt: skip
            assert answer.body["status"] == answer.status

    def test_each_says_what_to_do(self, app: App) -> None:
        told = [
            app.get("/nothing/here").body["detail"],
            app.post("/seller", {}).body["detail"],
            App(None).get("/seller").body["detail"],
            app.get("/seller", Accept="text/html").body["detail"],
        ]

        remedies = ("GET /api/v1/", "`Allow`", "`Authorization: Bearer KEY`", "`application/json`")
        for detail, remedy in zip(told, remedies, strict=True):
            assert remedy in detail

    def test_the_request_is_named(self, app: App) -> None:
        given = app.get("/customers/x", X_Request_ID="shop-42")
        made = app.get("/customers/x", X_Request_ID="not one\u00e4")

        assert given.body["request_id"] == given.headers["X-Request-ID"] == "shop-42"
        assert made.body["request_id"] == made.headers["X-Request-ID"] != "not one\u00e4"

    def test_it_speaks_english_whatever_the_browser_prefers(self, app: App) -> None:
        answer = app.post("/customers", {}, Accept_Language="de")

        assert {error["detail"] for error in answer.body["errors"]} == {"This is missing: give it."}

    def test_a_defect_shows_nothing_of_the_inside(
        self, app: App, seller: Seller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.customers.api.commands.create_customer", lambda **_: 1 / 0)

        answer = app.post("/customers", {"name": "A", "kind": "business", "country": "DE"})

        assert (answer.status, answer.code) == (500, "defect")
        assert b"ZeroDivision" not in answer.content


class TestWords:
    """Each refusal of a value says what was expected."""

    @pytest.mark.parametrize(
        ("field", "value", "told"),
        [
            ("name", None, "null is not taken here: give a value."),
            ("name", 7, "Give a text, as a JSON string."),
            ("name", "", "This is empty: give a text."),
            ("name", "x" * 201, "Give at most 200 characters."),
            ("name", "a\u202eb", "This holds a control character (U+202E): leave it out."),
            ("name", "a\u2066b", "This holds a control character (U+2066): leave it out."),
            ("name", "a\u2028b", "This holds a control character (U+2028): leave it out."),
            (
                "kind",
                "firm",
                '"firm" is not one of the choices: give business, consumer.',
            ),
            ("kind", {"a": 1}, '{"a": 1} is not one of the choices: give business, consumer.'),
            ("payment_days", "7", "Give a whole number, for example 12."),
            ("payment_days", "9" * 5000, "Give a whole number, for example 12."),
            ("payment_days", -1, "Give 0 or more."),
            ("payment_days", 10**900, "Give 365 or less."),
        ],
    )
    def test_of_a_customer(self, app: App, field: str, value: Any, told: str) -> None:
        said = {"name": "A", "kind": "business", "country": "DE", field: value}

        (error,) = app.post("/customers", said).body["errors"]

        assert (error["field"], error["detail"]) == (field, told)

    @pytest.mark.parametrize(
        ("field", "value", "told"),
        [
            ("percent", "1" * 13, "Give at most 12 digits before the decimal point."),
            ("percent", "0." + "1" * 13, "Give at most 12 digits after the decimal point."),
            ("percent", "101", "Give 100 or less."),
            ("percent", "ten", 'Give a decimal number as a string, for example "12.50".'),
            ("once_per_customer", "yes", "Give true or false."),
            ("prices", "base", "Give a list."),
            ("prices", [], "Give at least 1 in the list."),
            (
                "valid_from",
                "1.1.2026",
                "Give a day that there is, as YYYY-MM-DD, for example 2026-03-01.",
            ),
        ],
    )
    def test_of_a_coupon(self, app: App, field: str, value: Any, told: str) -> None:
        (error,) = app.post("/coupons", {"code": "A", "percent": "1", field: value}).body["errors"]

        assert (error["field"], error["detail"]) == (field, told)

    @pytest.mark.parametrize(
        ("tiers", "told"),
        [
            ({}, "Give a list."),
            ([7], "Give a JSON object: names with values."),
            ([{"unit_price": "1"}], "This is missing: give it."),
        ],
    )
    def test_of_a_price(self, app: App, tiers: Any, told: str) -> None:
        said = {"code": "a", "tax_class": "standard", "plan": "code:pro", "tiers": tiers}

        (error,) = app.post("/prices", said).body["errors"]

        assert error["detail"] == told

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ("limit=x", "Give a whole number, for example 12."),
            (f"limit={'9' * 5000}", "Give a whole number, for example 12."),
            ("limit=101", "Give 100 or less."),
            ("cursor=x", "Take the cursor from `next` of the page before."),
        ],
    )
    def test_of_a_list(self, app: App, query: str, told: str) -> None:
        (error,) = app.get(f"/customers?{query}").body["errors"]

        assert error["detail"] == told

    def test_of_a_number_without_end(self, app: App) -> None:
        answer = app.send("POST", "/customers", b'{"payment_days": ' + b"9" * 5000 + b"}")

        assert answer.code == "parse_error"
        assert "a number has more than 1000 digits: nothing takes so many" in answer.body["detail"]


class TestBody:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"nonsense",
            b"\xff\xfe{}",
            b'{"name": "\xff"}',
            b'{"name": NaN}',
            b'{"name": -Infinity}',
            b'{"name": "a", "name": "b"}',
            b"[" * 100_000,
            b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
            b"9" * 5000,
        ],
    )
    def test_what_is_not_json_is_refused(self, app: App, body: bytes) -> None:
        answer = app.send("POST", "/customers", body)

        assert (answer.status, answer.code) == (400, "parse_error")

    @pytest.mark.parametrize("body", [None, [], [[]], "x", 1, True, 1.5])
    def test_what_is_no_object_is_refused(self, app: App, body: Any) -> None:
        answer = app.post("/customers", body)

        assert (answer.status, answer.code) == (400, "validation_failed")

    def test_surrogates_do_not_break_the_answer(self, app: App) -> None:
        answer = app.send("POST", "/customers", r'{"\ud800": 1, "kind": "\udfff"}')

        assert (answer.status, answer.code) == (400, "validation_failed")
        assert answer.errors["kind"] == "invalid_choice"

    def test_a_body_in_chunks_is_not_taken_for_an_empty_one(self, app: App, seller: Seller) -> None:
        path = f"/customers/{factories.customer(seller).pk}"

        answer = app.send("PATCH", path, b"", Transfer_Encoding="chunked")

        assert (answer.status, answer.code) == (411, "length_required")

    def test_a_body_that_is_too_large_is_refused(self, app: App) -> None:
        body = json.dumps({"name": "x" * 3_000_000})

        answer = app.send("POST", "/customers", body)
        under_a_key = app.send("POST", "/customers", body, Idempotency_Key="k")

        assert (answer.status, answer.code) == (413, "body_too_large")
        assert (under_a_key.status, under_a_key.code) == (413, "body_too_large")


class TestConstraints:
    def test_the_table_names_constraints_that_exist(self, seller: Seller) -> None:
        """A constraint that was renamed would be told as a defect."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT conname FROM pg_constraint UNION SELECT tgname FROM pg_trigger")
            there = {name for (name,) in cursor.fetchall()}
            cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'i'")
            there |= {name for (name,) in cursor.fetchall()}

        assert set(problems._CONSTRAINTS) <= there
