"""The fonts that documents are printed in, and the characters that they have."""

import re
import unicodedata
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

FOLDER: Final = Path(__file__).parent / "fonts"
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
FALLBACKS: Final = (
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Armenian",
    "Noto Sans Devanagari",
    "Noto Sans Georgian",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "Noto Sans Math",
    "Noto Sans Symbols2",
    "Droid Sans Fallback",
    "Noto Emoji",
)
# Latin letters, dashes and quotation marks, euro, minus: what every family has.
_PLAIN: Final = {0x0A, *range(0x20, 0x250), *range(0x200B, 0x2027), 0x20AC, 0x2212}
# Marks of direction that change the order of what follows: an amount must not be printed reversed.
_INVISIBLE: Final = re.compile("[\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]")


# Letters and signs of German and English, composed by themselves and in every font.
_COMMON: Final = re.compile("[\n -~\xa0-\xac\xae-\xff\u2013\u201c\u201d\u201e\u20ac\u2212]*")
# Words that no line would hold; addresses of pages break by themselves.
_UNBREAKABLE: Final = re.compile(r"[^\s/-]{31,}")
_PART: Final = 15
_LINE_ENDS: Final = "\n\x85\u2028\u2029"
_BREAK: Final = "\N{ZERO WIDTH SPACE}"


class Face(StrEnum):
    """A family that a seller can choose."""

    INTER = "Inter"
    NOTO_SANS = "Noto Sans"
    NOTO_SERIF = "Noto Serif"


def printable(text: str) -> str:
    """
    Return a text that can be printed: composed, without control characters.

    A character that no font has becomes the replacement character. Line breaks stay, overlong words
    get places to break.
    """
    if not _COMMON.fullmatch(text):  # Nearly all do, and that is found out fast.
        composed = unicodedata.normalize("NFC", text.replace("\t", " "))
        text = "".join(map(_shown, _INVISIBLE.sub("", composed)))
    return _UNBREAKABLE.sub(lambda word: breakable(word[0], _PART), text)


def breakable(word: str, part: int) -> str:
    """Return a word that a narrow column may break after so many characters."""
    return _BREAK.join(word[at : at + part] for at in range(0, len(word), part))


def plain(text: str) -> str:
    """Return a text in which all but Latin letters and common signs are replaced."""
    return "".join(each if ord(each) in _PLAIN else REPLACEMENT for each in printable(text))


def _shown(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    kind = unicodedata.category(character)
    if kind != "Cc" and (character == _BREAK or ord(character) in _covered()):
        return character  # Some fonts have glyphs even for control characters.
    if character.isspace() and kind != "Cc":
        return " "
    return "" if kind in ("Cc", "Cf") else REPLACEMENT


@cache
def _covered() -> frozenset[int]:
    """Return what the fallbacks have in all their weights; so has each family a seller chooses."""
    return frozenset().union(*(_of_family(family) for family in FALLBACKS))


def _of_family(family: str) -> frozenset[int]:
    weights = FOLDER.glob(f"{family.replace(' ', '')}-*.ttf")
    return frozenset.intersection(
        *(frozenset(TTFont(path, lazy=True)["cmap"].getBestCmap()) for path in weights)
    )
