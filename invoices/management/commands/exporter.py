"""`manage.py exporter`: shows how the installation stands, for Prometheus."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from prometheus_client import CollectorRegistry

from billing.events.loop import Loop
from invoices.monitoring.metrics import StateCollector

BEAT_EVERY_SECONDS = 5.0


class Command(BaseCommand):
    """
    Show what waits, what failed and what is at stake, on a page at METRICS_PORT.

    One for the whole installation: two would tell each figure twice.
    """

    help = __doc__

    def handle(self, **_: object) -> None:
        """
        Answer until told to stop.

        :raises CommandError: without a port.
        """
        if not settings.METRICS_PORT:
            raise CommandError("The exporter needs a port: give METRICS_PORT.")
        figures = CollectorRegistry()
        figures.register(StateCollector())
        Loop("exporter", figures=figures).run(lambda: BEAT_EVERY_SECONDS)
