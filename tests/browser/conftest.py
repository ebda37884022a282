"""The running system, one browser for all tests, and a house whose pages are looked at."""

import os
import shutil
from collections.abc import Generator, Iterator

import pytest
from django.conf import settings
from django.db import connections, transaction
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker

from billing.events.queues import create_queues
from billing.staff.roles import make_roles
from tests.browser.filled import Filled, fill
from tests.browser.looking import picture
from tests.browser.people import Desk, hire
from tests.browser.site import Site
from tests.chaos.engine import IMPATIENT, Engine
from tests.conftest import empty_database

NO_CHROMIUM = "no Chromium on PATH: `apt-get install chromium`"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a picture of what a test that failed saw last."""
    report = yield
    if report.failed and call.when == "call":
        for name, desk in item.funcargs.items():
            if isinstance(desk, Desk):
                picture(desk.page, f"failed-{item.name}-{name}")
    return report


@pytest.fixture(scope="package")
def chromium() -> str:
    """Debian's Chromium; where CI promises it, the tests fail without it."""
    found = shutil.which("chromium")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(NO_CHROMIUM)
    return found or pytest.skip(NO_CHROMIUM)


@pytest.fixture(scope="package")
def site(
    chromium: str,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """
    Website, relay and workers, which want a second factor; each test brings a seller of its own.

    Without a scheduler: it would try again what was mended before anybody does.
    """
    environ = {**IMPATIENT, "STAFF_SECOND_FACTOR": "yes"}
    engine = Engine(tmp_path_factory.mktemp("browser"), environ)
    with django_db_blocker.unblock():
        create_queues()
        make_roles(settings.STAFF_ROLES)
        try:
            engine.start("relay", "worker-1", "worker-3")
            yield Site(engine.serve(), engine)
        finally:
            engine.close()
            empty_database()
            connections.close_all()


@pytest.fixture(scope="package")
def browser(chromium: str, site: Site) -> Iterator[Browser]:
    """Chromium without a window."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as driver:
        # Playwright waits in a loop of its own in this thread; Django takes that for async code,
        # and keeps connections of its own for it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        found = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()
        connections.close_all()


@pytest.fixture(scope="package")
def filled(site: Site) -> Filled:
    """A seller with something on each page."""
    with transaction.atomic():
        return fill()


@pytest.fixture(scope="package")
def insider(browser: Browser, site: Site, filled: Filled) -> Iterator[Desk]:
    """The seller's manager, signed in: for pages that are looked at."""
    with Desk.at(browser, site.url) as desk:
        desk.sign_in(hire("manager", filled.seller))
        yield desk


@pytest.fixture
def desk(browser: Browser, site: Site) -> Iterator[Desk]:
    """A browser's window of nobody yet."""
    with Desk.at(browser, site.url) as desk:
        yield desk


@pytest.fixture
def other_desk(browser: Browser, site: Site) -> Iterator[Desk]:
    """Another machine's."""
    with Desk.at(browser, site.url) as desk:
        yield desk
