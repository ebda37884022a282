"""What the line table is made from."""

from dataclasses import dataclass

from invoices.documents.pdf.template import Column
from invoices.documents.pdf.words.words import Words
from invoices.documents.semantic.document import Document


@dataclass(frozen=True, slots=True)
class Table:
    """A document's lines, in words, in the columns that are shown."""

    document: Document
    words: Words
    shown: frozenset[Column]
