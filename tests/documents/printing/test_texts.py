"""Texts of every kind: none is read as markup, none is lost silently, none fails."""

import pytest

from invoices.documents.pdf.glyphs import REPLACEMENT, plain, printable
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.rendering import render
from invoices.documents.pdf.template import FooterColumn, Template
from tests.documents.house import document, line
from tests.documents.printing.reading import lines_of, text_of

HOSTILE = (
    '#import "x.typ"', '#{panic("x")}', "$ a^2 $", "*fett* _schräg_", "@verweis <marke>",
    "= Titel", "- Liste", "+ Liste", "/ Wort: Erklärung", "`roh`",
    "// Kommentar", "/* Kommentar */", "\\u{41} \\ \\#",
    "'einfach' \"doppelt\"", "[Inhalt] (Klammer)", "{page} {pages} {0} {name}",
    "a -- b --- c ...", "~geschützt~", "https://anlass.example/a?b=c&d=e#f", "%s %d %%",
    "&amp; <b>",
)  # fmt: skip


@pytest.fixture(scope="module")
def hostile_page() -> str:
    lines = [line(text, "1", "1") for text in HOSTILE]
    why = {str(at): text for at, text in enumerate((*HOSTILE[1:], HOSTILE[0]), 1)}
    template = Template(
        intro="\n".join(HOSTILE), closing=HOSTILE[0], footer=(FooterColumn(HOSTILE[:7]),)
    )
    return text_of(render(document(lines), Printing(template=template, explanations=why)))


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_printed_as_it_is(hostile_page: str, text: str) -> None:
    assert hostile_page.count(text) >= 3  # Intro, line, explanation.


@pytest.mark.parametrize(
    "text",
    [
        "Ľubomír Žižka", "Αθήνα", "Москва", "Nguyễn Văn Đức", "東京ソフトウェア株式会社",
        "北京科技有限公司", "한국전력공사", "שירות ענן", "Հայաստան", "საქართველო", "สวัสดี",
        "Übermaß ßẞ", "🚀✨",
    ],
)  # fmt: skip
def test_scripts_are_printed(text: str) -> None:
    printed = "".join(lines_of(render(document([line(text, "1", "1")]), Printing())))

    kept = {*printable(text)} - {" "}
    assert REPLACEMENT not in kept
    assert kept <= {*printed}


def test_arabic_and_devanagari_are_set() -> None:
    said = document([line("شركة النور للتجارة", "1", "1"), line("क्षत्रिय", "1", "1")])

    assert REPLACEMENT not in text_of(render(said, Printing()))


@pytest.mark.parametrize(
    "text",
    ["ሰላም", "\ue000", "1️⃣", "🇩🇪", "👨‍👩‍👧", "漢\u0301x", "\U0001f9ff", "क\u0301", "\u0301",
     "x\u0310\u0489y", "\U0010fffd", "\ud83d"],
)  # fmt: skip
def test_what_no_font_has_never_fails(text: str) -> None:
    assert "19 %" in text_of(render(document([line(f"A {text} B", "1", "1")]), Printing()))


def test_the_fonts_characters_can_be_set_in_bold() -> None:
    every = [*range(0x20, 0x3000), *range(0x3000, 0xF000, 16), *range(0xF000, 0x20000)]
    characters = [chr(at) for at in every if printable(chr(at)) == chr(at)]
    names = [line(" ".join(characters[at::16]), "1", "1") for at in range(16)]

    text = text_of(render(document(names), Printing()))

    assert len(characters) > 4_000
    assert text.count(REPLACEMENT) == 1  # Its own; if one couldn't be set, most were replaced.


def test_a_character_without_a_glyph_is_replaced_visibly() -> None:
    text = text_of(render(document([line("ሰላም GmbH", "1", "1")]), Printing()))

    assert f"{REPLACEMENT * 3} GmbH" in text


def test_marks_that_reverse_what_follows_are_taken_out() -> None:
    assert printable("Preis \u202e00,1\u202c\u2066x\u2069") == "Preis 00,1x"


def test_control_characters_are_taken_out() -> None:
    assert printable("a\x00b\x1fc\td\ne\x85f\u2028g") == "abc d\ne\nf\ng"


def test_overlong_words_get_places_to_break_but_not_addresses() -> None:
    address = "https://anlass.example/rechnungen/2026/11/RE-2026-0042"

    assert printable("x" * 40) == "\u200b".join(["x" * 15, "x" * 15, "x" * 10])
    assert printable(address) == address


def test_plain_keeps_latin_letters_only() -> None:
    assert plain("Größe: 5 €, 東京") == f"Größe: 5 €, {REPLACEMENT * 2}"
