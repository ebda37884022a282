"""Rates of exchange are entered in the admin, and never changed."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing.exchange.models import ExchangeRate, OwnExchangeRate
from tests import factories
from tests.exchange.test_issuing import bought

RATE = {
    "currency": "USD", "base": "EUR", "rate": "1.0823", "period": "day", "day": "2026-01-02",
}  # fmt: skip


@pytest.fixture
def root(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_a_seller_s_own(root: Client) -> None:
    seller = factories.seller()
    url = "/admin/billing/ownexchangerate/add/"
    said = {**RATE, "seller": str(seller.pk), "source": "Hausbank AG"}

    refused = root.post(url, {**said, "currency": "EUR"})
    root.post(url, said)

    assert "between two currencies" in refused.content.decode()
    row = OwnExchangeRate.objects.get()
    assert (row.seller, str(row), row.recorded_by) == (
        seller, "2026-01-02: 1 EUR = 1.0823 USD", "root",
    )  # fmt: skip


def test_an_invoice_s_page_tells_it_in_plain_text(root: Client) -> None:
    factories.exchange_rate("USD", "1.0823")
    invoice = bought(factories.seller(), "100.00")

    body = root.get(f"/admin/invoices/invoice/{invoice.pk}/change/").content.decode()

    assert "&lt;span" not in body
    assert "1.0823" in body


def test_a_published_one_once(root: Client) -> None:
    url = "/admin/billing/exchangerate/add/"
    said = {**RATE, "source": "ECB"}

    root.post(url, said)
    again = root.post(url, said)
    wrong = root.post(url, {**said, "source": "BMF", "day": "2026-01-03"})

    assert ExchangeRate.objects.count() == 1
    assert "already exists" in again.content.decode()
    assert "the BMF those of months" in wrong.content.decode()
    change = root.post(f"/admin/billing/exchangerate/{ExchangeRate.objects.get().pk}/change/", said)
    assert change.status_code == 403
