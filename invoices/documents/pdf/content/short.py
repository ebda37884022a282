"""Texts in places of fixed size: what is cut there is said in full below the sums."""

from typing import Final

from invoices.documents.semantic.document import Document

LONGEST: Final = 140
_ELLIPSIS: Final = "…"


def shortened(text: str) -> str:
    """Return a text that fits its place on the page."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + _ELLIPSIS


def cut(document: Document) -> list[str]:
    """Return the parties' names and legal details that `shortened` has cut, in full."""
    seller, buyer = document.seller, document.buyer
    said = (
        seller.name,
        seller.legal_information,
        buyer.name,
        buyer.trading_name,
        *(
            part
            for address in (seller.address, buyer.address)
            for part in (address.street, address.additional, address.further, address.city)
        ),
    )
    return [text for text in said if shortened(text).endswith(_ELLIPSIS)]
