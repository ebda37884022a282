"""The start page: what today brought, what needs somebody, and where all of it is listed."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.events.models import Event
from billing.sellers.models import Membership
from invoices.overview.commands import count_figures
from tests import factories
from tests.admin.houses import House
from tests.handling import handle

START = reverse("admin:index")


@pytest.fixture
def counted(alpha: House, bravo: House) -> None:
    count_figures(at=factories.AT + timedelta(days=1))


def start(client: Client, **query: str) -> str:
    return client.get(START, query).content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("counted")
class TestStart:
    def test_it_shows_the_most_urgent_failure_and_what_waits_for_approval(
        self, client: Client, alpha: House
    ) -> None:
        body = start(client)

        assert reverse("admin:billing_failure_change", args=[alpha.failure.pk]) in body
        assert "alpha customer" in body

    def test_it_tells_what_was_issued_today_by_currency(self, client: Client) -> None:
        assert re.search(r"Issued today, net.*anlass-money.*?EUR", start(client), re.DOTALL)

    def test_every_figure_links_to_a_list_that_answers(self, client: Client) -> None:
        links = {
            unescape(each) for each in re.findall(r'href="(/admin/[^"]*\?[^"]*)"', start(client))
        }

        assert len(links) > 30
        for link in links:
            assert client.get(link).status_code == 200, link

    def test_the_oldest_event_that_waits_is_told(self, client: Client, alpha: House) -> None:
        factories.order(alpha.customer, factories.line(), external_id="waits")

        assert re.search(r"The oldest for \d+ d", start(client))

    def test_it_names_nothing_of_another_seller(self, client: Client, bravo: House) -> None:
        for query in ({}, {"seller": str(bravo.seller.pk)}, {"seller": "x"}):
            assert "bravo" not in start(client, **query)

    def test_who_works_for_two_chooses_one_and_hears_of_the_other_s_failures(
        self, client: Client, ada: User, bravo: House
    ) -> None:
        Membership.objects.create(user=ada, seller=bravo.seller)

        assert f'href="?seller={bravo.seller.pk}"' in start(client)
        assert "bravo customer" in start(client, seller=str(bravo.seller.pk))

    def test_who_may_not_see_invoices_meets_no_sums(self, client: Client, ada: User) -> None:
        ada.user_permissions.set(Permission.objects.filter(codename="view_failure"))

        body = start(client)

        assert "Open failures" in body
        assert "Issued today" not in body
        assert "Waits for approval" not in body

    def test_someone_without_a_seller_is_told_so(self, client: Client, ada: User) -> None:
        Membership.objects.filter(user=ada).delete()

        assert "You work for no seller yet" in start(client)

    def test_each_chart_has_a_name_and_a_table(self, client: Client) -> None:
        body = start(client)
        charts = re.findall(r'<svg class="anlass-chart[^>]*role="img" aria-label="([^"]+)"', body)

        assert len(charts) == body.count("As a table") == 3
        assert all(": " in each for each in charts)

    def test_it_costs_as_many_queries_however_much_there_is(
        self, client: Client, alpha: House
    ) -> None:
        counts = []
        for mark in ("more", "yet more"):
            with CaptureQueriesContext(connection) as queries:
                start(client)
            counts.append(len(queries))
            factories.order(alpha.customer, factories.line(), external_id=mark)

        assert counts[0] == counts[1]

    def test_counting_that_is_behind_is_told(self, client: Client, alpha: House) -> None:
        assert "Still being counted" not in start(client)
        order = factories.order(alpha.customer, factories.line(), external_id="new")
        handle(Event.objects.get(stream_id=order.pk), at=factories.AT)

        assert re.search(r"Still being counted.*: 1 of", start(client))
