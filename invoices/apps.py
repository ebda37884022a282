"""The app `invoices`: what was charged and demanded, and how it got there."""

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    """Charges, invoices, and the proof that they are right."""

    name = "invoices"
