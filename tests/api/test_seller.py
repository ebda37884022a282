"""The seller itself, its test clock, and whether the process is alive."""

import os
from datetime import date

import pytest
from django.core.management import call_command
from django.test import Client

from billing.sellers.models import Seller, TestClock
from tests import factories
from tests.api.conftest import App


class TestSeller:
    def test_the_key_tells_whose_it_is(self, app: App, seller: Seller) -> None:
        answer = app.get("/seller")

        assert answer.status == 200
        assert answer.body["id"] == str(seller.id)
        assert answer.body["oss"] is False
        assert "api_keys" not in answer.body


class TestTestClock:
    def test_it_stands_still(self, app: App) -> None:
        answer = app.get("/test-clock")

        assert answer.body == {
            "today": "2026-01-01",
            "target_date": None,
            "held_date": None,
            "is_moving": False,
        }

    def test_it_is_sent_to_a_day(self, app: App, seller: Seller) -> None:
        answer = app.post("/test-clock/advance", {"to": "2026-04-01"})

        assert answer.status == 202
        assert answer.body["is_moving"] is True
        assert TestClock.objects.get(seller=seller).target_date == date(2026, 4, 1)

    def test_it_is_told_to_hold_what_is_due(self, app: App) -> None:
        answer = app.post("/test-clock/advance", {"to": "2026-04-01", "hold_due": True})

        assert answer.status == 202
        assert answer.body["held_date"] == "2026-04-01"

    def test_it_does_not_go_back(self, app: App) -> None:
        answer = app.post("/test-clock/advance", {"to": "2025-12-31"})

        assert (answer.status, answer.code) == (409, "test_clock_refused")

    def test_a_live_seller_has_none(self, db: None) -> None:
        live = App(factories.api_key(factories.seller(is_test=False, clock=None)))

        answer = live.post("/test-clock/advance", {"to": "2099-01-01"})

        assert (answer.status, answer.code) == (409, "test_clock_refused")


class TestProcess:
    def test_it_is_alive_for_everyone(self) -> None:
        response = Client().get("/healthz")

        assert (response.status_code, response.json()) == (200, {"status": "ok"})

    def test_it_shows_its_metrics(self, db: None) -> None:
        assert b"django_http_requests" in Client().get("/metrics").content

    def test_it_describes_the_api(self, db: None) -> None:
        description = Client().get("/api/v1/openapi.json").json()

        assert description["openapi"].startswith("3.1")
        refusal = description["paths"]["/api/v1/orders"]["post"]["responses"]["409"]
        assert "application/problem+json" in refusal["content"]
        assert "/api/v1/orders" in description["paths"]

    def test_the_description_leaves_nothing_to_guess(
        self, db: None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("spectacular", file=os.devnull)

        assert "Warning" not in capsys.readouterr().err

    def test_its_documentation_asks_no_other_host(self) -> None:
        page = Client().get("/api/v1/docs").content.decode()

        assert "swagger-ui" in page
        assert "https://" not in page
