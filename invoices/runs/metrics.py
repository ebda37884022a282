"""Gauges of the billing runs that run, for Prometheus: read from the database when it asks."""

import logging
from collections.abc import Iterator

from django.db import Error
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from invoices.runs.queries import progress, running, together

logger = logging.getLogger(__name__)


class RunsCollector(Collector):
    """All sellers' runs together, by kind: labels name no seller and no run."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Name the gauges, without asking the database."""
        return list(_gauges().values())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges; none while the database is away."""
        gauges = _gauges()
        try:
            runs = list(running())
            at = timezone.now()
            for kind in sorted({run.kind for run in runs}):
                mine = [progress(run, at=at) for run in runs if run.kind == kind]
                found = together(mine)
                gauges["runs"].add_metric([kind], len(mine))
                gauges["total"].add_metric([kind], found.total)
                gauges["done"].add_metric([kind], found.done)
                gauges["failed"].add_metric([kind], found.failed)
                gauges["rate"].add_metric([kind], sum(each.per_second for each in mine))
        except Error:
            logger.warning("No figures of billing runs: the database is away", exc_info=True)
            return
        yield from gauges.values()


def register() -> None:
    """Have the process' metrics tell of billing runs."""
    REGISTRY.register(RunsCollector())


def _gauges() -> dict[str, GaugeMetricFamily]:
    told = {
        "runs": "Billing runs of which something waits",
        "total": "Events of these runs",
        "done": "Events of these runs that are billed or written off",
        "failed": "Events of these runs that failed",
        "rate": "Events of these runs settled per second since their start",
    }
    names = {"runs": "anlass_billing_runs", "rate": "anlass_billing_run_events_per_second"}
    return {
        key: GaugeMetricFamily(
            names.get(key, f"anlass_billing_run_events_{key}"), text, labels=["kind"]
        )
        for key, text in told.items()
    }
