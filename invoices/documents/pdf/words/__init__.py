"""What is printed around a document's own texts, in German and English."""

from invoices.documents.pdf.words.english import ENGLISH_WORDS
from invoices.documents.pdf.words.german import GERMAN_WORDS
from invoices.documents.pdf.words.words import Words


def words_of(locale: str) -> Words:
    """Return the words of a locale: German ones for `de` and its kin, else English ones."""
    return GERMAN_WORDS if locale.lower().startswith("de") else ENGLISH_WORDS
