"""The whole stack, as `make run` runs it."""

import base64
import json
import signal
import urllib.request
from collections.abc import Mapping
from itertools import chain

import psutil
import pytest

from config.stack.places import Places, Record
from config.stack.processes import FLOWER_LOGIN, WORKERS
from tests.stack.trial import Trial, wait_until

pytestmark = pytest.mark.slow

READY_WITHIN = 120
ENGINE = ("gunicorn", "scheduler", "relay", "worker-1@", "flower", "exporter")


def record_of(trial: Trial) -> Record:
    record = Places.at(trial.root).record()
    assert record
    return record


def process_of(trial: Trial, word: str) -> psutil.Process:
    """The oldest process of the stack with this word in its command line."""
    found = [process for process in trial.processes() if word in " ".join(process.cmdline())]
    return min(found, key=psutil.Process.create_time)


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:
        body: bytes = response.read()
        return body


def workers_of_flower(environ: Mapping[str, str]) -> str:
    """What Flower says of the workers when it asks them."""
    login = base64.b64encode(FLOWER_LOGIN.encode()).decode()
    request = urllib.request.Request(
        f"{environ['FLOWER_URL']}/api/workers?refresh=1",
        headers={"Authorization": f"Basic {login}"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        text: str = response.read().decode()
        return text


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def is_back(trial: Trial, word: str, *, instead_of: psutil.Process) -> bool:
    found = [process for process in trial.processes() if word in " ".join(process.cmdline())]
    return bool(found) and instead_of.pid not in {process.pid for process in found}


class TestRun:
    def test_its_pages_answer_and_it_stops_without_a_trace(self, trial: Trial) -> None:
        running = trial.start("run")
        trial.await_record(within=READY_WITHIN)
        environ = record_of(trial)["environ"]

        assert json.loads(fetch(f"{environ['WEB_URL']}/healthz"))
        assert fetch(f"{environ['FLOWER_URL']}/healthcheck")
        wait_until(
            lambda: all(f"{name}@" in workers_of_flower(environ) for name in WORKERS), within=30
        )

        running.send_signal(signal.SIGINT)

        assert running.wait(90) == 0
        assert trial.processes() == []

    def test_killed_processes_come_back(self, trial: Trial) -> None:
        trial.start("run")
        trial.await_record(within=READY_WITHIN)
        killed = {word: process_of(trial, word) for word in ENGINE}
        families = [process.children(recursive=True) for process in killed.values()]

        for process in killed.values():
            process.kill()

        wait_until(lambda: not any(is_alive(child) for child in chain(*families)), within=30)
        wait_until(
            lambda: all(is_back(trial, w, instead_of=p) for w, p in killed.items()), within=30
        )

    def test_killed_services_come_back_with_their_queues(self, trial: Trial) -> None:
        trial.start("run")
        trial.await_record(within=READY_WITHIN)
        log = trial.root / "log" / "anlass.log"
        made = log.read_text().count("queues     |")

        for word in ("sqs_server", "valkey-server", "-D"):
            process_of(trial, word).kill()

        wait_until(lambda: log.read_text().count("queues     |") > made, within=60)
        url = f"{record_of(trial)['environ']['WEB_URL']}/healthz"
        assert json.loads(fetch(url))

    def test_nothing_outlives_it_when_it_is_killed(self, trial: Trial) -> None:
        running = trial.start("run")
        trial.await_record(within=READY_WITHIN)

        running.kill()

        wait_until(lambda: not trial.processes(), within=10)
        assert trial.call("exec", "--", "true").returncode == 0
