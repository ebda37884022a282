"""`manage.py create_api_key`: a key by which an app acts for a seller."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.sellers.commands import create_api_key
from billing.sellers.queries import SellerUnclear, find_seller


class Command(BaseCommand):
    """Make an API key and print it, this once."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take for whom and what for."""
        parser.add_argument("--seller", help="name or id; not needed if there is only one")
        parser.add_argument("--name", required=True, help="what will use the key")

    def handle(self, **options: Any) -> None:
        """Make and print."""
        if not options["name"].strip():
            raise CommandError("Say by --name what will use the key.")
        try:
            seller = find_seller(options["seller"])
        except SellerUnclear as unclear:
            raise CommandError(str(unclear)) from unclear
        _, key = create_api_key(seller=seller, name=options["name"], at=timezone.now())
        self.stdout.write(key)
