"""The app `billing`: what is owed, and why."""

from django.apps import AppConfig
from django.utils.module_loading import import_string

from billing.staff.languages import translate_labels


class BillingConfig(AppConfig):
    """Facts about sellers, customers, prices, contracts and orders, and the log of events."""

    name = "billing"

    def ready(self) -> None:
        """Connect the hooks; by name, since models can't be imported before Django is ready."""
        import_string("billing.hooks.connect")()
        translate_labels(self)
        import_string("billing.copying.AnyOf")  # A lookup that all models have.
