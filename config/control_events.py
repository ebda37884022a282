"""Sends a process's events over the control plane, without ever holding the process up."""

import atexit
import contextlib
import itertools
import logging
import os
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from celery import Celery
from celery.events.event import get_exchange
from kombu import Connection, Producer

logger = logging.getLogger(__name__)

WAITING_EVENTS = 10_000  # Redis has been away for long: then new ones are dropped.
BATCH = 200
GATHER_SECONDS = 0.05
GOODBYE_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # Seconds between attempts to connect.
TIMEOUTS = {"socket_connect_timeout": 2.0, "socket_timeout": 10.0}

Event = dict[str, Any]


def control_connection(app: Celery) -> Connection:
    """Return a new connection to the control plane; it connects when it is first used."""
    return Connection(
        app.conf.control_plane_url,
        connect_timeout=TIMEOUTS["socket_connect_timeout"],
        transport_options=TIMEOUTS,
    )


class EventSender:
    """Sends the events of this process in a thread: `put` never waits and never fails."""

    def __init__(self, app: Celery) -> None:
        """Nothing happens before the first event."""
        self._app = app
        self._thread: threading.Thread | None = None
        self._dropped = 0
        self._pause = FIRST_PAUSE
        self._begin_anew()
        # A forked child has neither our thread nor our connection.
        os.register_at_fork(after_in_child=self._begin_anew)

    def put(self, events: Event | list[Event], routing_key: str) -> None:
        """Send one event or several soon; drop them if too many are waiting."""
        self._start()
        several = events if isinstance(events, list) else [events]
        try:
            self._waiting.put_nowait((several, routing_key))
        except queue.Full:
            self._dropped += 1

    def flush(self) -> None:
        """Give the events that wait a moment to leave, unless Redis is away."""
        deadline = time.monotonic() + GOODBYE_SECONDS
        while self._waiting.unfinished_tasks and self._pause == FIRST_PAUSE:
            if time.monotonic() > deadline:
                return
            time.sleep(0.02)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="events", daemon=True)
                with contextlib.suppress(RuntimeError):  # The process is ending.
                    self._thread.start()
                    atexit.register(self.flush)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._waiting: queue.Queue[tuple[list[Event], str]] = queue.Queue(WAITING_EVENTS)
        self._thread = None
        self._unsent: list[tuple[list[Event], str]] = []
        self._dropped = 0
        self._pause = FIRST_PAUSE

    def _run(self) -> None:
        while True:
            connection = control_connection(self._app)
            try:
                with connection:
                    self._send_all(connection)
            except connection.connection_errors as error:
                if self._pause == FIRST_PAUSE:
                    logger.warning("The control plane is away, events wait: %r", error)
            except Exception:  # Whatever it is: the work goes on.
                logger.exception("Events were dropped")
                self._finish()
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            time.sleep(self._pause)

    def _send_all(self, connection: Connection) -> None:
        exchange = get_exchange(connection, name=self._app.conf.event_exchange)
        producer = Producer(
            connection, exchange, serializer=self._app.conf.event_serializer, auto_declare=False
        )
        while True:
            self._unsent = self._unsent or self._next()
            for events, routing_key in _merged(self._unsent):
                producer.publish(
                    events, routing_key=routing_key, declare=[exchange], delivery_mode=1
                )
            self._finish()
            self._tell_recovery()

    def _finish(self) -> None:
        for _ in self._unsent:
            self._waiting.task_done()
        self._unsent = []

    def _next(self) -> list[tuple[list[Event], str]]:
        batch = [self._waiting.get()]
        time.sleep(GATHER_SECONDS)  # One message for what comes close together: far cheaper.
        while len(batch) < BATCH and not self._waiting.empty():
            batch.append(self._waiting.get())
        return batch

    def _tell_recovery(self) -> None:
        if self._pause > FIRST_PAUSE:
            logger.info("The control plane is back; %d events were dropped", self._dropped)
        self._pause, self._dropped = FIRST_PAUSE, 0


def _merged(
    batch: Iterable[tuple[list[Event], str]],
) -> Iterator[tuple[Event | list[Event], str]]:
    # Receivers take a list of events under `task.multi` alone.
    for is_task, group in itertools.groupby(batch, key=lambda sent: sent[1].startswith("task.")):
        if is_task:
            yield [event for events, _ in group for event in events], "task.multi"
        else:
            yield from ((event, routing_key) for events, routing_key in group for event in events)
