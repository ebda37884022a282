"""The files for the tax adviser, asked for in the admin."""

import io
import zipfile

from django.test import Client
from django.urls import reverse

from invoices.reports.models import Bookkeeping
from tests.admin.houses import staff
from tests.reports.conftest import order


def test_the_postings_of_a_period_are_downloaded(books: Bookkeeping) -> None:
    order(books.seller, ("100.00", "standard"))
    clerk = Client()
    clerk.force_login(staff(books.seller))
    page = reverse("admin:invoices_bookkeeping_datev", args=[books.pk])

    answer = clerk.post(page, {"issued_from": "2026-01-01", "issued_to": "2026-01-31"})

    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert names == ["EXTF_Buchungsstapel_2026-01.csv", "EXTF_Debitoren.csv"]
    told = clerk.post(page, {"issued_from": "2026-01-01", "issued_to": "2026-12-31"})
    assert "92 days" in told.content.decode()
