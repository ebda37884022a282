"""What else is said below the sums."""

from invoices.documents.pdf.content.head import one_line
from invoices.documents.pdf.content.short import cut
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.words.words import Words
from invoices.documents.semantic.document import Document


def below(document: Document, printing: Printing, words: Words) -> list[str]:
    """Return the notes, what was cut elsewhere, and where and through whom it was supplied."""
    notes = [note.text for note in document.notes] if printing.notes is None else printing.notes
    found = [
        *cut(document),
        *notes,
        _delivered_to(document, words),
        _representative(document, words),
    ]
    return [text.strip() for text in found if text.strip()]


def _delivered_to(document: Document, words: Words) -> str:
    delivery = document.delivery
    if delivery is None or (delivery.address is None and not delivery.name):
        return ""
    address = one_line(delivery.address, words) if delivery.address else ""
    named = ", ".join(text for text in (delivery.name, address) if text)
    return words.say("delivered_to", address=named)


def _representative(document: Document, words: Words) -> str:
    representative = document.tax_representative
    if representative is None:
        return ""
    return words.say(
        "representative",
        name=representative.name,
        address=one_line(representative.address, words),
        vat_id=representative.vat_id,
    )
