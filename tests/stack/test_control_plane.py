"""Events and remote control over Redis, for tasks over SQS; and what happens without Redis."""

import base64
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from kombu.exceptions import OperationalError

from config.control_plane import ControlPlaneCelery
from config.stack import Services
from config.stack.places import CHECKOUT
from tests.stack.sample import application
from tests.stack.trial import wait_until

CELERY = [sys.executable, "-m", "celery", "-A", "tests.stack.sample"]
WORKER = [*CELERY, "worker", "--concurrency", "1", "--loglevel", "INFO"]
LOGIN = "demo:demo"


@dataclass
class Plane:
    """An application, its services, and the processes that run it."""

    app: ControlPlaneCelery
    services: Services
    folder: Path
    started: list[subprocess.Popen[bytes]]

    def start(self, name: str, argv: list[str]) -> None:
        """Start a process that logs to a file of its name."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                argv,
                cwd=CHECKOUT,
                env={**os.environ, **self.services.environ, "FLOWER_BASIC_AUTH": LOGIN},
                stdout=log,
                stderr=log,
            )
        self.started.append(process)

    def start_worker(self, name: str) -> None:
        """Start a worker and return when it takes tasks."""
        self.start(name, [*WORKER, "--hostname", f"{name}@test"])
        log = self.folder / f"{name}.log"
        wait_until(lambda: f"{name}@test ready." in log.read_text(), within=60)

    def await_control(self, *names: str) -> None:
        """Return when these workers, and no others, answer: soon after they take tasks."""
        pongs = {f"{name}@test": {"ok": "pong"} for name in names}
        wait_until(lambda: self.ask("ping") == pongs, within=60)

    def send(self, *texts: str) -> float:
        """Send tasks that write `texts`; return how many seconds it took."""
        start = time.monotonic()
        for text in texts:
            self.app.send_task("sample.note", [str(self.folder / "notes"), text])
        return time.monotonic() - start

    def notes(self) -> set[str]:
        """What the tasks have written."""
        path = self.folder / "notes"
        return set(path.read_text().split()) if path.exists() else set()

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Send a command to all workers and return what they answer, by worker."""
        answers = self.app.control.broadcast(command, arguments, reply=True, timeout=2)
        return {name: answer for part in answers for name, answer in part.items()}


@pytest.fixture
def plane(services: Services, tmp_path: Path) -> Iterator[Plane]:
    services.start()
    environ = services.environ
    app = application(broker=environ["BROKER_URL"], control_plane=environ["REDIS_URL"])
    plane = Plane(app, services, tmp_path, [])
    yield plane
    for process in plane.started:
        process.terminate()
    for process in plane.started:
        process.wait(30)
    app.close()


def fetch(port: int, path: str, *, sent: dict[str, str] | None = None) -> dict[str, Any]:
    """Ask Flower, or send it something; return nothing while it doesn't answer, or refuses."""
    data = None if sent is None else urlencode(sent).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data)
    login = base64.b64encode(LOGIN.encode()).decode()
    request.add_header("Authorization", f"Basic {login}")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            answer: dict[str, Any] = json.load(response)
            return answer
    except OSError:
        return {}


class TestWithRedis:
    def test_workers_answer_and_their_pools_grow(self, plane: Plane) -> None:
        plane.start_worker("one")
        plane.start_worker("two")

        plane.await_control("one", "two")
        plane.ask("pool_grow", n=1)

        def sizes() -> set[int]:
            return {len(stats["pool"]["processes"]) for stats in plane.ask("stats").values()}

        wait_until(lambda: sizes() == {2}, within=20)

    def test_flower_sees_the_workers_and_a_task_that_travelled_over_sqs(self, plane: Plane) -> None:
        port = start_flower(plane)
        plane.start_worker("one")

        plane.send("a")

        def states() -> list[tuple[str, str | None]]:
            tasks = fetch(port, "/api/tasks").values()
            return [(task["state"], task.get("worker")) for task in tasks]

        wait_until(lambda: states() == [("SUCCESS", "one@test")], within=20)
        assert "one@test" in fetch(port, "/api/workers?refresh=1")

    def test_flower_grows_and_shrinks_a_pool_limits_a_rate_and_ends_a_worker(
        self, plane: Plane
    ) -> None:
        port = start_flower(plane)
        plane.start_worker("one")
        plane.await_control("one")

        def size() -> int:
            worker = fetch(port, "/api/workers?refresh=1").get("one@test", {})
            return len(worker.get("stats", {}).get("pool", {}).get("processes", ()))

        def told(path: str, **values: str) -> str:
            return str(fetch(port, f"/api{path}", sent=values).get("message"))

        wait_until(lambda: size() == 1, within=20)
        assert "Growing" in told("/worker/pool/grow/one@test", n="2")
        wait_until(lambda: size() == 3, within=20)
        assert "Shrinking" in told("/worker/pool/shrink/one@test", n="1")
        wait_until(lambda: size() == 2, within=20)
        limited = told("/task/rate-limit/sample.note", workername="one@test", ratelimit="200/s")
        assert limited == "new rate limit set successfully"
        assert "Shutting down" in told("/worker/shutdown/one@test")

        assert plane.started[1].wait(30) == 0

    @pytest.mark.slow
    def test_a_worker_ends_when_it_is_told_to(self, plane: Plane) -> None:
        plane.start_worker("one")
        plane.await_control("one")

        plane.app.control.shutdown()

        assert plane.started[0].wait(30) == 0


def start_flower(plane: Plane) -> int:
    """Start Flower, which knows Redis alone; return its port."""
    port = plane.services.ports.take("flower")
    broker = plane.services.environ["REDIS_URL"]
    flower = ["flower", "--address=127.0.0.1", f"--port={port}"]
    plane.start("flower", [*CELERY, "-b", broker, *flower])
    wait_until(lambda: is_open(port), within=60)
    return port


def is_open(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthcheck", timeout=2):
            return True
    except OSError:
        return False


@pytest.mark.slow
class TestWithoutRedis:
    def test_tasks_are_sent_and_run_while_it_is_away_and_control_returns_with_it(
        self, plane: Plane
    ) -> None:
        plane.start_worker("one")
        assert plane.services.redis
        plane.services.redis.kill()

        took = plane.send(*map(str, range(20)))

        assert took < 5
        wait_until(lambda: plane.notes() == set(map(str, range(20))), within=20)

        plane.services.redis.start()

        plane.await_control("one")

    def test_a_worker_starts_works_and_stops_without_it(self, plane: Plane) -> None:
        assert plane.services.redis
        plane.services.redis.kill()
        plane.start_worker("one")

        plane.send("a")

        wait_until(lambda: plane.notes() == {"a"}, within=20)
        plane.started[0].terminate()
        assert plane.started[0].wait(20) == 0

    def test_a_command_is_refused_within_seconds(self, plane: Plane) -> None:
        assert plane.services.redis
        plane.services.redis.kill()
        start = time.monotonic()

        with pytest.raises(OperationalError):
            plane.app.control.ping()

        assert time.monotonic() - start < 15
