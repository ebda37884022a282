"""
A worker's heartbeat: its main loop goes round, and it asks the broker or has something to do.

A loop that goes round isn't enough: a worker whose long poll hangs, or ended with a fault that
nobody took up, would look alive and do nothing for ever.
"""

from typing import Any

from celery import bootsteps
from celery.worker import state
from celery.worker.consumer.tasks import Tasks

from billing.monitoring.heartbeat import beat

BEAT_EVERY_SECONDS = 5.0
# A long poll takes 10 s; a queue that refuses to be asked is asked again after 30.
ASKED_WITHIN_SECONDS = 60.0


class HeartbeatStep(bootsteps.StartStopStep):
    """The worker's part that beats its heart."""

    requires = (Tasks,)

    def __init__(self, c: Any, **kwargs: Any) -> None:
        """Take the worker's consumer."""
        self._timer: Any = None
        super().__init__(c, **kwargs)

    def start(self, parent: Any) -> None:
        """Beat from now on."""
        self._beat(parent)
        if parent.hub is not None:  # A pool without a main loop has no heart.
            self._timer = parent.hub.call_repeatedly(BEAT_EVERY_SECONDS, self._beat, parent)

    def stop(self, parent: Any) -> None:
        """Beat no more: the worker connects anew, or leaves."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self, c: Any) -> None:
        if state.reserved_requests or _asks(c.task_consumer.channel):
            beat(c.hostname.partition("@")[0])


def _asks(channel: Any) -> bool:
    asked_ago = getattr(channel, "asked_ago", None)
    return asked_ago is None or asked_ago() <= ASKED_WITHIN_SECONDS
