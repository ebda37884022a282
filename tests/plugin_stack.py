"""
Gives the test session services of its own, before pytest-django reads the settings.

`DATABASE_URL`, `BROKER_URL`, `REDIS_URL` and `EMAIL_URL` in the environment replace them. Sessions
that run at the same time get a folder each: `.stack/test/`, `.stack/test-2/`, and so on. Their
database waits for no disk: what it committed outlives each kill of it, but not of the machine.
"""

import itertools
import os
from collections.abc import Iterator

import pytest

from config.stack import DEFAULT_ROOT, AlreadyRunning, Services

SETTINGS = "fsync=off full_page_writes=off"
UNLIMITED = {"API_REQUESTS_PER_SECOND": "0", "API_USAGE_REQUESTS_PER_SECOND": "0"}
SERVICES = pytest.StashKey[Services]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    os.environ.setdefault("POSTGRES_SETTINGS", SETTINGS)
    services = _first_free()
    early_config.add_cleanup(services.stop)
    os.environ.update({**services.environ, **UNLIMITED})
    early_config.stash[SERVICES] = services
    yield


def _first_free() -> Services:
    for number in itertools.count(1):
        services = Services(DEFAULT_ROOT / ("test" if number == 1 else f"test-{number}"))
        try:
            services.start()
        except AlreadyRunning:
            continue
        return services
    raise AssertionError
