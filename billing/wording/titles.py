"""What a document is called, in the language of its customer."""

from collections.abc import Mapping

from billing.wording.paragraph import language_of

# In German law a "Gutschrift" is what a customer issues (UStG § 14 (2)): never a title of ours.
_TITLES: Mapping[str, Mapping[str, str]] = {
    "de": {
        "invoice": "Rechnung",
        "correction": "Rechnungskorrektur",
        "cancellation": "Stornorechnung",
    },
    "en": {
        "invoice": "Invoice",
        "correction": "Corrective invoice",
        "cancellation": "Cancellation invoice",
    },
}


def document_title(kind: str, *, correction_kind: str, locale: str) -> str:
    """
    Return what an invoice or credit note is called.

    A credit note without a kind of correction comes of what changed since: it corrects.
    """
    titles = _TITLES[language_of(locale).code]
    return titles["invoice" if kind == "invoice" else correction_kind or "correction"]
