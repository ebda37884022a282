"""Files that staff take: of what staff did, and by the API; each is told."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.sellers.models import Seller
from billing.staff.commands import deed_on, record
from billing.staff.models import StaffAction
from billing.staff.origins import Actor, Origin
from tests import factories
from tests.admin.houses import staff


def actions() -> Any:
    return StaffAction.objects.filter(who="ada").order_by("pk")


@pytest.mark.usefixtures("committed")
class TestFiles:
    """They are made in transactions of their own, so that all must be committed."""

    @pytest.fixture
    def seller(self, committed: None) -> Seller:
        return factories.seller()

    @pytest.fixture
    def browser(self, seller: Seller) -> Client:
        client = Client()
        client.force_login(staff(seller))
        return client

    def act(self, of: Seller, who: str) -> None:
        by = Actor(user_id=None, name=who, origin=Origin())
        record([deed_on(of, action="change", what="What")], by=by, at=factories.AT)

    def taken(self, browser: Client, day: str, form: str) -> str:
        page = reverse("admin:billing_staffaction_export")
        answer: Any = browser.post(page, {"since": day, "until": day, "form": form})
        assert answer["Content-Disposition"].startswith("attachment")
        return b"".join(answer.streaming_content).decode()

    def test_a_range_is_taken_which_is_told_too(self, seller: Seller, browser: Client) -> None:
        self.act(seller, "zoe")
        self.act(factories.seller(), "yan")

        table = self.taken(browser, str(factories.AT.date()), "text/csv")
        line = json.loads(self.taken(browser, str(factories.AT.date()), "application/x-ndjson"))

        assert '"zoe"' in table
        assert "yan" not in table
        assert (line["who"], line["object_id"]) == ("zoe", str(seller.pk))
        assert [(each.action, each.seller) for each in actions()] == [("export", seller)] * 2

    def test_days_outside_the_range_are_left_out(self, seller: Seller, browser: Client) -> None:
        self.act(seller, "zoe")

        assert "zoe" not in self.taken(browser, "2025-12-31", "text/csv")

    def test_files_taken_by_the_api_are_told(self, seller: Seller, browser: Client) -> None:
        answer: Any = browser.get("/api/v1/customers", headers={"Accept": "text/csv"})
        b"".join(answer.streaming_content)
        browser.get("/api/v1/customers")

        (noted,) = actions()
        assert (noted.action, noted.seller) == ("download", seller)
        assert noted.what == "By the API: /api/v1/customers"
