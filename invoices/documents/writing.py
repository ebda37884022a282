"""Writes a document in a profile's syntax."""

from invoices.documents import cii, ubl
from invoices.documents.profiles import Profile, Syntax
from invoices.documents.semantic.document import Document

_WRITERS = {Syntax.UBL: ubl.write, Syntax.CII: cii.write}


def write(document: Document, profile: Profile) -> bytes:
    """Return the document's XML. It isn't checked: `delivering.e_invoice` does both."""
    specification = profile.specification
    return _WRITERS[specification.syntax](document, specification)
