"""What goes to standard error, kept line by line."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from billing.happenings.formats import EcsLines, WholeLines

SERVICE = {"name": "anlass", "version": "1.2.3", "environment": "trial", "node.name": ""}


class Pipe:
    """A stream that keeps what is written to it, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def write(self, text: str) -> None:
        self.pieces.append(text)

    def flush(self) -> None:
        """Nothing is held back."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """What goes to standard error as ECS."""
    found = Pipe()
    handler = WholeLines(found)  # type: ignore[arg-type]
    handler.setFormatter(EcsLines(service=SERVICE))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)
