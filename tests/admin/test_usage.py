"""What was measured, and what waits to be."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.events.models import Event
from billing.usage.commands import attribute_waiting
from billing.usage.models import UnattributedUsage, UsageBucket
from tests import factories
from tests.admin.houses import House
from tests.admin.test_deeds import url
from tests.factories import AT

LIST = "/admin/billing/usagebucket/"
WAITING = "/admin/billing/unattributedusage/"


@pytest.fixture
def told(alpha: House) -> UnattributedUsage:
    """A record of a meter that nobody knows, once it was tried to attribute it."""
    waiting = UnattributedUsage.objects.get(seller=alpha.seller)
    attribute_waiting(event_id=waiting.event_id, at=AT, worker="test")
    waiting.event.refresh_from_db()
    return waiting


@pytest.mark.django_db
class TestUsage:
    def test_a_day_s_page_shows_its_records(self, client: Client, alpha: House) -> None:
        bucket = UsageBucket.objects.get(seller=alpha.seller)

        body = client.get(url(bucket)).content.decode()

        assert "alpha-key" in body
        assert "2026-01-01 12:00:00" in body

    @pytest.mark.parametrize(
        ("asked", "is_found"),
        [
            ({"q": "alpha customer"}, True),
            ({"q": "nobody"}, False),
            ({"month": "2026-01"}, True),
            ({"month": "2025-12"}, False),
            ({"month": "1999-01"}, False),
            ({"meter": "nonsense"}, False),
        ],
    )
    def test_the_list_is_narrowed(
        self, client: Client, alpha: House, asked: dict[str, str], is_found: bool
    ) -> None:
        body = client.get(LIST, asked).content.decode()

        assert ("alpha-sub" in body) is is_found

    def test_the_list_counts_nothing_and_reads_no_records(
        self, client: Client, alpha: House
    ) -> None:
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)

        of_usage = [query["sql"] for query in asked if "billing_usage" in query["sql"]]
        assert of_usage
        assert not [sql for sql in of_usage if "COUNT(" in sql or "usagerecord" in sql]

    def test_others_usage_is_not_there(self, client: Client, alpha: House, bravo: House) -> None:
        meter = {"meter": str(bravo.meter.pk)}
        theirs = UsageBucket.objects.get(seller=bravo.seller)

        assert "bravo" not in client.get(LIST).content.decode()
        assert "bravo" not in client.get(LIST, meter).content.decode()
        assert client.get(url(theirs)).status_code == 302


@pytest.mark.django_db
class TestWaiting:
    def test_it_says_how_many_wait_and_why(self, client: Client, told: UnattributedUsage) -> None:
        body = client.get(WAITING).content.decode()

        assert "There is no meter alpha-unknown." in body
        assert "alpha-key" in client.get(url(told)).content.decode()

    def test_it_is_replayed(self, client: Client, alpha: House, told: UnattributedUsage) -> None:
        assert told.event.state == "failed"
        factories.meter(alpha.seller, code="alpha-unknown")

        answer = client.post(url(told, "replay/"), follow=True)

        assert "Sent again: 1 event." in answer.content.decode()
        assert Event.objects.get(pk=told.event_id).state == "waiting"
        attribute_waiting(event_id=told.event_id, at=AT, worker="test")
        told.refresh_from_db()
        assert told.waiting == 0
        assert "alpha-unknown" not in client.get(WAITING).content.decode()

    def test_several_are_replayed(self, client: Client, told: UnattributedUsage) -> None:
        given = {"action": "replay_selected", "_selected_action": [str(told.pk)]}

        answer = client.post(WAITING, given, follow=True)

        assert "Sent again: 1 event." in answer.content.decode()

    def test_who_may_not_decide_may_only_look(
        self, client: Client, ada: User, told: UnattributedUsage
    ) -> None:
        ada.user_permissions.remove(*ada.user_permissions.filter(codename="change_failure"))

        assert client.get(url(told)).status_code == 200
        client.post(url(told, "replay/"))
        assert Event.objects.get(pk=told.event_id).state == "failed"
