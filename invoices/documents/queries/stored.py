"""The files that were made of an invoice."""

import hashlib
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import Storage, storages

from invoices.documents.models import Document
from invoices.issuing.models import Invoice


class StoredBytesDiffer(Exception):
    """The storage holds other bytes than were written."""


class StorageAway(Exception):
    """The storage can't be reached, is full or refuses; its files may be whole."""


STORAGE_FAULTS = (OSError, BotoCoreError, ClientError)


def storage() -> Storage:
    """Return where the bytes of documents lie."""
    return storages["documents"]


def documents_of(invoice: Invoice) -> Sequence[Document]:
    """Return the documents of an invoice; none until they are made."""
    return list(Document.objects.filter(invoice=invoice).order_by("kind", "format"))


def stored_bytes(document: Document) -> bytes:
    """
    Return the bytes of a document, proven by their hash.

    :raises StoredBytesDiffer: if they aren't those that were written.
    :raises FileNotFoundError: if they are gone.
    :raises StorageAway: if they can't be read now.
    """
    try:
        with storage().open(document.storage_name) as file:
            found = bytes(file.read())
    except FileNotFoundError:
        raise
    except STORAGE_FAULTS as fault:
        raise StorageAway(f"{type(fault).__name__}: {fault}") from fault
    if hashlib.sha256(found).hexdigest() != document.sha256:
        raise StoredBytesDiffer(
            f"{document.storage_name} isn't what was written for {document.file_name}: its SHA-256 "
            f"should be {document.sha256}. Restore the file from a copy."
        )
    return found
