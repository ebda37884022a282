"""Scenarios through the running system: website, database, broker, relay, scheduler and workers."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.core.management import call_command

from billing.events.models import Failure
from tests import factories
from tests.chaos.engine import Engine
from tests.endtoend.days import steps
from tests.endtoend.documents import Shown, of_api
from tests.endtoend.stories import Story, names, seller_of, story
from tests.endtoend.telling import Teller
from tests.endtoend.web import WebApp

EACH = 14  # Every fourteenth by name: of all kinds of scenarios some.
DOCUMENTS_AT_MOST = 8  # A longer story shows nothing more here, but takes its time.
WITHIN = 240.0
LOOK_EVERY_SECONDS = 0.1


class Life:
    """A seller that lives a scenario in the running system, while others live theirs."""

    def __init__(self, told: Story, url: str) -> None:
        """Its seller is there, and what it sells; nothing has happened yet."""
        self.story = told
        self.app = WebApp(url, factories.api_key(seller_of(told.scenario)))
        self._teller = Teller(self.app, told.scenario)
        self._acts = self._act()
        self.is_over = False

    def live(self) -> None:
        """Do what comes next, unless the seller's clock is still on its way."""
        if not self.app.get("/test-clock").body["is_moving"]:
            self.is_over = next(self._acts, None) is None

    def documents(self) -> list[Shown]:
        return of_api(self._teller.documents(), self._teller.codes)

    def _act(self) -> Iterator[str]:
        self._teller.set_up()
        for step in steps(self.story.scenario):
            self._teller.advance(step.on, hold_due=True)
            yield f"on the way to {step.on}"
            self._teller.state(step.facts)
        self._teller.finish()
        yield "on the way to the end"


def chosen() -> list[Story]:
    """Return the stories that are lived: short ones of all kinds."""
    found = [story(name) for name in names(refused=False)[::EACH]]
    return [told for told in found if len(told.expected()) <= DOCUMENTS_AT_MOST]


def live_all(lives: list[Life]) -> None:
    """Let all lives go on at the same time, each by its own clock."""
    deadline = time.monotonic() + WITHIN
    while going := [life for life in lives if not life.is_over]:
        assert time.monotonic() < deadline, [life.story.name for life in going]
        for life in going:
            life.live()
        time.sleep(LOOK_EVERY_SECONDS)


class TestRunningSystem:
    @pytest.mark.timeout(400)
    def test_the_documents_are_those_of_the_pure_engine(self, engine: Engine) -> None:
        stories = chosen()
        assert len(stories) >= 40
        engine.start("worker-1", "worker-2", "relay", "scheduler")
        url = engine.serve()
        lives = [Life(told, url) for told in stories]

        live_all(lives)

        for life in lives:
            with closing(life.app):
                assert life.documents() == life.story.expected(), life.story.name
        assert not Failure.objects.exists()
        call_command("verify")
