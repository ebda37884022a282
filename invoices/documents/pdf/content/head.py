"""What stands above the lines: addresses, facts, references."""

from invoices.documents.pdf.content.short import shortened
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.titles import Title
from invoices.documents.pdf.words.words import Words
from invoices.documents.semantic.document import Document, Preceding
from invoices.documents.semantic.parties import Address


def sender(document: Document) -> str:
    """Return the line above the recipient by which the post returns a letter."""
    seller = document.seller
    return " · ".join(_said(shortened(seller.name), seller.address.street, town(seller.address)))


def recipient(document: Document, words: Words) -> list[str]:
    """Return the recipient's lines; the country, in capitals, only if it is another."""
    buyer, address = document.buyer, document.buyer.address
    person = buyer.contact.name if buyer.contact else ""
    said = _said(buyer.name, buyer.trading_name, person, *street_lines(address), town(address))
    lines = [shortened(line) for line in said]
    if address.country != document.seller.address.country:
        lines.append(words.country(address.country).upper())
    return lines


def street_lines(address: Address) -> list[str]:
    """Return an address's lines above the town."""
    return _said(address.street, address.additional, address.further)


def town(address: Address) -> str:
    """Return postcode and city."""
    return " ".join(_said(address.postcode, address.city))


def one_line(address: Address, words: Words) -> str:
    """Return an address in a line, with its country."""
    return ", ".join(
        [
            *street_lines(address),
            *_said(town(address), address.region),
            words.country(address.country),
        ]
    )


def facts(document: Document, printing: Printing, words: Words) -> list[tuple[str, str]]:
    """Return the block beside the recipient: label and value."""
    named = (
        ("number", document.number),
        ("date", words.day(document.issue_date)),
        ("customer_number", printing.customer_number or _sellers_identifier(document)),
        ("contract_number", document.contract or printing.contract_number),
        ("project", document.project),
        ("order", document.order),
        ("buyer_reference", document.buyer_reference),
        ("buyer_vat_id", document.buyer.vat_id),
        *_supply(document, words),
        ("payable_by", _payable_by(document, printing, words)),
    )
    return [(words.say(name), value) for name, value in named if value.strip()]


def references(document: Document, title: Title, words: Words) -> str:
    """Return a sentence about the documents that this one corrects or builds on."""
    if not document.preceding:
        return ""
    named = [_reference(each, words) for each in document.preceding]
    listed = words.say("and").join(_said(", ".join(named[:-1]), named[-1]))
    if title.takes_back:
        return words.corrects[title].format(references=listed)
    return words.say("refers", references=listed)


def _reference(preceding: Preceding, words: Words) -> str:
    if preceding.issue_date is None:
        return words.say("reference", number=preceding.number)
    return words.say("reference_of", number=preceding.number, day=words.day(preceding.issue_date))


def _sellers_identifier(document: Document) -> str:
    """Return how the seller knows the buyer. An identifier of a scheme is known to others too."""
    return next((each.value for each in document.buyer.identifiers if not each.scheme), "")


def _supply(document: Document, words: Words) -> list[tuple[str, str]]:
    if document.period is not None:
        return [("supplied_over", words.span(document.period))]
    if document.delivery is not None and document.delivery.on is not None:
        return [("supplied_on", words.day(document.delivery.on))]
    return []


def _payable_by(document: Document, printing: Printing, words: Words) -> str:
    on = printing.last_day_of(document)
    return words.day(on) if on and document.totals.payable > 0 else ""


def _said(*texts: str) -> list[str]:
    return [text for text in texts if text.strip()]
