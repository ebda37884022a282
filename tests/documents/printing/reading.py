"""Reads printed documents: their texts, what is in them, what they say of themselves."""

import io
import re
import time
from decimal import Decimal
from functools import cache

import pikepdf
from lxml import etree
from pypdf import PdfReader

from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.rendering import render
from invoices.documents.profiles import Profile
from invoices.documents.writing import write
from tests.documents.cases import CASES

SECONDS: dict[str, float] = {}  # Of the processor, by legal case.
EXPONENTS = {"JPY": 0, "KWD": 3}


@cache
def printed_case(name: str) -> bytes:
    """A legal case with its XML, as it is printed in German."""
    document = CASES[name].document
    started = time.process_time()
    pdf = render(document, Printing(), xml=write(document, Profile.ZUGFERD))
    SECONDS[name] = time.process_time() - started
    return pdf


@cache
def text_of_case(name: str) -> str:
    """What stands on the pages of a legal case, in German."""
    return text_of(printed_case(name))


def pages_of(pdf: bytes) -> list[str]:
    """The pages' texts; blanks of all kinds are one space, places to break are nothing."""
    return [_even(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    return " ".join(pages_of(pdf))


def lines_of(pdf: bytes) -> list[str]:
    """The lines of all pages, apart."""
    reader = PdfReader(io.BytesIO(pdf))
    return [_even(line) for page in reader.pages for line in page.extract_text().splitlines()]


def attached(pdf: bytes) -> dict[str, bytes]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return {name: spec.get_file().read_bytes() for name, spec in document.attachments.items()}


def metadata(pdf: bytes) -> etree._Element:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return etree.fromstring(document.Root.Metadata.read_bytes())


def german(amount: Decimal, currency: str) -> str:
    """An amount's digits as a German reads them, without sign: 1.234,56."""
    places = EXPONENTS.get(currency, 2)
    if amount != amount.to_integral_value():
        places = max(places, 2)
    return f"{abs(amount):,.{places}f}".translate(str.maketrans(",.", ".,"))


def _even(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u200b", "")).strip()
