"""All that stands on the pages, as texts ready to be set: what `invoice.typ` reads."""

from invoices.documents.pdf.content.fitting import table_of
from invoices.documents.pdf.content.foot import footer_columns, law
from invoices.documents.pdf.content.head import facts, recipient, references, sender
from invoices.documents.pdf.content.payment import payment
from invoices.documents.pdf.content.rows import columns, rows
from invoices.documents.pdf.content.short import shortened
from invoices.documents.pdf.content.sums import exemptions, sums, vat_table
from invoices.documents.pdf.content.table import Table
from invoices.documents.pdf.content.texts import below
from invoices.documents.pdf.glyphs import FALLBACKS
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.template import Template
from invoices.documents.pdf.words import words_of
from invoices.documents.semantic.document import Document

# Counts up when the same template would look otherwise; it stands in the PDF beside the template's.
LAYOUT = 1


def content_of(document: Document, printing: Printing) -> dict[str, object]:
    """
    Return the texts of a document's pages by place.

    :raises PrintingDoesNotFit: if the printing contradicts the document.
    """
    words = words_of(printing.locale)
    title = printing.title_of(document)
    subject = f"{words.titles[title]} {document.number}"
    day = words.day(document.issue_date)
    return {
        **_looks(printing.template),
        "language": words.language.code,
        "subject": subject,
        "author": shortened(document.seller.name),
        "keywords": [f"Layout {LAYOUT}", f"Template {printing.template.version}"],
        "issued": [document.issue_date.year, document.issue_date.month, document.issue_date.day],
        "page": words.say("page", page="{page}", pages="{pages}"),
        "continued": words.say(
            "continued", title=words.titles[title], number=document.number, day=day
        ),
        "seller": shortened(document.seller.name),
        "sender": sender(document),
        "recipient": recipient(document, words),
        "facts": facts(document, printing, words),
        "references": references(document, title, words),
        "intro": printing.template.intro,
        "closing": printing.template.closing,
        **_lines(table_of(document, printing, words), printing),
        "sums": sums(document, printing, words),
        "vat": vat_table(document, printing, words),
        "exemptions": exemptions(document, printing, words),
        "payment": payment(document, printing, words),
        "below": below(document, printing, words),
        "footer": footer_columns(document, printing.template, words),
        "law": law(document, printing.template, words),
    }


def _lines(table: Table, printing: Printing) -> dict[str, object]:
    return {
        "columns": columns(table),
        "rows": rows(table, printing),
        "carried": table.words.say("carried"),
    }


def _looks(template: Template) -> dict[str, object]:
    logo, colours = template.logo, template.colours
    return {
        "faces": [template.face, *(each for each in FALLBACKS if each != template.face)],
        "colours": {
            "accent": colours.accent,
            "text": colours.text,
            "muted": colours.muted,
        },
        "logo": None
        if logo is None
        else {"svg": logo.svg, "height": logo.height_mm, "place": logo.place},
    }
