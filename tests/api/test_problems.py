"""Refusals: one form, stable codes, nothing of the inside."""

import json
from typing import Any

import pytest
from django.db import connection

import config.urls  # noqa: F401  Loads every stage's part of the table.
from billing.sellers.api import problems
from billing.sellers.models import Seller
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

    def test_the_request_is_named(self, app: App) -> None:
        given = app.get("/customers/x", X_Request_ID="shop-42")
        made = app.get("/customers/x", X_Request_ID="not one\u00e4")

        assert given.body["request_id"] == given.headers["X-Request-ID"] == "shop-42"
        assert made.body["request_id"] == made.headers["X-Request-ID"] != "not one\u00e4"

    def test_it_speaks_english_whatever_the_browser_prefers(self, app: App) -> None:
        answer = app.post("/customers", {}, Accept_Language="de")

        assert {error["detail"] for error in answer.body["errors"]} == {"This field is required."}

    def test_a_defect_shows_nothing_of_the_inside(
        self, app: App, seller: Seller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.customers.api.commands.create_customer", lambda **_: 1 / 0)

        answer = app.post("/customers", {"name": "A", "kind": "business", "country": "DE"})

        assert (answer.status, answer.code) == (500, "defect")
        assert b"ZeroDivision" not in answer.content


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
