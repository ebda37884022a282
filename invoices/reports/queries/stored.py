"""Where a stored file lies in an auditor's archive."""

import re

from invoices.documents.models import Document

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def path_of(document: Document) -> str:
    """Return a path that is the document's alone, whatever its number looks like."""
    number = document.invoice.number
    safe = _UNSAFE.sub("_", number).lstrip(".")
    if safe != number:  # Another number may look the same now.
        safe = f"{safe}-{str(document.invoice_id)[-12:]}"
    name = f"{document.format}.{document.kind}"
    return f"documents/{document.invoice.issue_date:%Y-%m}/{safe}/{name}"
