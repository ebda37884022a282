"""Download: the documents are there to be fetched, by the API and by a link."""

from datetime import datetime

from invoices.delivery.channels.shape import Ended, Outcome, excerpt
from invoices.delivery.models import Delivery
from invoices.documents.queries import StorageAway, StoredBytesDiffer, documents_of, stored_bytes

_REMEDY = "Restore the file in the storage of documents, then retry."


def offer(delivery: Delivery, *, at: datetime) -> Outcome:
    """Look whether all documents of a delivery's invoice can be fetched."""
    assert delivery.invoice is not None, "the database demands one"
    documents = documents_of(delivery.invoice)
    try:
        for document in documents:
            stored_bytes(document)
    except (StoredBytesDiffer, FileNotFoundError) as error:
        return Outcome(Ended.REFUSED, answer=excerpt(error), remedy=_REMEDY)
    except StorageAway as error:
        return Outcome(Ended.FAILED, answer=excerpt(error))
    names = ", ".join(document.file_name for document in documents)
    return Outcome(Ended.SENT, answer=f"To be fetched: {names}.")
