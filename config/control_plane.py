"""
Worker events and remote control over Redis, while tasks travel over SQS.

SQS has no fan-out, so over it Celery neither sends events (Flower would see nothing) nor hears
commands. Both go over a second connection, named by the setting `control_plane_url`. Monitoring
must never stop the work: all that talks to Redis does so in a thread of its own, and with Redis
away tasks are still published and run.

Flower watches this plane alone: `celery -A config.celery -b $REDIS_URL flower`.
"""

import contextlib
import logging
import threading
from concurrent.futures import Future
from typing import Any

from celery import Celery, bootsteps
from celery.app.control import Control
from celery.app.events import Events
from celery.events.dispatcher import EventDispatcher
from celery.worker import pidbox, state
from celery.worker.consumer.tasks import Tasks
from kombu import Connection
from kombu.pidbox import Mailbox, Node

from config.control_events import FIRST_PAUSE, LONGEST_PAUSE, EventSender, control_connection

logger = logging.getLogger(__name__)

CONNECT_WITHIN = 5  # Seconds for whoever sends a command.
COMMAND_SECONDS = 10.0
STOP_WITHIN = 2.0


class ControlPlaneCelery(Celery):
    """A Celery application whose events and remote control travel over `control_plane_url`."""

    events_cls = "config.control_plane:ControlPlaneEvents"
    control_cls = "config.control_plane:ControlPlaneControl"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take the arguments of Celery. Settings are not read yet."""
        super().__init__(*args, **kwargs)
        self.event_sender = EventSender(self)
        self.steps["consumer"].add(ControlPlaneStep)


class ControlPlaneDispatcher(EventDispatcher):
    """Hands events to the process's sender instead of publishing them to the broker."""

    app: ControlPlaneCelery

    def _publish(self, event: Any, _producer: Any, routing_key: str, **_options: Any) -> None:
        self.app.event_sender.put(event, routing_key)

    def close(self) -> None:
        """Let the latest events go, among them that the worker is leaving."""
        self.app.event_sender.flush()
        super().close()


class ControlPlaneEvents(Events):
    """Celery's `app.events`, with our dispatcher."""

    dispatcher_cls = "config.control_plane:ControlPlaneDispatcher"


class ControlPlaneNode(Node):
    """A worker's end of the mailbox. Commands run in the worker's main loop, as they must."""

    def handle(self, method: str, arguments: dict[str, Any] | None = None) -> Any:
        """Run a command that the listening thread has received, and return its answer."""
        assert self.state is not None
        hub = self.state.consumer.hub
        if hub is None:  # A pool without an event loop.
            return super().handle(method, arguments)
        answer: Future[Any] = Future()
        hub.call_soon(self._answer, answer, method, arguments)
        return answer.result(timeout=COMMAND_SECONDS)

    def _answer(self, answer: Future[Any], method: str, arguments: dict[str, Any] | None) -> None:
        try:
            answer.set_result(super().handle(method, arguments))
        except Exception as error:  # The one who asked hears of it.
            answer.set_exception(error)
        except SystemExit:
            answer.set_result(None)
            raise  # The command `shutdown`: the main loop ends.


class ControlPlaneMailbox(Mailbox):
    """Sends on the connection it is given, never on one of the pool for tasks."""

    node_cls = ControlPlaneNode
    producer_pool = None


class ControlPlaneControl(Control):
    """Celery's `app.control`, over the control plane."""

    Mailbox = ControlPlaneMailbox

    def broadcast(self, command: Any, *args: Any, **kwargs: Any) -> Any:
        """
        Send a command to the workers, and collect the answers if `reply` is given.

        :raises kombu.exceptions.OperationalError: if Redis is away, after a few seconds.
        """
        with control_connection(self.app) as connection:
            connection.ensure_connection(max_retries=1, timeout=CONNECT_WITHIN)
            kwargs["connection"] = connection
            return super().broadcast(command, *args, **kwargs)

    def _after_fork(self) -> None:
        """Do nothing: there is no pool of producers to forget."""


class ControlPlaneBox(pidbox.Pidbox):
    """Listens for commands in a thread of its own."""

    def start(self, c: Any) -> None:
        """Begin to listen."""
        self._end = threading.Event()
        self._thread = threading.Thread(
            target=self._listen, args=(c, self._end), name="pidbox", daemon=True
        )
        self._thread.start()

    def stop(self, c: Any) -> None:
        """Listen no more."""
        self._end.set()
        self._thread.join(timeout=STOP_WITHIN)

    def reset(self) -> None:
        """Connect anew: an answer could not be sent."""
        self._is_broken = True

    def _listen(self, c: Any, end: threading.Event) -> None:
        pause = FIRST_PAUSE
        while not end.is_set():
            try:
                with control_connection(c.app) as connection:
                    self._subscribe(c, connection)
                    pause = FIRST_PAUSE
                    self._hear(connection, end)
            except SystemExit as request:  # The command `shutdown`, in a pool without main loop.
                state.should_stop = request.code or 0  # type: ignore[assignment]
                return
            except Exception as error:  # Whatever it is: the work goes on.
                logger.warning("The control plane is away, no remote control: %r", error)
                pause = min(pause * 2, LONGEST_PAUSE)
                end.wait(pause)

    def _subscribe(self, c: Any, connection: Connection) -> None:
        self.node.channel = connection.channel()
        self.consumer = self.node.listen(callback=self.on_message)
        self.consumer.on_decode_error = c.on_decode_error
        self._is_broken = False

    def _hear(self, connection: Connection, end: threading.Event) -> None:
        while not (end.is_set() or self._is_broken):
            with contextlib.suppress(TimeoutError):
                connection.drain_events(timeout=1.0)


class ControlPlaneStep(bootsteps.StartStopStep):
    """The worker's part that listens for commands."""

    requires = (Tasks,)

    def __init__(self, c: Any, **kwargs: Any) -> None:
        """Take the worker's consumer."""
        self._box = ControlPlaneBox(c)
        super().__init__(c, **kwargs)

    def start(self, parent: Any) -> None:
        """Begin to listen."""
        self._box.start(parent)

    def stop(self, parent: Any) -> None:
        """Listen no more; the worker connects to the broker anew, or leaves."""
        self._box.stop(parent)

    def shutdown(self, parent: Any) -> None:
        """Listen no more."""
        self._box.stop(parent)

    def include_if(self, c: Any) -> bool:
        """Return whether the worker may be controlled."""
        return bool(c.app.conf.worker_enable_remote_control)
