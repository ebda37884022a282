"""The foot of each page: the seller's details, by its template or from the document."""

from invoices.documents.pdf.content.head import street_lines, town
from invoices.documents.pdf.content.payment import grouped
from invoices.documents.pdf.content.short import shortened
from invoices.documents.pdf.template import Template
from invoices.documents.pdf.words.words import Words
from invoices.documents.semantic.document import Document
from invoices.documents.semantic.parties import Party


def footer_columns(document: Document, template: Template, words: Words) -> list[list[str]]:
    """Return the columns, each a list of lines."""
    if template.footer:
        return [list(column.lines) for column in template.footer]
    seller = document.seller
    home = words.country(seller.address.country) if _goes_abroad(document) else ""
    found = [
        [seller.name, *street_lines(seller.address), town(seller.address), home],
        _contact(seller, words),
        [*_split(seller.legal_information), *_tax_numbers(seller, words)],
        _account(document, words),
    ]
    said = [[shortened(line) for line in column if line.strip()] for column in found]
    return [column for column in said if column]


def law(document: Document, template: Template, words: Words) -> str:
    """
    Return what the law wants of the seller and the template's footer leaves out.

    Source: UStG § 14 (4) nos. 1 and 2: the seller's name, address and tax numbers.
    """
    if not template.footer:
        return ""
    said = "\n".join(line for column in template.footer for line in column.lines)
    seller = document.seller
    wanted = [
        *((value, value) for value in (seller.name, seller.address.street, town(seller.address))),
        (seller.vat_id, words.say("vat_id", vat_id=seller.vat_id)),
    ]
    if not seller.vat_id:
        wanted.append((seller.tax_number, words.say("tax_number", number=seller.tax_number)))
    compact = said.replace(" ", "")
    return " · ".join(
        text for value, text in wanted if value and value.replace(" ", "") not in compact
    )


def _goes_abroad(document: Document) -> bool:
    return document.buyer.address.country != document.seller.address.country


def _contact(seller: Party, words: Words) -> list[str]:
    contact = seller.contact
    if contact is None:
        return []
    phone = words.say("phone", phone=contact.phone) if contact.phone else ""
    return [contact.name, phone, contact.email]


def _tax_numbers(seller: Party, words: Words) -> list[str]:
    number = seller.registration.value if seller.registration else ""
    return [
        words.say("register", number=number)
        if number and number not in seller.legal_information
        else "",
        words.say("vat_id", vat_id=seller.vat_id) if seller.vat_id else "",
        words.say("tax_number", number=seller.tax_number) if seller.tax_number else "",
    ]


def _account(document: Document, words: Words) -> list[str]:
    """Return the seller's account. What a credit note names is the customer's."""
    instructions = document.payment
    if instructions is None or not instructions.transfers or document.type_code.is_credit_note:
        return []
    transfer = instructions.transfers[0]
    return [
        words.say("iban"),
        grouped(transfer.account),
        f"{words.say('bic')} {transfer.bic}" if transfer.bic else "",
    ]


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ";").split(";")]
