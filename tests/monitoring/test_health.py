"""Probes: whether a process lives, can work, and goes on."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery import current_app
from celery.worker import state
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from billing.api import health
from billing.events.models import Event
from billing.events.queues import create_queues
from billing.monitoring.heartbeat import FOLDER, beat
from config.liveness import HeartbeatStep
from config.stack import Services
from tests import factories
from tests.chaos.conftest import engine, services
from tests.chaos.engine import IMPATIENT, Engine

__all__ = ["engine", "services"]

READY = {"database": "ok", "broker": "ok", "relay": "ok"}


@pytest.fixture
def ready(committed: None) -> Iterator[None]:
    create_queues()
    health.forget()
    yield
    health.forget()


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], bool]]:
    """Says whether a worker beats that asked the broker so many seconds ago for the last time."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with current_app.connection_for_write() as broker:
        channel = broker.default_channel

        def beats(asked_ago: float) -> bool:
            channel._asked_at = time.monotonic() - asked_ago
            consumer = SimpleNamespace(
                hub=None, hostname="worker-9@here", task_consumer=SimpleNamespace(channel=channel)
            )
            HeartbeatStep(consumer).start(consumer)
            return (tmp_path / "worker-9.alive").exists()

        yield beats


def parts() -> tuple[int, dict[str, str]]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()["parts"]


def is_alive(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "billing.monitoring.is_alive", *arguments],
        env={**os.environ, FOLDER: str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("ready")
class TestReady:
    def test_it_is_with_all_that_it_needs(self) -> None:
        assert parts() == (200, READY)

    def test_it_isnt_without_the_broker(self, services: Services) -> None:
        assert services.sqs is not None
        services.sqs.kill()
        try:
            status, told = parts()
        finally:
            services.sqs.start()
            create_queues()

        assert status == 503
        assert told["broker"] != "ok"
        assert (told["database"], told["relay"]) == ("ok", "ok")

    def test_it_isnt_without_the_database(self, services: Services) -> None:
        assert services.postgres is not None
        connection.close()
        services.postgres.kill()
        try:
            status, told = parts()
        finally:
            services.postgres.start()

        assert status == 503
        assert told["database"] == "away: OperationalError"
        assert told["broker"] == "ok"

    def test_it_isnt_while_the_relay_is_behind(self) -> None:
        factories.order(factories.customer(factories.seller()))
        since = timezone.now() - timedelta(minutes=10)
        Event.objects.filter(state="waiting").update(next_send_at=since)

        status, told = parts()

        assert status == 503
        assert "waits to be sent for 60" in told["relay"]

    @override_settings(READY_RELAY_LAG_SECONDS=3600)
    def test_how_far_behind_it_may_be_is_a_setting(self) -> None:
        factories.order(factories.customer(factories.seller()))
        since = timezone.now() - timedelta(minutes=10)
        Event.objects.filter(state="waiting").update(next_send_at=since)

        assert parts() == (200, READY)

    def test_many_probes_look_once(self) -> None:
        looks: list[int] = []
        part = health.Part("counted", lambda: looks.append(1))

        assert [part.trouble() for _ in range(50)] == [None] * 50
        assert len(looks) == 1

    def test_what_hangs_is_away_and_isnt_asked_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looks: list[int] = []
        monkeypatch.setattr(health, "CHECK_SECONDS", 0.1)
        part = health.Part("hanging", lambda: (looks.append(1), time.sleep(1.0))[1])

        first = part.trouble()
        part.forget()
        second = part.trouble()

        assert first == second == "no answer within 0.1 s"
        assert len(looks) == 1


class TestAlive:
    def test_who_beats_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(FOLDER, str(tmp_path))
        beat("worker-1")

        assert is_alive(tmp_path, "worker-1").returncode == 0

    def test_whose_heart_stands_still_isnt(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(FOLDER, str(tmp_path))
        beat("relay")
        long_ago = time.time() - 121
        os.utime(tmp_path / "relay.alive", (long_ago, long_ago))

        told = is_alive(tmp_path, "relay")

        assert told.returncode == 1
        assert "latest heartbeat is 121 s old" in told.stderr
        assert is_alive(tmp_path, "relay", "--within", "300").returncode == 0

    def test_who_never_was_isnt(self, tmp_path: Path) -> None:
        told = is_alive(tmp_path, "../nobody")

        assert (told.returncode, "no heartbeat" in told.stderr) == (1, True)

    def test_a_probe_starts_no_django(self, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "billing.monitoring.is_alive", "relay"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert "django" not in done.stderr
        assert "celery" not in done.stderr


class TestWorker:
    """A loop that goes round isn't enough: it must ask the broker, or have something to do."""

    def test_one_that_asks_the_broker_beats(self, worker: Callable[[float], bool]) -> None:
        assert worker(59.0)

    def test_one_that_no_longer_asks_doesnt(self, worker: Callable[[float], bool]) -> None:
        assert not worker(61.0)

    def test_one_that_is_busy_needs_not_ask(
        self, worker: Callable[[float], bool], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(state, "reserved_requests", {object()})

        assert worker(61.0)


@pytest.mark.slow
class TestProcesses:
    def test_those_that_go_on_beat_and_a_frozen_one_doesnt(
        self, committed: None, tmp_path: Path
    ) -> None:
        create_queues()
        hearts = tmp_path / "hearts"
        running = Engine(tmp_path, {**IMPATIENT, FOLDER: str(hearts)})
        try:
            names = ("worker-1", "relay", "scheduler")
            running.start(*names)
            for name in names:
                running.wait_until(
                    lambda name=name: is_alive(hearts, name).returncode == 0,
                    within=60, what=f"{name} beats",
                )  # fmt: skip
            time.sleep(15)  # A long poll of a queue with nothing in it.
            assert [is_alive(hearts, name, "--within", "8").returncode for name in names] == [0] * 3

            running.freeze("worker-1")
            time.sleep(9)

            assert is_alive(hearts, "worker-1", "--within", "8").returncode == 1
            assert is_alive(hearts, "relay", "--within", "8").returncode == 0
            running.thaw("worker-1")
        finally:
            running.close()
