"""Staff, their apps for codes, and the windows that they sit before."""

import re
import time
from base64 import b32decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from django.contrib.auth.models import Group, User
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Browser, Locator, Page, expect

from billing.sellers.models import Membership, Seller

PASSWORD = "correct horse battery"
DESKTOP = {"width": 1400, "height": 1000}
WITHIN_MS = 15_000
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of the staff; `secret` is that of the app, None until it is set up."""

    user: User
    secret: bytes | None

    @property
    def name(self) -> str:
        return str(self.user.get_username())


def hire(role: str, *sellers: Seller, has_app: bool = True) -> Colleague:
    """Return a new user of a role that works for sellers."""
    user = User.objects.create_user(f"{role}-{next(_numbers)}", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    for seller in sellers:
        Membership.objects.create(user=user, seller=seller)
    if not has_app:
        return Colleague(user, None)
    device = TOTPDevice.objects.create(user=user, name="app", confirmed=True)
    return Colleague(user, device.bin_key)


def code_of(secret: bytes) -> str:
    """Return what an app shows now, once that is valid for some seconds more."""
    if (left := 30 - time.time() % 30) < 3:
        time.sleep(left)
    return f"{totp(secret):06d}"


@dataclass(frozen=True, slots=True)
class Desk:
    """A browser's window with a session of its own."""

    page: Page

    @classmethod
    @contextmanager
    def at(cls, browser: Browser, url: str) -> Iterator["Desk"]:
        """Open a window of a desktop's size, in English."""
        context = browser.new_context(base_url=url, viewport=DESKTOP, locale="en-GB")
        context.set_default_timeout(WITHIN_MS)
        try:
            yield cls(context.new_page())
        finally:
            context.close()

    def give_password(self, who: Colleague) -> None:
        """Sign in as far as the password leads."""
        self.page.goto("/admin/")
        self.page.get_by_label("Username").fill(who.name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_label("Code")).to_be_focused()

    def give_code(self, secret: bytes) -> None:
        """Enter what the app shows."""
        self.page.get_by_label("Code").fill(code_of(secret))
        self.page.keyboard.press("Enter")

    def sign_in(self, who: Colleague) -> None:
        """Sign in with password and app."""
        assert who.secret is not None
        self.give_password(who)
        self.give_code(who.secret)
        expect(self.page).to_have_url(re.compile(r"/admin/$"))

    def set_up(self, who: Colleague) -> None:
        """Sign in for the first time: give the app the secret that the page shows."""
        self.give_password(who)
        typed = self.page.locator(".anlass-secret").inner_text().replace(" ", "")
        self.give_code(b32decode(typed + "=" * (-len(typed) % 8)))
        self.page.get_by_role("link", name="I have kept them").click()
        expect(self.page).to_have_url(re.compile(r"/admin/$"))

    def search(self, text: str) -> None:
        """Look for something in the search that each page has."""
        field = self.page.get_by_label("Search everything")
        field.fill(text)
        field.press("Enter")
        self.page.wait_for_url("**/find/**")

    def go_to(self, name: str) -> None:
        """Follow a link of the sidebar."""
        self.page.locator("#nav-sidebar-apps").get_by_role("link", name=name).first.click()

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow the first link of a name within the page's content."""
        self.main.get_by_role("link", name=name).first.click()

    def open_row(self) -> None:
        """Open the first row of a list."""
        self.page.locator("#result_list tbody a[href*='/change/']").first.click()

    def choose(self, name: str) -> None:
        """Follow one of the buttons above a row's page: an icon's name, and its own."""
        self.main.get_by_role("link", name=re.compile(rf"^\w+ {name}( …)?$")).click()

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button of a form."""
        self.main.get_by_role("button", name=name, exact=True).click()

    @property
    def main(self) -> Locator:
        return self.page.locator("#main")
