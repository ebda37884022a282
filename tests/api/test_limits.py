"""What one app may ask for: requests a second, and time of the database."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from pytest_django import Settings

from billing.api.callers import limits
from billing.customers.models import Customer
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import Answer, App

RATE, BURST = 2, 5
ACME = {"name": "Acme", "kind": "business", "country": "DE"}


@pytest.fixture(autouse=True)
def limited(settings: Settings) -> Iterator[None]:
    """Two requests a second, and five at once."""
    quota = {"per_second": RATE, "burst": BURST}
    settings.API_LIMITS = {"api": quota, "usage": quota}
    forget()
    yield
    forget()


def forget() -> None:
    """Let the next request find its bucket, and Redis, as the settings have them."""
    limits._bucket.cache_clear()
    limits._store.cache_clear()
    limits._Fault.until = 0.0


class TestRequests:
    def test_answers_tell_what_is_left(self, app: App) -> None:
        first, second = app.get("/customers"), app.get("/customers/x")

        assert first.headers["RateLimit-Policy"] == '"api";q=5;w=3'
        assert first.headers["RateLimit"] == '"api";r=4;t=1'
        assert second.status == 404
        assert second.headers["RateLimit"].startswith('"api";r=')

    def test_what_comes_beyond_is_refused_and_does_nothing(self, app: App) -> None:
        taken = 0
        while (answer := app.post("/customers", ACME)).status == 201:
            taken += 1

        assert answer.code == "rate_limited"
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["RateLimit"] == '"api";r=0;t=3'
        assert Customer.objects.count() == taken >= BURST

    def test_after_retry_after_it_is_taken(self, app: App) -> None:
        while (answer := app.get("/customers")).status == 200:
            pass
        time.sleep(int(answer.headers["Retry-After"]) + 0.1)

        assert app.get("/customers").status == 200

    def test_each_key_has_a_bucket_of_its_own(self, app: App, seller: Seller) -> None:
        while app.get("/customers").status == 200:
            pass
        other = App(factories.api_key(seller))

        assert other.get("/customers").status == 200

    def test_usage_has_a_bucket_of_its_own(self, app: App) -> None:
        while app.get("/customers").status == 200:
            pass

        answer = app.post("/usage", {"records": []})

        assert answer.status != 429
        assert answer.headers["RateLimit"].startswith('"usage";')

    def test_what_is_not_allowed_counts_too(self, seller: Seller) -> None:
        app = App(factories.api_key(seller, "usage:write"))

        while (answer := app.get("/customers")).code == "scope_missing":
            pass

        assert answer.code == "rate_limited"

    def test_who_has_no_key_is_told_nothing(self, app: App) -> None:
        assert "RateLimit" not in App(None).get("/customers").headers


class TestFaults:
    def test_while_redis_is_away_nobody_is_limited_or_waits(
        self, app: App, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.API_LIMITS_URL = "redis://127.0.0.1:1/0"

        answers = [app.get("/customers") for _ in range(BURST * 2)]

        assert {answer.status for answer in answers} == {200}
        assert [record.message for record in caplog.records].count(
            "Requests aren't limited: Redis is away"
        ) == 1


class TestTime:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_statement_that_takes_too_long_is_ended(
        self, committed: None, settings: Settings, method: str
    ) -> None:
        settings.API_STATEMENT_SECONDS = 1
        app = App(factories.api_key(factories.seller()))

        def ask() -> Answer:
            try:
                return app.send(method, "/customers", json.dumps(ACME), Idempotency_Key="k")
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as client, transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE billing_customer IN ACCESS EXCLUSIVE MODE")
            answer = client.submit(ask).result(timeout=30)
        again = app.post("/customers", ACME, Idempotency_Key="k")

        assert (answer.status, answer.code) == (503, "took_too_long")
        assert answer.headers["Retry-After"] == "1"
        assert again.status == 201
