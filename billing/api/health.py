"""What watches over a web process: whether it lives, whether it can work, its figures."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as TookTooLong

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from billing.events.queries import relay_lag
from billing.events.queues import look_at_queue
from billing.monitoring.looks import Look, impatient
from billing.monitoring.processes import registry

logger = logging.getLogger(__name__)

CHECK_SECONDS = 2.0  # So long a check may take.
KEPT_SECONDS = 2.0  # So long its answer counts: however often it is asked, it can't hurt.

Check = Callable[[], str | None]


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive; nothing else is asked."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer whether what the process needs is there: 503, which part isn't, and why, if not."""
    troubles = {part.name: trouble for part in _PARTS if (trouble := part.trouble())}
    told: Mapping[str, object] = {
        "status": "not ready" if troubles else "ready",
        "parts": {part.name: troubles.get(part.name, "ok") for part in _PARTS},
    }
    return JsonResponse(told, status=503 if troubles else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    """Show the figures of the process and of those beside it, for Prometheus."""
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


class Part:
    """Something that the process needs. While a look at it hangs, it counts as away."""

    def __init__(self, name: str, check: Check) -> None:
        """`check` returns what is wrong, None if nothing is; what it raises is wrong too."""
        self.name = name
        self._check = Look(f"ready-{name}", check)
        self._lock = threading.Lock()
        self._found: str | None = None
        self._until = 0.0

    def trouble(self) -> str | None:
        """Return what is wrong, as found by a look that is some seconds old at most."""
        with self._lock:  # Who comes meanwhile gets what is found now.
            if time.monotonic() >= self._until:
                self._found = self._look()
                self._until = time.monotonic() + KEPT_SECONDS
            return self._found

    def forget(self) -> None:
        """Look anew at the next time."""
        self._until = 0.0

    def _look(self) -> str | None:
        try:
            return self._check.begin().result(timeout=CHECK_SECONDS)
        except TookTooLong:
            return f"no answer within {CHECK_SECONDS:g} s"
        except Exception as error:  # Whatever it is, the part is away.
            # Anyone may ask: addresses and users stand in the log alone.
            logger.warning("Not ready: %s: %r", self.name, error)
            return f"away: {type(error).__name__}"


def _database() -> str | None:
    with impatient(CHECK_SECONDS), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return None


def _relay() -> str | None:
    with impatient(CHECK_SECONDS):
        lag = relay_lag(at=timezone.now()).total_seconds()
    most = settings.READY_RELAY_LAG_SECONDS
    if lag <= most:
        return None
    return f"an event waits to be sent for {lag:.0f} s; at most {most:g} s are allowed"


def _broker() -> str | None:
    look_at_queue(settings.BILLING_QUEUE)
    return None


_PARTS = (Part("database", _database), Part("broker", _broker), Part("relay", _relay))


def forget() -> None:
    """Look at all parts anew at the next time."""
    for part in _PARTS:
        part.forget()
