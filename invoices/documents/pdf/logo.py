"""A seller's logo: checked so that it prints everywhere, and reaches nothing outside itself."""

import base64
import io
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from lxml import etree
from PIL import Image, UnidentifiedImageError

_LARGEST: Final = 1_000_000
_MOST_PIXELS: Final = 16_000_000
_SVG: Final = "{http://www.w3.org/2000/svg}"
_FORBIDDEN: Final = {"script", "foreignObject", "text", "animate", "animateTransform", "set"}
_REACHES_OUT: Final = re.compile(r"url\(\s*['\"]?(?!#)|@import", re.IGNORECASE)
_WITHIN: Final = ("#", "data:image/png;", "data:image/jpeg;")
_MODES: Final = ("1", "L", "LA", "P", "RGB", "RGBA")


class LogoDoesNotWork(ValueError):
    """A picture can't be a logo; the message says what to change."""


class Place(StrEnum):
    """Where the logo stands in the letterhead."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Logo:
    """
    A picture in SVG, PNG or JPEG, of at most 1 MB.

    It is as high as `height_mm` says (5 to 25), unless it were wider than 80 mm then. `svg` is what
    is printed: the drawing, or one that holds nothing but the picture.
    """

    content: bytes
    height_mm: float = 18.0
    place: Place = Place.RIGHT
    svg: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what can't be printed."""
        if len(self.content) > _LARGEST:
            raise LogoDoesNotWork(f"The logo has {len(self.content):,} bytes; 1 MB is the most.")
        if not 5 <= self.height_mm <= 25:
            raise LogoDoesNotWork("The logo's height must be 5 to 25 mm.")
        is_drawing = self.content.lstrip()[:1] == b"<" or self.content[:3] == b"\xef\xbb\xbf"
        svg = _drawing(self.content) if is_drawing else _picture(self.content)
        object.__setattr__(self, "svg", svg)


def _drawing(content: bytes) -> str:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise LogoDoesNotWork(f"The logo isn't well-formed SVG: {error}.") from None
    if root.tag != _SVG + "svg":
        raise LogoDoesNotWork(f"The logo isn't SVG: its root is {root.tag}.")
    if root.getroottree().docinfo.internalDTD is not None:
        raise LogoDoesNotWork("The logo has a document type: save it as plain SVG.")
    if any(isinstance(each, etree._ProcessingInstruction) for each in _around(root)):
        raise LogoDoesNotWork("The logo has processing instructions: save it as plain SVG.")
    for element in root.iter(etree.Element):
        _refuse(element)
    return etree.tostring(root, encoding="unicode")


def _around(root: etree._Element) -> list[etree._Element]:
    """Return what stands in and before the root, instructions too."""
    return [*root.itersiblings(preceding=True), *root.iter()]


def _refuse(element: etree._Element) -> None:
    name = etree.QName(element).localname
    if name in _FORBIDDEN:
        remedy = "convert texts to paths" if name == "text" else "save it as plain SVG"
        raise LogoDoesNotWork(f"The logo has an element {name}: {remedy}.")
    for attribute, value in element.attrib.items():
        is_link = etree.QName(str(attribute)).localname == "href"
        if (is_link and not str(value).startswith(_WITHIN)) or _REACHES_OUT.search(str(value)):
            raise LogoDoesNotWork(f"The logo refers to {str(value)[:60]!r}: embed it.")
    if name == "style" and _REACHES_OUT.search(element.text or ""):
        raise LogoDoesNotWork("The logo's style refers to something outside: embed it.")


def _picture(content: bytes) -> str:
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            width, height, mode, kind = *image.size, image.mode, image.format
            if width * height > _MOST_PIXELS:
                raise LogoDoesNotWork(f"The logo has {width} x {height} pixels: make it smaller.")
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError):
        raise LogoDoesNotWork("The logo is no SVG, PNG or JPEG, or is damaged.") from None
    if mode not in _MODES:
        raise LogoDoesNotWork(f"The logo's colours are {mode}: save it as RGB.")
    encoded = base64.b64encode(content).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}"'
        f' href="data:image/{str(kind).lower()};base64,{encoded}"/></svg>'
    )
