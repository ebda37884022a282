"""The app `invoices`: what was charged and demanded, and how it got there."""

from django.apps import AppConfig

from billing.staff.languages import translate_labels


class InvoicesConfig(AppConfig):
    """Charges, invoices, and the proof that they are right."""

    name = "invoices"

    def ready(self) -> None:
        """Have labels of models translated, once they are there."""
        translate_labels(self)
