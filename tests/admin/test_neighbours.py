"""Each page leads to its neighbours, and tells what was and what comes."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from billing.sellers.models import ApiKey, Seller
from invoices.documents.models import Document
from invoices.issuing.models import Charge, Invoice
from tests.admin.houses import House
from tests.admin.test_search import url


def page(client: Client, row: object) -> str:
    return client.get(url(row)).content.decode()


def invoice_of(house: House) -> Invoice:
    return Invoice.objects.filter(seller=house.seller).order_by("pk")[0]


@pytest.mark.django_db
class TestNeighbours:
    def test_an_invoice_leads_to_its_event_order_document_and_customer(
        self, client: Client, alpha: House
    ) -> None:
        charge = Charge.objects.get(order_line__order=alpha.order)
        body = page(client, charge.invoice)

        for row in (alpha.order, charge.invoice.event, alpha.customer):
            assert url(row) in body

    def test_an_invoice_shows_its_pdf_within_the_page(self, client: Client, alpha: House) -> None:
        stored = Document.objects.get(seller=alpha.seller, kind="pdf")
        opened = reverse("admin:invoices_document_open", args=[stored.pk])

        assert f'<iframe class="anlass-pdf" src="{opened}"' in page(client, stored.invoice)

    def test_a_customer_s_page_tells_balance_and_latest_happenings(
        self, client: Client, alpha: House
    ) -> None:
        body = page(client, alpha.customer)
        told = re.search(r'<ol class="anlass-timeline">.*?</ol>', body, re.DOTALL)

        assert "1.00 EUR" in body
        assert told
        for row in (alpha.order, alpha.subscription, invoice_of(alpha)):
            assert url(row) in told[0]

    def test_a_contract_s_page_tells_its_changes_and_its_next_invoice(
        self, client: Client, alpha: House
    ) -> None:
        before = Invoice.objects.count(), Charge.objects.count()
        body = page(client, alpha.contract)

        assert url(alpha.subscription) in body
        assert re.search(r"next invoice.*1 Feb 2026.*alpha fee.*Gross", body, re.DOTALL | re.I)
        assert (Invoice.objects.count(), Charge.objects.count()) == before

    def test_a_next_invoice_that_would_fail_says_why(self, client: Client, alpha: House) -> None:
        Seller.objects.filter(pk=alpha.seller.pk).update(country="US")

        assert "it would fail" in page(client, alpha.contract)

    def test_who_may_not_see_invoices_is_told_of_none(
        self, client: Client, ada: User, alpha: House
    ) -> None:
        rights = ("view_customer", "view_contract")
        ada.user_permissions.set(Permission.objects.filter(codename__in=rights))

        for row in (alpha.customer, alpha.contract):
            body = page(client, row)
            assert "anlass-timeline" not in body
            assert "alpha fee" not in body

    def test_a_story_tells_of_files_and_of_the_time_between(
        self, client: Client, alpha: House
    ) -> None:
        stored = Document.objects.get(seller=alpha.seller, kind="pdf")
        story = reverse("admin:billing_event_transaction", args=[stored.transaction_id])
        body = client.get(story).content.decode()

        assert url(stored) in body
        assert "anlass-chapter-document anlass-tone-good" in body


@pytest.mark.django_db
class TestSmallThings:
    def test_a_new_key_may_nothing_until_it_is_told(self, client: Client, alpha: House) -> None:
        body = client.get(reverse("admin:billing_apikey_add")).content.decode()

        boxes = re.findall(r'<input[^>]*name="scopes"[^>]*>', body)
        assert boxes
        assert not [box for box in boxes if re.search(r"\schecked[\s>=]", box)]
        posted = {"seller": alpha.seller.pk, "name": "New"}
        client.post(reverse("admin:billing_apikey_add"), posted)
        assert ApiKey.objects.filter(seller=alpha.seller).count() == 1

    def test_the_site_has_an_icon(self, client: Client) -> None:
        answer = client.get("/favicon.ico", follow=True)

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "image/svg+xml"

    def test_dates_have_one_form(self, client: Client, alpha: House) -> None:
        for row in (invoice_of(alpha), alpha.failure, alpha.order_event, alpha.contract):
            body = re.sub(r"<(script|code|input)[^>]*>|datetime=\"[^\"]*\"", "", page(client, row))
            assert not re.findall(r">\s*(?:Jan\. \d|\d{4}-\d\d-\d\d)", body), row
