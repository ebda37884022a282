"""How a page looks: barriers that axe finds, what sticks out, and pictures for people."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from config.stack import DEFAULT_ROOT

SIZES = {"desktop": (1400, 1000), "phone": (390, 844)}
SCHEMES = ("light", "dark")
GRAVE = {"serious", "critical"}
PICTURES = Path(os.environ.get("SCREENSHOTS") or DEFAULT_ROOT / "screenshots")
_AXE = Axe()


def open_as(page: Page, address: str, size: str, scheme: str) -> None:
    """Open a page in a window of a size, with the colours that the machine is set to."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(address)


def barriers(page: Page) -> list[str]:
    """Return what is grave of what axe-core finds, and where."""
    found = _AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


def sticks_out(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)"))


def trouble(page: Page) -> list[str]:
    """Return what is wrong with how a page looks in its window."""
    wider = sticks_out(page)
    return [*barriers(page), *([f"{wider} px wider than the window"] if wider else [])]


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
