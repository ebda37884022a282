"""`manage.py rebuild_usage`: rolls up the records of usage anew."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.management.recorded import RecordedCommand
from billing.sellers.models import Seller
from billing.sellers.queries import SellerUnclear, find_seller
from billing.usage.commands import rebuild


class Command(RecordedCommand):
    """Roll up the records of all sellers, or of one, anew; usage that comes meanwhile waits."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose."""
        parser.add_argument("--seller", help="only of this seller, by name or id")

    def handle(self, *, seller: str | None, **_: Any) -> None:
        """Rebuild, seller by seller, and say how many buckets there are."""
        try:
            sellers = [find_seller(seller)] if seller else list(Seller.objects.order_by("name"))
        except SellerUnclear as unclear:
            raise CommandError(str(unclear)) from unclear
        for each in sellers:
            count = rebuild(sellers=[each])
            self.stdout.write(f"{each}: {count} {'bucket' if count == 1 else 'buckets'}")
