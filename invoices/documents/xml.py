"""Elements, texts and numbers as e-invoices want them: nothing empty, nothing that XML forbids."""

import re
from decimal import Decimal

from lxml import etree

from billing.money import plain_decimal
from invoices.documents.sums import rounded

# Source: XML 1.0, production 2 (Char).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Return a text without what XML can't hold; an empty one if only blanks are left."""
    if not text.isprintable():  # Far cheaper, and nearly always true.
        text = _FORBIDDEN.sub("", text)
    return "" if text.isspace() else text


def branch(parent: etree._Element, tag: str) -> etree._Element:
    """Append an element that gets children."""
    return etree.SubElement(parent, tag)


def leaf(
    parent: etree._Element, tag: str, text: str, attributes: dict[str, str] | None = None
) -> None:
    """Append an element with a text, unless that is empty."""
    if content := clean(text):
        element = etree.SubElement(parent, tag, attributes)
        element.text = content


def nested(
    parent: etree._Element,
    tag: str,
    child: str,
    text: str,
    attributes: dict[str, str] | None = None,
) -> None:
    """Append an element that holds nothing but a text in another one, unless that is empty."""
    if clean(text):
        leaf(branch(parent, tag), child, text, attributes)


def drop_empty(parent: etree._Element) -> None:
    """Remove the descendants that hold nothing, and what then holds nothing."""
    for element in reversed(list(parent.iterdescendants())):
        if not len(element) and not element.text:
            holder = element.getparent()
            if holder is not None:
                holder.remove(element)


def amount(value: Decimal) -> str:
    """
    Return an amount with two decimals.

    One with more is written as it is: rounding it here would hide that it is wrong.
    """
    two = rounded(value)
    return str(two) if two == value else plain_decimal(value)


def number(value: Decimal) -> str:
    """Return a price, quantity or rate with all its decimals and no needless zeros."""
    return plain_decimal(value)


def serialized(root: etree._Element) -> bytes:
    """Return a document's bytes: the same for the same document."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
