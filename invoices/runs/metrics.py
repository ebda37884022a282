"""Gauges of the billing runs that run, for Prometheus: read from the database when it asks."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from invoices.runs.queries import progress, running, together


class RunsCollector(Collector):
    """All sellers' runs together, by kind: labels name no seller and no run."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Name the gauges, without asking the database."""
        return list(_gauges().values())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """
        Yield the gauges.

        :raises django.db.Error: while the database is away.
        """
        gauges = _gauges()
        runs = list(running())
        at = timezone.now()
        for kind in sorted({run.kind for run in runs}):
            mine = [progress(run, at=at) for run in runs if run.kind == kind]
            found = together(mine)
            gauges["runs"].add_metric([kind], len(mine))
            gauges["due"].add_metric([kind], found.total)
            gauges["done"].add_metric([kind], found.done)
            gauges["failed"].add_metric([kind], found.failed)
            gauges["rate"].add_metric([kind], sum(each.per_second for each in mine))
        yield from gauges.values()


def _gauges() -> dict[str, GaugeMetricFamily]:
    told = {
        "runs": "Billing runs of which something waits",
        "due": "Events of these runs",
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
