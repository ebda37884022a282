"""A seller's template: what works is printed, what doesn't is refused with a reason."""

import io
import re

import pikepdf
import pytest
from PIL import Image

from invoices.documents.pdf.glyphs import Face
from invoices.documents.pdf.logo import Logo, LogoDoesNotWork, Place
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.rendering import render
from invoices.documents.pdf.template import (
    Colours,
    Column,
    FooterColumn,
    Template,
    TemplateDoesNotWork,
)
from tests.documents.house import document, line
from tests.documents.printing.reading import text_of

ONE = document([line("Beratung", "1", "100")])
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    b' viewBox="0 0 30 10">%s<rect width="30" height="10" fill="#0b6e4f"/></svg>'
)


def picture(kind: str, mode: str, size: tuple[int, int] = (60, 20)) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size).save(written, kind)
    return written.getvalue()


def fonts_in(pdf: bytes) -> set[str]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return {
            str(font.BaseFont).partition("+")[2]
            for page in opened.pages
            for font in page.Resources.Font.as_dict().values()
        }


def sizes_of_pictures(pdf: bytes) -> set[tuple[int, int]]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        streams = [each for each in opened.objects if isinstance(each, pikepdf.Stream)]
        return {
            (int(each.Width), int(each.Height))
            for each in streams
            if each.get("/Subtype") == "/Image"
        }


def is_drawn(pdf: bytes, red: str, green: str, blue: str) -> bool:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        drawn = opened.pages[0].Contents.read_bytes().decode("latin-1")
    return re.search(rf"{red}\d* {green}\d* {blue}\d* scn", drawn) is not None


@pytest.mark.parametrize("face", list(Face))
def test_each_family_is_embedded(face: Face) -> None:
    pdf = render(ONE, Printing(template=Template(face=face)))

    names = fonts_in(pdf)

    assert {name.partition("-")[0] for name in names} == {face.replace(" ", "")}
    assert "Rechnungsbetrag 119,00 €" in text_of(pdf)


@pytest.mark.parametrize(
    "content",
    [
        SVG % b"",
        SVG % b"<!-- made by hand --><defs><path id='a' d='M0 0'/></defs><use xlink:href='#a'/>",
        picture("PNG", "RGBA"),
        picture("PNG", "P"),
        picture("PNG", "L"),
        picture("JPEG", "RGB"),
        picture("PNG", "RGB", (2000, 20)),
    ],
)
def test_a_logo_replaces_the_name_in_the_letterhead(content: bytes) -> None:
    with_logo = Template(logo=Logo(content, place=Place.LEFT))

    plain = text_of(render(ONE, Printing()))
    printed = text_of(render(ONE, Printing(template=with_logo)))

    assert plain.count("Anlass Energie GmbH") == printed.count("Anlass Energie GmbH") + 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_printed_as_it_is(kind: str) -> None:
    with_logo = Template(logo=Logo(picture(kind, "RGB", (61, 23))))

    pdf = render(ONE, Printing(template=with_logo))

    assert sizes_of_pictures(pdf) == {(61, 23)}


def test_a_drawing_is_printed_in_its_colours() -> None:
    pdf = render(ONE, Printing(template=Template(logo=Logo(SVG % b""))))

    green = (r"0\.0431", r"0\.4313", r"0\.3098")  # #0b6e4f, of 255 each
    assert is_drawn(pdf, *green)
    assert not is_drawn(render(ONE, Printing()), *green)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"GIF89a", "no SVG, PNG or JPEG"),
        (picture("PNG", "RGB")[:60], "damaged"),
        (picture("JPEG", "CMYK"), "CMYK: save it as RGB"),
        (picture("PNG", "1", (5000, 5000)), "make it smaller"),
        (b"x" * 1_000_001, "1 MB"),
        (b"<svg", "well-formed"),
        (b"<html/>", "isn't SVG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 5"/>', "no size"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" height="5"/>', "no size"),
        (SVG % b"<script/>", "element script"),
        (SVG % b"<text>x</text>", "convert texts to paths"),
        (SVG % b"<image href='file:///etc/passwd'/>", "as PNG or JPEG"),
        (SVG % b"<filter/>", "shapes only"),
        (SVG % b"<use xlink:href='https://x.example/a.svg#b'/>", "draw it in the logo"),
        (SVG % b"<rect style='fill:url(https://x.example/a)'/>", "draw it in the logo"),
        (SVG % b"<style>@import 'x';</style>", "draw it in the logo"),
        (SVG % (b"<use href='#a'/>" * 17), "too often"),
        (SVG % (b"<use href='#a'/>" + b"<g/>" * 13_000), "too large to use"),
        (SVG % (b"<style>" + b"a{fill:red}" * 2_000 + b"</style>"), "too long a style"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG % b"", "document type"),
        (b'<?xml-stylesheet href="x"?>' + SVG % b"", "processing instructions"),
    ],
)
def test_a_logo_that_can_t_be_printed_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(LogoDoesNotWork, match=reason):
        Logo(content)


def test_a_logo_has_a_height_that_the_letterhead_holds() -> None:
    with pytest.raises(LogoDoesNotWork, match="5 to 25 mm"):
        Logo(SVG % b"", height_mm=40)


@pytest.mark.parametrize(
    ("colours", "reason"),
    [
        ({"accent": "red"}, "accent: 'red' is no colour"),
        ({"accent": "#ffee00"}, "too pale"),
        ({"text": "#888888"}, "text: #888888 is too pale"),
    ],
)
def test_colours_that_can_t_be_read_are_refused(colours: dict[str, str], reason: str) -> None:
    with pytest.raises(TemplateDoesNotWork, match=reason):
        Colours(**colours)


def test_colours_are_printed() -> None:
    plain, green = Printing(), Printing(template=Template(colours=Colours(accent="#0b6e4f")))

    assert render(ONE, plain) != render(ONE, green)
    assert text_of(render(ONE, plain)) == text_of(render(ONE, green))


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ({"version": 0}, "counts from 1"),
        ({"intro": "x" * 2001}, "intro has 2001"),
        ({"closing": "x" * 2001}, "closing has 2001"),
        ({"columns": frozenset({Column.POSITION})}, "add column net"),
        ({"footer": (FooterColumn(("x",)),) * 5}, "at most 4 columns"),
    ],
)
def test_a_template_that_can_t_be_printed_is_refused(
    template: dict[str, object], reason: str
) -> None:
    with pytest.raises(TemplateDoesNotWork, match=reason):
        Template(**template)  # type: ignore[arg-type]


@pytest.mark.parametrize("lines", [(), ("x",) * 8, ("x" * 81,), ("a\nb",)])
def test_a_footer_that_doesn_t_fit_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(TemplateDoesNotWork, match="footer"):
        FooterColumn(lines)
