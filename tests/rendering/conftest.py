"""A seller whose invoices become documents, below a folder of the test's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages

from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.documents.commands import render_documents
from invoices.documents.models import Document
from invoices.issuing.commands import bill
from invoices.issuing.models import Invoice
from tests import factories

PRINTED = {"iban": "DE02120300000000202051", "email": "rechnung@seller.example"}


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    backend = "invoices.documents.folder.DocumentFolder"
    settings.STORAGES = {
        **settings.STORAGES,
        "documents": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}},
    }
    yield tmp_path
    storages._storages.pop("documents", None)


@pytest.fixture
def seller(db: None, folder: Path) -> Seller:
    return factories.seller(makes_documents=True, **PRINTED)


def issue(seller: Seller, **customer: object) -> Invoice:
    """An invoice of an order of 99.00 EUR."""
    factories.order(factories.customer(seller, **customer), factories.line())
    event = Event.objects.get(type="order.placed", state="waiting", seller=seller)
    (invoice,) = bill(event_id=event.pk, at=factories.AT, worker="test")
    return invoice


def render(invoice: Invoice) -> list[Document]:
    """Handle the event that tells of an invoice."""
    event = Event.objects.get(type="invoice.issued", stream_id=invoice.pk)
    return render_documents(event_id=event.pk, at=factories.AT, worker="test")
