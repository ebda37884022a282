"""A folder for a stack on trial, and services in it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.stack import DEFAULT_ROOT, Services
from tests.stack.trial import TOLD, Trial


@pytest.fixture
def trial() -> Iterator[Trial]:
    """A folder that any user can reach, empty."""
    root = Path(tempfile.mkdtemp(prefix="trial-", dir=DEFAULT_ROOT))
    root.chmod(0o755)
    trial = Trial(root)
    yield trial
    trial.close()
    (root / "lock").unlink(missing_ok=True)
    root.rmdir()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which no service is named."""
    for name in TOLD:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def services(trial: Trial, bare: None) -> Iterator[Services]:
    """Services of a stack on trial, not started yet."""
    services = Services(trial.root)
    yield services
    services.stop()
