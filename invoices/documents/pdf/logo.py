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
# Shapes alone: effects are drawn differently everywhere, texts want fonts, programs run.
_DRAWN: Final = {
    "svg", "g", "defs", "symbol", "use", "title", "desc", "metadata", "style", "path", "rect",
    "circle", "ellipse", "line", "polyline", "polygon", "linearGradient", "radialGradient", "stop",
    "clipPath",
}  # fmt: skip
_REMEDIES: Final = {
    "text": "convert texts to paths",
    "image": "take the picture itself, as PNG or JPEG",
}
_REACHES_OUT: Final = re.compile(r"url\(\s*['\"]?(?!#)|@import", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d+(\.\d+)?|\.\d+")
_LARGEST_USED: Final = 50_000
_LARGEST_STYLE: Final = 20_000  # Each rule is held against each shape.
_MOST_USES: Final = 16  # Each may use others: what is drawn doubles with each.
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
    if not _has_size(root):
        raise LogoDoesNotWork("The logo has no size: give it a viewBox, such as 0 0 120 40.")
    if any(isinstance(each, etree._ProcessingInstruction) for each in _around(root)):
        raise LogoDoesNotWork("The logo has processing instructions: save it as plain SVG.")
    _refuse_heavy(root, len(content))
    for element in root.iter(_SVG + "*"):
        _refuse(element)
    return etree.tostring(root, encoding="unicode")


def _refuse_heavy(root: etree._Element, size: int) -> None:
    """Refuse what takes seconds to draw: it would be drawn on each document."""
    if size > _LARGEST_USED and root.find(f".//{_SVG}use") is not None:
        raise LogoDoesNotWork("The logo is too large to use its shapes again: save it with copies.")
    if sum(len(each.text or "") for each in root.iter(_SVG + "style")) > _LARGEST_STYLE:
        raise LogoDoesNotWork("The logo has too long a style: save it as plain SVG.")


def _has_size(root: etree._Element) -> bool:
    box = str(root.get("viewBox", "")).replace(",", " ").split()
    sides = box[2:] if len(box) == 4 else [str(root.get(name, "")) for name in ("width", "height")]
    found = [_NUMBER.match(side) for side in sides]
    return all(number is not None and float(number[0]) > 0 for number in found)


def _around(root: etree._Element) -> list[etree._Element]:
    """Return what stands in and before the root, instructions too."""
    return [*root.itersiblings(preceding=True), *root.iter()]


def _refuse(element: etree._Element) -> None:
    name = etree.QName(element).localname
    if name not in _DRAWN:
        remedy = _REMEDIES.get(name, "save it as plain SVG, of shapes only")
        raise LogoDoesNotWork(f"The logo has an element {name}: {remedy}.")
    for attribute, value in element.attrib.items():
        is_link = etree.QName(str(attribute)).localname == "href"
        if (is_link and not str(value).startswith("#")) or _REACHES_OUT.search(str(value)):
            raise LogoDoesNotWork(f"The logo refers to {str(value)[:60]!r}: draw it in the logo.")
    if name == "style" and _REACHES_OUT.search(element.text or ""):
        raise LogoDoesNotWork("The logo's style refers to something outside: draw it in the logo.")
    if name == "use" and len(element.getroottree().getroot().findall(f".//{_SVG}use")) > _MOST_USES:
        raise LogoDoesNotWork("The logo uses shapes again too often: save it with copies.")


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
