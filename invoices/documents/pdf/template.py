"""A seller's template: how its documents look. Facts only, no code; checked where it comes in."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from invoices.documents.pdf.glyphs import Face
from invoices.documents.pdf.logo import Logo

_COLOUR: Final = re.compile("#[0-9a-f]{6}", re.IGNORECASE)
_LONGEST_TEXT: Final = 2000
_LONGEST_FOOTER_LINE: Final = 80
_MOST_COLUMNS: Final = 4
_MOST_LINES: Final = 7
# Contrasts to white paper. Source: WCAG 2.2, 1.4.3 (text), 1.4.11 (large text and rules).
_READABLE: Final = 4.5
_VISIBLE: Final = 3.0


class TemplateDoesNotWork(ValueError):
    """A template holds what can't be printed; the message says what to change."""


class Column(StrEnum):
    """A column of the line table. What has none stands in small print below the description."""

    POSITION = "position"
    ARTICLE = "article"
    PERIOD = "period"
    QUANTITY = "quantity"
    UNIT = "unit"
    UNIT_PRICE = "unit_price"
    VAT_RATE = "vat_rate"
    NET = "net"


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Colours as #rrggbb: of titles and rules, of text, and of what stands back."""

    accent: str = "#1f4e79"
    text: str = "#1d2329"
    muted: str = "#5d6771"

    def __post_init__(self) -> None:
        """Refuse what is no colour, or can't be read on white paper."""
        for name, colour, least in (
            ("accent", self.accent, _VISIBLE),
            ("text", self.text, _READABLE),
            ("muted", self.muted, _READABLE),
        ):
            if not _COLOUR.fullmatch(colour):
                raise TemplateDoesNotWork(
                    f"Colour {name}: {colour!r} is no colour. Write #rrggbb, such as #1f4e79."
                )
            if _contrast(colour) < least:
                raise TemplateDoesNotWork(
                    f"Colour {name}: {colour} is too pale on white paper. Take a darker one."
                )


@dataclass(frozen=True, slots=True)
class FooterColumn:
    """A column at the foot of each page: at most seven lines of at most 80 characters."""

    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse more than fits."""
        if not 1 <= len(self.lines) <= _MOST_LINES:
            raise TemplateDoesNotWork(f"A column of the footer has 1 to {_MOST_LINES} lines.")
        for line in self.lines:
            if len(line) > _LONGEST_FOOTER_LINE or "\n" in line:
                raise TemplateDoesNotWork(
                    f"The footer's line {line[:30]!r} must be one line of at most"
                    f" {_LONGEST_FOOTER_LINE} characters."
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """
    A seller's template. Each change of it gets the next `version`, which stands in the PDF.

    `intro` and `closing` are printed before and after the lines, `footer` at the foot of each page:
    if empty, the seller's address, contact, registration and account. `columns` are printed in
    their natural order, the net amount always.
    """

    version: int = 1
    face: Face = Face.INTER
    colours: Colours = field(default_factory=Colours)
    logo: Logo | None = None
    intro: str = ""
    closing: str = ""
    footer: tuple[FooterColumn, ...] = ()
    columns: frozenset[Column] = frozenset(
        {Column.POSITION, Column.QUANTITY, Column.UNIT_PRICE, Column.VAT_RATE, Column.NET}
    )
    shows_explanations: bool = True
    shows_code: bool = True

    def __post_init__(self) -> None:
        """Refuse what can't be printed."""
        if self.version < 1:
            raise TemplateDoesNotWork("A template's version counts from 1.")
        for name, text in (("intro", self.intro), ("closing", self.closing)):
            if len(text) > _LONGEST_TEXT:
                raise TemplateDoesNotWork(
                    f"The text {name} has {len(text)} characters; {_LONGEST_TEXT} are allowed."
                )
        if len(self.footer) > _MOST_COLUMNS:
            raise TemplateDoesNotWork(f"The footer has at most {_MOST_COLUMNS} columns.")
        if Column.NET not in self.columns:
            raise TemplateDoesNotWork("The lines' net amounts must be shown: add column net.")


def _contrast(colour: str) -> float:
    """Return the contrast to white. Source: WCAG 2.2, relative luminance."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(share: float) -> float:
    if share <= 0.04045:
        return share / 12.92
    return float(((share + 0.055) / 1.055) ** 2.4)
