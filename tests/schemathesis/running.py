"""Runs of schemathesis: each over the operations of one resource, for a seller of its own."""

import json
import math
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from tests.schemathesis.names import Names
from tests.schemathesis.world import make_world

HERE = Path(__file__).parent
# Stateful tests follow links between operations; the description has none.
PHASES = "examples,coverage,fuzzing"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of the requests to one resource."""

    tag: str
    operations: int
    statuses: Counter[int]
    never: list[str]  # Operations that succeeded not once.
    failures: int
    seconds: float
    is_passed: bool  # Nothing was wrong, all was tried, something succeeded: else it proves little.
    output: str

    def count(self, hundreds: int) -> int:
        """Return how many answers had a status of these hundreds."""
        return sum(times for status, times in self.statuses.items() if status // 100 == hundreds)


@dataclass(frozen=True, kw_only=True)
class Run:
    """How resources are tried; `examples`: requests made at random to each, at least."""

    url: str
    seed: int
    examples: int
    beside: int = 1  # So many resources at a time.

    def outcomes(self, tags: Sequence[str]) -> Iterator[Outcome]:
        """Yield what came of each resource, as they end."""
        counts = operations()
        with ThreadPoolExecutor(self.beside) as pool:
            running = [pool.submit(self._outcome, tag, counts[tag]) for tag in tags]
            for each in as_completed(running):
                yield each.result()

    def _outcome(self, tag: str, count: int) -> Outcome:
        begun = time.monotonic()
        ended, report, answers = self._ended(tag, each=math.ceil(self.examples / count))
        statuses: Counter[int] = Counter()
        for each in answers.values():
            statuses.update({int(status): times for status, times in each.items()})
        return Outcome(
            tag=tag,
            operations=count,
            statuses=statuses,
            never=[name for name, each in answers.items() if not any(s[0] == "2" for s in each)],
            failures=sum(each["count"] for each in report.get("failures", ())),
            seconds=time.monotonic() - begun,
            is_passed=ended.returncode == 0
            and statuses.total() >= self.examples
            and any(status // 100 == 2 for status in statuses),
            output=ended.stdout,
        )

    def _ended(self, tag: str, *, each: int) -> tuple[subprocess.CompletedProcess[str], Any, Any]:
        """Run schemathesis; return how it ended, its report, and the statuses by operation."""
        key, names = self._world(tag)
        with TemporaryDirectory() as folder:
            told, counted = Path(folder) / "report.json", Path(folder) / "counts.json"
            environ = {
                **os.environ,
                "SCHEMATHESIS_HOOKS": "tests.schemathesis.hooks",
                "FUZZED_NAMES": json.dumps(names),
                "FUZZED_COUNTS": str(counted),
            }
            ended = subprocess.run(
                self._command(tag, key=key, each=each, told=told),
                env=environ, check=False, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            return ended, _read(told), _read(counted)

    def _world(self, tag: str) -> tuple[str, Names]:
        try:
            return make_world(tag, url=self.url, at=timezone.now())
        finally:
            connection.close()  # That of this thread.

    def _command(self, tag: str, *, key: str, each: int, told: Path) -> list[str]:
        return [
            str(Path(sys.executable).parent / "schemathesis"),
            "--config-file", str(HERE / "schemathesis.toml"),
            "run", f"{self.url}/api/v1/openapi.json",
            "--url", self.url, "--include-tag", tag, "--phases", PHASES, "--checks", "all",
            "--max-examples", str(each), "--seed", str(self.seed), "--workers", "1",
            "--continue-on-failure", "--no-shrink", "--generation-database", "none",
            "--suppress-health-check", "all", "--warnings", "off", "--no-color",
            "--report-json-path", str(told),
            "-H", f"Authorization: Bearer {key}",
        ]  # fmt: skip


def operations() -> Counter[str]:
    """Return how many operations each resource has."""
    paths = SchemaGenerator().get_schema(public=True)["paths"].values()
    return Counter(each["tags"][0] for methods in paths for each in methods.values())


def _read(path: Path) -> dict[str, Any]:
    """Return what a run has written; nothing if it came to an end before."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
