"""The documents that came of the demo's invoices."""

import os
import time
from pathlib import Path

from django.core.files.storage import storages
from rich.console import Console
from rich.table import Table

from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.documents.models import Document

WITHIN_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.2


class DocumentsLate(Exception):
    """Documents were not made in time: look at the log of worker-3."""


def print_documents(sellers: list[Seller], console: Console) -> None:
    """
    Wait until the documents of the sellers' invoices are made, and print where they lie.

    :raises DocumentsLate: if they aren't made in time.
    """
    waiting = Event.objects.filter(seller__in=sellers, state=Event.State.WAITING)
    until = time.monotonic() + WITHIN_SECONDS
    while waiting.exists():
        if time.monotonic() > until:
            raise DocumentsLate(f"{waiting.count()} events still wait.")
        time.sleep(LOOK_EVERY_SECONDS)
    table = Table("Document", "Format", "Bytes", "SHA-256", box=None, header_style="bold")
    made = Document.objects.filter(seller__in=sellers).order_by("invoice__issued_at", "kind")
    for document in made:
        name = f"{document.file_name}"
        table.add_row(name, document.format, f"{document.size:,}", document.sha256[:12])
    console.print(table)
    console.print("They lie here:")
    for document in made.filter(kind=Document.Kind.PDF):
        path = Path(storages["documents"].path(document.storage_name))
        console.print(f"  {os.path.relpath(path)}", soft_wrap=True)
