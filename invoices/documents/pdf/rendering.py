"""Renders documents: content, set by typst in the fonts shipped here, archived as PDF/A-3b."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final, cast

import typst

from invoices.documents.pdf.archive import Attachment, as_hybrid, attachment_of
from invoices.documents.pdf.content import content_of
from invoices.documents.pdf.glyphs import FOLDER, plain, printable
from invoices.documents.pdf.printing import Printing
from invoices.documents.profiles import Profile
from invoices.documents.semantic.document import Document

_PAGE: Final = Path(__file__).with_name("invoice.typ")
_ONE_AT_A_TIME: Final = Lock()
_NO_GLYPH: Final = "could not be displayed"


def render(
    document: Document,
    printing: Printing,
    *,
    xml: bytes | None = None,
    profile: Profile = Profile.ZUGFERD,
) -> bytes:
    """
    Return the document as PDF/A-3b, with its e-invoice attached if one is given.

    The same input gives the same bytes, on every machine. To be called after a process has forked:
    the typesetter keeps threads.

    :raises NotForHybrids: if the profile's XML can't stand in a PDF.
    :raises PrintingDoesNotFit: if the printing contradicts the document.
    """
    content = content_of(document, printing)
    attachment = None if xml is None else attachment_of(profile)
    attached = {} if xml is None or attachment is None else _attached(xml, attachment)
    issued = datetime.combine(document.issue_date, time(), UTC)
    try:
        pdf = _typeset(_inputs(content, printable) | attached, issued)
    except typst.TypstError as refused:  # A sign that is in a font, but not in this surrounding.
        if _NO_GLYPH not in refused.message:
            raise
        pdf = _typeset(_inputs(content, plain) | attached, issued)
    return pdf if attachment is None else as_hybrid(pdf, attachment)


def _attached(xml: bytes, attachment: Attachment) -> dict[str, str]:
    return {"xml": xml.decode(), "attached": attachment.name}


def _inputs(content: dict[str, object], shown: Callable[[str], str]) -> dict[str, str]:
    texts = {name: _each_text(each, shown) for name, each in content.items()}
    # A drawing is no text: a place to break would damage the picture in it.
    return {"content": json.dumps(texts | {"logo": content["logo"]}, ensure_ascii=False)}


def _each_text(value: object, shown: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {name: _each_text(each, shown) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(each, shown) for each in value]
    return value


def _typeset(inputs: dict[str, str], issued: datetime) -> bytes:
    with _ONE_AT_A_TIME:
        pdf = _compiler().compile(
            format="pdf",
            sys_inputs=inputs,
            pdf_standards=["a-3b"],
            pdf_tags=False,  # They double the size and take a third of the time.
            timestamp=issued,
        )
    return cast(bytes, pdf)


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER]
    )
    return typst.Compiler(input=_PAGE, font_paths=fonts)
