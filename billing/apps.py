"""The app `billing`: what is owed, and why."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class BillingConfig(AppConfig):
    """Facts about sellers, customers, prices, contracts and orders, and the log of events."""

    name = "billing"

    def ready(self) -> None:
        """Connect the hooks; by name, since models can't be imported before Django is ready."""
        import_string("billing.hooks.connect")()
        import_string("billing.copying.AnyOf")  # A lookup that all models have.
