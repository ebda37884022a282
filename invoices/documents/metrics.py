"""Figures of documents, for Prometheus: counted once it is committed what became of them."""

from collections.abc import Sequence

from prometheus_client import Counter

from billing.events.commits import after_commit

UNKNOWN = "unknown"  # The format of documents of an invoice that couldn't be read.

DOCUMENTS = Counter(
    "anlass_documents", "Files made of invoices; or that none could be.", ["format", "outcome"]
)


def note_documents(formats: Sequence[str], outcome: str) -> None:
    """Count documents by their formats."""

    def count() -> None:
        for each in formats:
            DOCUMENTS.labels(each, outcome).inc()

    after_commit(count)
