"""What each kind of disturbance does, and how it is ended."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from random import Random

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway

from billing.events.models import Event
from billing.events.relay import sweep
from tests.chaos.site import WORKERS, Site
from tests.handling import handle

AWAY = (OperationalError, InterfaceError)
CLOCK_BACK = timedelta(hours=11)
# What is sent or appended by a clock that is ahead is sent again when that time has come: a message
# that is lost then is late by as much.
CLOCK_AHEAD = timedelta(seconds=5)
HANDLED_AT_MOST = 5
BROKER_FAULTS = (
    "messages_doubled",
    "messages_delayed",
    "messages_reordered",
    "messages_dropped",
    "acknowledgements_lost",
    "connections_cut",
)

Act = Callable[[Site, Random], AbstractContextManager[None]]


@contextmanager
def _killed(name: str, site: Site) -> Iterator[None]:
    if site.engine.runs(name):
        site.engine.kill(name)
    yield
    if not site.engine.runs(name):
        site.engine.start(name)


def _worker_killed(site: Site, chance: Random) -> AbstractContextManager[None]:
    return _killed(chance.choice(WORKERS), site)


def _relay_killed(site: Site, _: Random) -> AbstractContextManager[None]:
    return _killed("relay", site)


def _scheduler_killed(site: Site, _: Random) -> AbstractContextManager[None]:
    return _killed("scheduler", site)


@contextmanager
def _web_killed(site: Site, _: Random) -> Iterator[None]:
    if site.engine.runs("web"):
        site.engine.kill("web")
    yield
    site.engine.serve_soon(site.port)


@contextmanager
def _pool_child_killed(site: Site, chance: Random) -> Iterator[None]:
    site.engine.kill_child(chance.choice(WORKERS))
    yield


@contextmanager
def _database_killed(site: Site, _: Random) -> Iterator[None]:
    site.postgres.kill()
    connection.close()
    yield
    site.postgres.start()


@contextmanager
def _sessions_ended(_: Site, __: Random) -> Iterator[None]:
    with contextlib.suppress(*AWAY), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    yield


@contextmanager
def _broker_killed(site: Site, _: Random) -> Iterator[None]:
    site.sqs.kill()  # It forgets its queues; the engine has to make them anew.
    yield
    site.sqs.start()


@contextmanager
def _broker_stopped(site: Site, _: Random) -> Iterator[None]:
    site.sqs.stop()
    yield
    site.sqs.start()


def _broker_fault(fault: str) -> Act:
    @contextmanager
    def act(site: Site, _: Random) -> Iterator[None]:
        site.proxy.faults.add(fault)
        yield
        site.proxy.faults.discard(fault)

    return act


@contextmanager
def _clock_ahead(_: Site, chance: Random) -> Iterator[None]:
    _live_at(timezone.now() + CLOCK_AHEAD * chance.random())
    yield


@contextmanager
def _clock_back(_: Site, chance: Random) -> Iterator[None]:
    _live_at(timezone.now() - CLOCK_BACK * chance.random())
    yield


def _live_at(at: datetime) -> None:
    """Be a relay and a worker whose clocks are off, beside those whose clocks are right."""
    with contextlib.suppress(*AWAY), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1s'")  # A worker that is frozen holds its locks.
        with contextlib.suppress(BrokerAway):
            sweep(at=at)
        waiting = Event.objects.filter(state=Event.State.WAITING).order_by("position")
        for event in waiting[:HANDLED_AT_MOST]:
            handle(event, at=at, worker="clock-off")
    connection.close()


@contextmanager
def _disk_full(site: Site, _: Random) -> Iterator[None]:
    site.disk.fill()
    yield
    site.disk.free()


@contextmanager
def _worker_frozen(site: Site, chance: Random) -> Iterator[None]:
    name = chance.choice(WORKERS)
    is_frozen = site.engine.runs(name)
    if is_frozen:
        site.engine.freeze(name)
    yield
    if is_frozen and site.engine.runs(name):
        site.engine.thaw(name)


@contextmanager
def _two_schedulers(site: Site, _: Random) -> Iterator[None]:
    site.engine.start("scheduler-2")
    yield
    site.engine.kill("scheduler-2")


ACTS: dict[str, Act] = {
    "worker_killed": _worker_killed,
    "pool_child_killed": _pool_child_killed,
    "relay_killed": _relay_killed,
    "scheduler_killed": _scheduler_killed,
    "web_killed": _web_killed,
    "database_killed": _database_killed,
    "sessions_ended": _sessions_ended,
    "broker_killed": _broker_killed,
    "broker_stopped": _broker_stopped,
    "clock_ahead": _clock_ahead,
    "clock_back": _clock_back,
    "disk_full": _disk_full,
    "worker_frozen": _worker_frozen,
    "two_schedulers": _two_schedulers,
    **{fault: _broker_fault(fault) for fault in BROKER_FAULTS},
}
