"""`GET /usage` and `/usage/days`."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.catalog.models import Meter
from billing.sellers.models import Seller
from billing.usage.commands import record_usage
from tests import factories
from tests.api.conftest import UNKNOWN, App

NOON = datetime(2025, 12, 30, 12, 0, tzinfo=UTC)
OF_S1 = "subscription=ext:S1&meter=code:calls"


@pytest.fixture
def _used(seller: Seller, meter: Meter) -> None:
    """Two calls on each of three days, the second in January, by S1."""
    contract = factories.contract(factories.customer(seller))
    factories.subscription(
        contract, factories.plan(seller), external_id="S1", on=datetime(2025, 12, 1).date()
    )
    records = [
        factories.usage(key=f"{day}-{turn}", at=NOON + timedelta(days=day), value=Decimal(day + 1))
        for day in range(3)
        for turn in ("a", "b")
    ]
    record_usage(seller=seller, records=records, at=datetime(2026, 1, 2, 9, tzinfo=UTC))


@pytest.mark.usefixtures("_used")
class TestRecords:
    def test_come_once_each_over_pages_the_latest_first(self, app: App) -> None:
        found, path = [], f"/usage?{OF_S1}&limit=1"
        while path:
            page = app.get(path).body
            found += [row["key"] for row in page["results"]]
            path = page["next"]

        assert found == ["2-b", "2-a", "1-b", "1-a", "0-b", "0-a"]

    def test_of_some_time(self, app: App) -> None:
        page = app.get(f"/usage?{OF_S1}&used_from=2025-12-31&used_until=2026-01-01").body

        assert [(row["key"], row["value"]) for row in page["results"]] == [
            ("1-b", "2"),
            ("1-a", "2"),
        ]

    def test_of_all_meters(self, app: App) -> None:
        assert len(app.get("/usage?subscription=ext:S1").body["results"]) == 6
        answer = app.get("/usage?subscription=ext:S1&used_from=2025-12-31")
        assert answer.errors == {"used_from": "too_wide"}

    @pytest.mark.parametrize("cursor", ["x", "WyJ4Il0=", "W10=", "%C3%A4"])
    def test_a_cursor_that_no_page_gave_is_refused(self, app: App, cursor: str) -> None:
        assert app.get(f"/usage?{OF_S1}&cursor={cursor}").errors == {"cursor": "invalid"}

    @pytest.mark.parametrize(
        ("at", "key"),
        [
            ("2026-01-01T00:00:00+00:00", "\ud800"),
            ("2026-01-01T00:00:00+00:00", "a\0b"),
            ("2026-01-01T00:00:00+00:00", "x" * 201),
            ("2026-01-01T00:00:00", "a"),
            ("0001-01-01T00:00:00+14:00", "a"),
            ("9999-12-31T23:59:59-14:00", "a"),
            ("infinity", "a"),
        ],
    )
    def test_nor_does_one_that_none_could_give_do_harm(self, app: App, at: str, key: str) -> None:
        texts = [UNKNOWN, at, key]  # A meter, an instant, a key: by which records are ordered.
        cursor = urlsafe_b64encode(json.dumps(texts).encode()).decode()

        answer = app.get(f"/usage?{OF_S1}&cursor={cursor}")

        assert (answer.status, answer.errors) == (400, {"cursor": "invalid"})

    def test_a_deep_cursor_is_refused(self, app: App) -> None:
        cursor = urlsafe_b64encode(b"[" * 740).decode()

        assert app.get(f"/usage?{OF_S1}&cursor={cursor}").errors == {"cursor": "invalid"}

    def test_the_subscription_is_named(self, app: App) -> None:
        assert app.get("/usage").errors == {"subscription": "required"}


@pytest.mark.usefixtures("_used")
class TestDays:
    def test_hold_what_their_records_add_up_to(self, app: App) -> None:
        first = app.get(f"/usage/days?{OF_S1}&limit=2").body
        second = app.get(first["next"]).body

        days = first["results"] + second["results"]
        assert [
            (each["day"], each["records"], each["total"], each["highest"]) for each in days
        ] == [
            ("2026-01-01", 2, "6", "3"),
            ("2025-12-31", 2, "4", "2"),
            ("2025-12-30", 2, "2", "1"),
        ]
        assert second["next"] is None

    def test_of_some_days(self, app: App) -> None:
        path = f"/usage/days?{OF_S1}&day_from=2025-12-31&day_until=2026-01-01"

        assert [each["day"] for each in app.get(path).body["results"]] == ["2025-12-31"]
