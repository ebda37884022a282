"""Each main page, on desktop and phone, in light and dark: no barriers, nothing sticks out."""

import pytest
from playwright.sync_api import Page

from tests.browser.filled import Filled
from tests.browser.looking import SCHEMES, SIZES, open_as, picture, trouble
from tests.browser.people import Desk, hire

PAGES = (
    "start", "found", "causes", "cause", "failures", "failure", "retry", "holds", "hold", "approve",
    "invoices", "invoice", "customers", "customer", "contract", "price", "transaction", "events",
    "deeds",
)  # fmt: skip
WAY_IN = ("login", "set-up", "code")
LOOKS = [(size, scheme) for size in SIZES for scheme in SCHEMES]
# Where most goes wrong: no room, and colours that the theme doesn't know. All four take long.
NARROW_AND_DARK = [("phone", "dark")]


def look(page: Page, address: str, looks: list[tuple[str, str]], *, name: str = "") -> list[str]:
    """Return what is wrong with a page; with a name, keep pictures of it."""
    found = []
    for size, scheme in looks:
        open_as(page, address, size, scheme)
        found += [f"{size}, {scheme}: {each}" for each in trouble(page)]
        if name:
            picture(page, f"{name}-{size}-{scheme}")
    return found


@pytest.fixture
def half_in(desk: Desk, filled: Filled, name: str) -> Desk:
    """Somebody on the way in."""
    if name != "login":
        desk.give_password(hire("clerk", filled.seller, has_app=name == "code"))
    return desk


def address_of(name: str) -> str:
    return "/admin/login/" if name == "login" else "/admin/second-factor/"


class TestBarriers:
    @pytest.mark.parametrize("name", PAGES)
    def test_a_page_has_none(self, insider: Desk, filled: Filled, name: str) -> None:
        assert look(insider.page, filled.pages[name], NARROW_AND_DARK) == []

    @pytest.mark.parametrize("name", WAY_IN)
    def test_the_way_in_has_none(self, half_in: Desk, name: str) -> None:
        assert look(half_in.page, address_of(name), NARROW_AND_DARK) == []


@pytest.mark.slow
class TestPictures:
    @pytest.mark.parametrize("name", PAGES)
    def test_a_page_looks_well_everywhere(self, insider: Desk, filled: Filled, name: str) -> None:
        assert look(insider.page, filled.pages[name], LOOKS, name=name) == []

    @pytest.mark.parametrize("name", WAY_IN)
    def test_the_way_in_looks_well_everywhere(self, half_in: Desk, name: str) -> None:
        assert look(half_in.page, address_of(name), LOOKS, name=name) == []
