"""The app `invoices`: what was charged and demanded, and how it got there."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class InvoicesConfig(AppConfig):
    """Charges, invoices, and the proof that they are right."""

    name = "invoices"

    def ready(self) -> None:
        """Tell of runs in the metrics; by name: models can't be imported before Django is ready."""
        import_string("invoices.runs.metrics.register")()
