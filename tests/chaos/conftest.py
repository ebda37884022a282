"""A committed database, a broker that may be stopped, and the engine's processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from billing.events.queues import create_queues
from config.stack import Services
from tests.chaos.engine import Engine
from tests.plugin_stack import SERVICES


@pytest.fixture
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
