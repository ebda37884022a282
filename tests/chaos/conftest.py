"""A committed database, a broker that may be stopped, and the engine's processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from billing.events.queues import create_queues
from config.stack import Services
from tests.chaos.engine import Engine
from tests.chaos.rounds import Summary
from tests.chaos.site import Site
from tests.conftest import empty_database
from tests.plugin_chaos import LINES
from tests.plugin_stack import SERVICES


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest) -> Services:
    """The tests' own services; without an embedded broker and database there is nothing to stop."""
    found = request.config.stash[SERVICES]
    if found.sqs is None or found.postgres is None:
        pytest.skip("broker or database is not embedded: not ours to stop")
    return found


@pytest.fixture
def engine(committed: None, tmp_path: Path) -> Iterator[Engine]:
    """The engine's processes; none runs yet."""
    create_queues()
    running = Engine(tmp_path)
    yield running
    running.close()


@pytest.fixture(scope="module")
def site(
    services: Services,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The running system, the same for all rounds."""
    with django_db_blocker.unblock():
        running = Site(services, tmp_path_factory.mktemp("site"))
        try:
            running.open()
            yield running
        finally:
            running.close()
            empty_database()


@pytest.fixture(scope="module")
def summary(request: pytest.FixtureRequest, site: Site) -> Iterator[Summary]:
    """What all rounds come to; told at the end of the session."""
    told = Summary(hits=site.proxy.hits, ended=site.ended)
    yield told
    request.config.stash[LINES] = told.lines() if told.seeds else []
