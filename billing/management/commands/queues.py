"""`manage.py queues`: what lies in the broker's queues; creates them if asked to."""

from typing import Any

from botocore.exceptions import ClientError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.events.queues import create_queues, depths


class Command(BaseCommand):
    """Print how many messages the queues hold; `--create` makes them before, or sets them right."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what can be told."""
        parser.add_argument(
            "--create",
            action="store_true",
            help="create the queues with their dead-letter queues, or set their attributes right",
        )

    def handle(self, *, create: bool, **_: Any) -> None:
        """
        Create and print.

        :raises CommandError: if a queue isn't there, or may not be looked at.
        """
        if create:
            create_queues()
        try:
            found = depths()
        except ClientError as error:
            raise CommandError(
                f"{error} Are the queues made? `manage.py queues --create`"
            ) from None
        for name, depth in found.items():
            taken = f", {depth.in_flight} taken by workers" if depth.in_flight else ""
            self.stdout.write(f"{name}: {depth.waiting} waiting{taken}")
