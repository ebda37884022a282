"""The fields of the Elastic Common Schema, and those of a line."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SCHEMA = json.loads((Path(__file__).parent / "data" / "ecs-9.4.0.json").read_text(encoding="utf-8"))
FIELDS: Mapping[str, str] = SCHEMA["fields"]


def fields(line: Mapping[str, Any], *, under: str = "") -> Iterator[tuple[str, Any]]:
    """Yield a line's fields by their dotted names."""
    for name, value in line.items():
        if isinstance(value, dict):
            yield from fields(value, under=f"{under}{name}.")
        else:
            yield f"{under}{name}", value
