"""What SQS is known for, tried with real workers: redelivery, dead letters, shutdown."""

import ast
import inspect
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection, transaction

from billing.events import dispatch
from billing.events.models import Attempt, Event
from billing.events.queues import create_queues, depth, depths
from billing.orders.models import Order
from config.broker import Transport
from tests import factories
from tests.broker.conftest import Queue
from tests.chaos.engine import Engine

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
WITHIN = 90.0
SOURCES = [
    path for package in ("billing", "invoices", "config") for path in Path(package).rglob("*.py")
]
# Of `apply_async` and Celery's `retry`: what would wait in a worker's memory, or in SQS.
DELAYS = {"countdown", "eta", "DelaySeconds", "delay_seconds", "expires"}


@pytest.fixture
def engine(committed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(settings, "BROKER_VISIBILITY_SECONDS", 20)  # As the engine's workers have.
    create_queues()
    running = Engine(tmp_path)
    yield running
    running.close()
    monkeypatch.undo()
    create_queues()


class TestSettings:
    def test_tasks_are_sent_by_our_transport(self) -> None:
        with current_app.connection_for_write() as broker:
            assert isinstance(broker.transport, Transport)

    def test_a_task_ends_while_its_message_is_hidden(self) -> None:
        soft, hard = settings.CELERY_TASK_SOFT_TIME_LIMIT, settings.CELERY_TASK_TIME_LIMIT

        assert 0 < soft < hard < settings.BROKER_VISIBILITY_SECONDS
        assert settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT < settings.BROKER_VISIBILITY_SECONDS

    def test_few_messages_wait_in_a_worker(self) -> None:
        assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER <= 2

    def test_no_task_is_retried_or_limited_by_celery(self) -> None:
        current_app.loader.import_default_modules()
        ours = [task for name, task in current_app.tasks.items() if not name.startswith("celery.")]

        assert ours
        assert all(task.acks_late and not task.rate_limit for task in ours)
        assert not any(hasattr(task, "autoretry_for") for task in ours)

    def test_nothing_waits_on_the_broker_and_redelivered_is_never_asked(self) -> None:
        texts = {path: path.read_text() for path in SOURCES}
        delayed = {
            path
            for path, text in texts.items()
            for call in ast.walk(ast.parse(text))
            if isinstance(call, ast.Call) and DELAYS & {given.arg for given in call.keywords}
        }

        assert len(texts) > 200
        assert delayed == set()
        assert not [path for path, text in texts.items() if "redelivered" in text]

    def test_each_queue_has_dead_letters(self) -> None:
        create_queues()

        assert {name for name in depths() if not name.endswith("-dead")} == {
            name.removesuffix("-dead") for name in depths() if name.endswith("-dead")
        }


class TestPassingOver:
    def test_only_the_publishing_is_ours(self) -> None:
        """A newer kombu that puts messages otherwise must be noticed."""
        source = inspect.getsource(Transport.Channel.__mro__[1]._put)

        assert source.count("c.send_message(**kwargs)") == 1
        assert "self.sqs(queue=" in source


@pytest.mark.slow
class TestWorkers:
    def test_a_killed_worker_gives_its_message_back(self, engine: Engine) -> None:
        order = _blocked_order()
        with transaction.atomic():
            _lock(order)
            engine.start("worker-1")
            dispatch.publish(Event.objects.all())
            engine.wait_until(_someone_waits_for_a_lock, within=WITHIN, what="a worker has it")
            engine.kill("worker-1")
        assert not Attempt.objects.exists()

        engine.start("worker-2")  # No relay: the broker alone brings the message back.

        engine.wait_until(
            lambda: Event.objects.filter(state="handled", type="order.placed").exists(),
            within=WITHIN, what="it is billed",
        )  # fmt: skip

    def test_a_worker_that_is_asked_to_stop_loses_nothing(self, engine: Engine) -> None:
        customer = factories.customer(factories.seller())
        with transaction.atomic():
            for _ in range(60):
                factories.order(customer)
        dispatch.publish(Event.objects.filter(type="order.placed"), alone=True)
        engine.start("worker-1")
        engine.wait_until(lambda: _handled() >= 5, within=WITHIN, what="some are billed")

        engine.stop("worker-1")

        engine.wait_until(lambda: _in_flight() == 0, within=30, what="all it held is back")
        engine.start("worker-2")
        engine.wait_until(lambda: _handled() == 60, within=WITHIN, what="the rest is billed")
        engine.wait_until(lambda: depth("billing") == 0, within=30, what="the queue is empty")
        assert Attempt.objects.filter(outcome="succeeded", task="issuing.bill").count() == 60

    def test_a_worker_that_stops_gives_back_at_once_what_it_did_not_begin(
        self, engine: Engine
    ) -> None:
        _three_messages()
        with _one_begun_and_one_waiting(engine):
            os.kill(engine.pid("worker-1"), signal.SIGTERM)
            time.sleep(1)
        engine.wait_until(engine.died, within=30, what="it stopped")

        # It ended what it had begun; the other that it had is there again, beside the third.
        assert _handled() >= 1
        assert len(_billing().receive(WaitTimeSeconds=2)) == 2

    def test_a_worker_that_has_enough_to_do_rests(self, engine: Engine) -> None:
        _three_messages()
        with _one_begun_and_one_waiting(engine):
            time.sleep(2)
            main = engine.processes("worker-1")[0]
            before = main.cpu_times()
            time.sleep(4)
            after = main.cpu_times()

        used = after.user + after.system - before.user - before.system
        assert used < 0.4  # A tenth of the time
        engine.wait_until(lambda: depth("billing") == 0, within=WITHIN, what="it goes on")

    def test_a_worker_keeps_its_connection_to_the_database(self, engine: Engine) -> None:
        engine.start("worker-1")
        seen = []
        for n in (1, 2, 3):
            factories.order(factories.customer(factories.seller()))
            engine.wait_until(lambda n=n: _handled() == n, within=WITHIN, what="it is billed")
            seen.append(_sessions())

        assert seen[0]
        assert seen[0] == seen[1] == seen[2]

    def test_a_worker_outlives_its_queue(self, engine: Engine) -> None:
        engine.start("worker-1")
        factories.order(factories.customer(factories.seller()))
        engine.wait_until(lambda: _handled() == 1, within=WITHIN, what="it is at work")
        billing = _billing()

        billing.client.delete_queue(QueueUrl=billing.url)
        said = "Queue billing can't be asked"
        engine.wait_until(lambda: said in engine.tails(), within=30, what="it was noticed")
        time.sleep(4)
        create_queues()
        factories.order(factories.customer(factories.seller()))
        dispatch.publish(Event.objects.filter(type="order.placed", state="waiting"))

        engine.wait_until(lambda: _handled() == 2, within=WITHIN, what="it goes on")
        assert engine.died() == []
        assert engine.tails().count(said) == 1
        assert "Queue billing answers again" in engine.tails()


def _three_messages() -> None:
    for _ in range(3):
        _blocked_order()
    dispatch.publish(Event.objects.filter(type="order.placed"), alone=True)


@contextmanager
def _one_begun_and_one_waiting(engine: Engine) -> Iterator[None]:
    """A worker with all that it takes at once: two messages, of which it can't end the first."""
    with transaction.atomic():
        list(Event.objects.select_for_update())
        engine.start("worker-1")
        engine.wait_until(_someone_waits_for_a_lock, within=WITHIN, what="one is begun")
        engine.wait_until(lambda: _in_flight() == 2, within=WITHIN, what="it has both")
        yield


def _blocked_order() -> Order:
    """An order whose event isn't sent by anybody yet."""
    dispatch._Outage.until = float("inf")
    try:
        return factories.order(factories.customer(factories.seller()))
    finally:
        dispatch._Outage.until = 0.0


def _lock(order: Order) -> None:
    Event.objects.select_for_update().get(stream_id=order.pk)


def _sessions() -> set[int]:
    """The sessions of others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cursor.fetchall()}


def _someone_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def _handled() -> int:
    return Event.objects.filter(state="handled", type="order.placed").count()


def _billing() -> Queue:
    with current_app.connection_for_write() as broker:
        channel = broker.default_channel
        return Queue(channel.sqs(), channel.canonical_queue_name("billing"))


def _in_flight() -> int:
    queue = _billing()
    answer = queue.client.get_queue_attributes(
        QueueUrl=queue.url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessagesNotVisible"])
