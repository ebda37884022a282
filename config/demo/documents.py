"""The documents that came of the demo's invoices."""

import os
import time
from pathlib import Path

from django.core.files.storage import storages
from rich.console import Console
from rich.table import Table

from billing.events.models import Event
from billing.sellers.models import Seller
from config import env
from invoices.delivery.models import Delivery
from invoices.documents.models import Document

WITHIN_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.2


class DocumentsLate(Exception):
    """Documents were not made in time: look at the log of worker-3."""


def wait_for_documents(sellers: list[Seller]) -> None:
    """
    Wait until the documents of the sellers' invoices are made and delivered.

    :raises DocumentsLate: if they aren't in time.
    """
    waiting = Event.objects.filter(seller__in=sellers, state=Event.State.WAITING)
    until = time.monotonic() + WITHIN_SECONDS
    while waiting.exists():
        if time.monotonic() > until:
            raise DocumentsLate(f"{waiting.count()} events still wait.")
        time.sleep(LOOK_EVERY_SECONDS)


def print_documents(sellers: list[Seller], console: Console) -> None:
    """Print what was delivered, and the documents with where they lie."""
    _print_deliveries(sellers, console)
    table = Table("Document", "Format", "Bytes", "SHA-256", box=None, header_style="bold")
    made = Document.objects.filter(seller__in=sellers).order_by("invoice__issued_at", "kind")
    for document in made:
        table.add_row(
            document.file_name, document.format, f"{document.size:,}", document.sha256[:12]
        )
    console.print(table)
    console.print("They lie here:")
    for document in made:
        path = Path(storages["documents"].path(document.storage_name))
        console.print(f"  {os.path.relpath(path)}", soft_wrap=True)


def _print_deliveries(sellers: list[Seller], console: Console) -> None:
    table = Table("Delivery", "To", "State", "Tries", box=None, header_style="bold")
    for delivery in Delivery.objects.filter(seller__in=sellers).order_by("pk"):
        to, state = delivery.address or "whoever has the link", delivery.get_state_display()
        table.add_row(delivery.channel, to, state, str(delivery.tries))
    console.print(table)
    if inbox := env.text("EMAIL_INBOX", ""):
        console.print(f"E-mails lie in {os.path.relpath(inbox)}", soft_wrap=True)
