"""Requests and staff in the log: one line each, and nothing of what they were asked with."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from billing.customers.models import Customer
from tests import ecs, factories
from tests.api.conftest import App
from tests.log.conftest import Pipe

MARK = "Zwirbelhuber"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ORDER = {"text": MARK, "quantity": "1", "unit_price": "99.00", "tax_class": "standard"}


@pytest.fixture
def key(committed: None) -> str:
    return factories.api_key(factories.seller())


@pytest.fixture
def app(key: str) -> App:
    return App(key)


def told(pipe: Pipe, action: str) -> list[dict[str, Any]]:
    return [line for line in pipe.lines if line["event"].get("action") == action]


class TestRequests:
    def test_its_line_names_route_seller_key_and_transaction(self, app: App, pipe: Pipe) -> None:
        app.post("/customers", {"name": MARK, "kind": "consumer", "country": "DE"})
        customer = Customer.objects.get()

        placed = app.post("/orders", {"customer": str(customer.pk), "lines": [ORDER]})

        line = told(pipe, "request.answered")[-1]
        assert line["anlass"]["route"] == "/api/v1/orders"
        assert line["anlass"]["seller_id"] == str(customer.seller_id)
        assert line["anlass"]["transaction_id"] == placed.body["transaction_id"]
        assert line["trace"]["id"] == placed.body["transaction_id"].replace("-", "")
        assert line["http"]["response"]["body"]["bytes"] == len(placed.content)
        assert line["event"]["outcome"] == "success"
        assert {name for each in pipe.lines for name, _ in ecs.fields(each)} >= {
            "anlass.api_key.id"
        }

    def test_a_refused_one_tells_the_problems_code(self, app: App, pipe: Pipe) -> None:
        app.post("/customers", {"name": MARK, "kind": MARK})

        (line,) = told(pipe, "request.answered")
        assert (line["event"]["outcome"], line["error"]["code"]) == ("failure", "validation_failed")

    def test_it_goes_on_with_the_callers_trace(self, app: App, pipe: Pipe) -> None:
        app.get("/seller", traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")

        (line,) = told(pipe, "request.answered")
        assert line["trace"]["id"] == TRACE

    def test_an_export_is_told_when_it_has_gone_out(self, app: App, pipe: Pipe) -> None:
        app.post("/customers", {"name": MARK, "kind": "consumer", "country": "DE"})
        before = len(told(pipe, "request.answered"))

        answer = app._client.get("/api/v1/customers", HTTP_ACCEPT="text/csv")
        assert len(told(pipe, "request.answered")) == before
        content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        answer.close()

        line = told(pipe, "request.answered")[-1]
        assert line["http"]["response"]["body"]["bytes"] == len(content)
        assert len(told(pipe, "request.answered")) == before + 1

    def test_nothing_that_was_asked_with_is_told(
        self, app: App, key: str, pipe: Pipe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def break_down(**_: object) -> None:
            with connection.cursor() as cursor:  # The database says which values it refuses.
                cursor.execute("SELECT 1; INSERT INTO auth_group (id, name) VALUES (1, %s)", [MARK])
                cursor.execute("INSERT INTO auth_group (id, name) VALUES (2, %s)", [MARK])

        app.get(f"/customers/ext:{MARK}?name={MARK}")
        app.get(f"/{MARK}")
        app.post("/customers", {"name": MARK, "external_id": MARK, "country": MARK})
        app.post("/orders", {"customer": f"ext:{MARK}", "lines": [ORDER]}, Idempotency_Key=MARK)
        App(f"anl_test_{MARK * 4}").get("/seller")
        monkeypatch.setattr("billing.api.sellers.commands.change_seller", break_down)
        answer = app.patch("/seller", {"email": f"{MARK}@customer.example"})

        assert answer.status == 500
        assert len(told(pipe, "request.answered")) == 6
        assert [line for line in pipe.text.splitlines() if MARK in line] == []
        assert key not in pipe.text
        (defect,) = [line for line in pipe.lines if "error" in line and "type" in line["error"]]
        assert defect["error"]["type"] == "IntegrityError"
        assert defect["http"]["request"]["id"] == answer.headers["X-Request-ID"]


class TestStaff:
    def test_signing_in_tells_the_user_by_its_id(self, committed: None, pipe: Pipe) -> None:
        user = User.objects.create_user(MARK, password="Pa55-word-xyz", is_staff=True)
        page, said = Client(), {"username": MARK, "password": "Pa55-word-xyz"}

        page.post("/admin/login/?next=/admin/", {**said, "password": "wrong-guess"})
        page.post("/admin/login/?next=/admin/", {**said, "username": "nobody", "password": "x"})
        page.post("/admin/login/?next=/admin/", said)

        first, second = told(pipe, "staff.sign_in_refused")
        (signed_in,) = told(pipe, "staff.signed_in")
        assert (first["user"]["id"], signed_in["user"]["id"]) == (str(user.pk), str(user.pk))
        assert "user" not in second
        for secret in (MARK, "Pa55-word-xyz", "wrong-guess", "nobody", "next="):
            assert secret not in pipe.text.replace("nobody knows", "")

    def test_requests_of_staff_name_the_user(self, committed: None, pipe: Pipe) -> None:
        page = Client()
        page.force_login(user := User.objects.create_superuser(MARK, password="Pa55-word-xyz"))

        page.get("/admin/billing/customer/")

        line = told(pipe, "request.answered")[-1]
        assert line["user"]["id"] == str(user.pk)
        assert json.dumps(line).count(MARK) == 0
