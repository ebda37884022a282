"""One run of schemathesis, over the operations of one resource."""

import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from drf_spectacular.generators import SchemaGenerator

HERE = Path(__file__).parent
# Stateful tests follow links between operations; the description has none.
PHASES = "examples,coverage,fuzzing"


def operations() -> Counter[str]:
    """Return how many operations each resource has."""
    paths = SchemaGenerator().get_schema(public=True)["paths"].values()
    return Counter(each["tags"][0] for methods in paths for each in methods.values())


def passes(
    tag: str, *, url: str, key: str, names: dict[str, str], seed: int, each: int, workers: int = 1
) -> bool:
    """Return whether nothing is wrong; `each`: how many requests an operation gets at most."""
    environ = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.schemathesis.hooks",
        "FUZZED_NAMES": json.dumps(names),
    }
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "--config-file", str(HERE / "schemathesis.toml"),
        "run", f"{url}/api/v1/openapi.json",
        "--url", url, "--include-tag", tag, "--phases", PHASES, "--checks", "all",
        "--max-examples", str(each), "--seed", str(seed),
        "--workers", str(workers), "--continue-on-failure",
        "--suppress-health-check", "all", "--warnings", "off", "--no-color",
        "-H", f"Authorization: Bearer {key}",
    ]  # fmt: skip
    return subprocess.run(command, env=environ, check=False).returncode == 0


def share(examples: int, count: int) -> int:
    """Return how many each of `count` operations gets, of at least so many."""
    return math.ceil(examples / count)
