"""`manage.py queues`: creates the broker's queues with their dead-letter queues."""

from django.core.management.base import BaseCommand

from billing.events.queues import create_queues, depths


class Command(BaseCommand):
    """Create the queues, or set them right, and print how many messages they hold."""

    help = __doc__

    def handle(self, **_: object) -> None:
        """Create and print."""
        create_queues()
        for name, depth in depths().items():
            self.stdout.write(f"{name}: {depth}")
