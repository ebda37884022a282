"""
The figures of how the installation stands, by the parts that they come from.

A part that is away is told as such; the others are told all the same.
"""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import Redis

from billing.events.queries import relay_lag
from billing.events.queues import DEAD, depths
from billing.monitoring.looks import Look, impatient
from invoices.monitoring import queries
from invoices.runs.metrics import RunsCollector

logger = logging.getLogger(__name__)

STATEMENT_SECONDS = 2.0
PART_SECONDS = 8.0  # Less than Prometheus waits.


class StateCollector(Collector):
    """Asks all parts at once, and answers for some seconds from what they said."""

    def __init__(self) -> None:
        """Nothing is asked yet."""
        self._lock = threading.Lock()
        self._found: list[Metric] = []
        self._until = 0.0

    def describe(self) -> list[Metric]:
        """Name nothing: that would ask the parts."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Return the figures of all parts that answer, and which do."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = _look()
                self._until = time.monotonic() + settings.METRICS_KEPT_SECONDS
            return self._found


def _look() -> list[Metric]:
    up = GaugeMetricFamily(
        "anlass_exporter_up", "Whether a part of the installation answered.", labels=["part"]
    )
    found: list[Metric] = [up]
    asked = {part: look.begin() for part, look in _PARTS.items()}
    deadline = time.monotonic() + PART_SECONDS
    for part, answer in asked.items():
        try:
            found += answer.result(timeout=max(deadline - time.monotonic(), 0.0))
        except Exception as error:  # Whatever it is: the page tells that the part is away.
            logger.warning("No figures of the %s: %r", part, error)
            up.add_metric([part], 0)
        else:
            up.add_metric([part], 1)
    return found


def _of_database() -> Iterator[Metric]:
    with impatient(STATEMENT_SECONDS):
        yield from _of_log()
        yield from _of_failures()
        yield from _of_verification()
        yield _gauge(
            "anlass_deliveries_waiting",
            "Deliveries that wait for a first try (waiting) or for another (failed).",
            ("channel", "state"),
            queries.deliveries_waiting(),
        )
        yield from RunsCollector().collect()


def _of_log() -> Iterator[Metric]:
    at = timezone.now()
    ages = {(queue,): age for queue, age in queries.oldest_waiting(at=at).items()}
    counts = {(queue,): count for queue, count in queries.waiting().items()}
    lags = {
        ("facts",): relay_lag(at=at).total_seconds(),
        ("bulk",): queries.bulk_unsent_since(at=at),
    }
    most = f"{queries.COUNTED_AT_MOST:,}"
    yield _gauge(
        "anlass_oldest_event_age_seconds",
        "How long the oldest event that isn't handled waits; 0 where none does.",
        ("queue",), ages,
    )  # fmt: skip
    yield _gauge(
        "anlass_events_waiting", f"Events that wait; {most} at most are counted.",
        ("queue",), counts,
    )  # fmt: skip
    yield _gauge(
        "anlass_relay_lag_seconds",
        "For how long something is due to be sent and isn't; bulk waits for its window, too.",
        ("kind",), lags,
    )  # fmt: skip


def _of_failures() -> Iterator[Metric]:
    counts: dict[tuple[str, ...], float] = {}
    at_stake: dict[tuple[str, ...], float] = {}
    for each in queries.open_failures():
        kind = (each.code, each.band)
        counts[kind] = counts.get(kind, 0) + each.count
        if each.currency:
            at_stake[each.currency,] = at_stake.get((each.currency,), 0) + each.at_stake
    yield _gauge("anlass_failures_open", "Failures before a human.", ("class", "priority"), counts)
    yield _gauge(
        "anlass_failures_money_at_stake", "Net of what failed, in units of the currency.",
        ("currency",), at_stake,
    )  # fmt: skip


def _of_verification() -> Iterator[Metric]:
    latest = queries.latest_verification()
    if latest is None:
        return
    age = max((timezone.now() - latest.ended_at).total_seconds(), 0.0)
    found = {(check,): float(count) for check, count in latest.found.items()}
    yield _gauge("anlass_verification_age_seconds", "Since the latest proof.", (), {(): age})
    yield _gauge(
        "anlass_verification_ok", "Whether the latest proof of all books found nothing wrong.",
        (), {(): float(latest.is_proven)},
    )  # fmt: skip
    yield _gauge("anlass_verification_findings", "What it found, by check.", ("check",), found)


def _of_broker() -> Iterator[Metric]:
    lying: dict[tuple[str, ...], float] = {}
    dead: dict[tuple[str, ...], float] = {}
    for name, depth in depths().items():
        queue = name.removeprefix(settings.BROKER_QUEUE_PREFIX)
        if queue.endswith(DEAD):
            dead[queue.removesuffix(DEAD),] = depth.waiting + depth.in_flight
            continue
        lying[queue, "visible"] = depth.waiting
        lying[queue, "in_flight"] = depth.in_flight
        lying[queue, "delayed"] = depth.delayed
    yield _gauge("anlass_queue_messages", "Messages in the broker.", ("queue", "state"), lying)
    yield _gauge("anlass_dead_letters", "Messages that nobody could finish.", ("queue",), dead)


def _of_redis() -> Iterator[Metric]:
    url = settings.CELERY_CONTROL_PLANE_URL
    with Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=2.0) as client:
        client.ping()
    yield from ()


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> Metric:
    """Return a gauge with values by what is given for its labels."""
    gauge = GaugeMetricFamily(name, text, labels=labels)
    for given, value in values.items():
        gauge.add_metric(given, value)
    return gauge


_PARTS: dict[str, Look[list[Metric]]] = {
    "database": Look("figures-database", lambda: list(_of_database())),
    "broker": Look("figures-broker", lambda: list(_of_broker())),
    "redis": Look("figures-redis", lambda: list(_of_redis())),
}
