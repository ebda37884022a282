"""Prometheus, where it can be had."""

import pytest

from config.stack.prometheus import NoPrometheus, programs


@pytest.fixture(scope="session")
def prometheus() -> dict[str, str]:
    try:
        return programs()
    except NoPrometheus as missing:
        pytest.skip(str(missing))
