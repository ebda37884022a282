"""`manage.py archive_attempts`: old tries leave the database for compressed files."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from billing.events.archiving import Stopped, TooYoung, archive_next
from billing.management.arguments import day
from billing.management.recorded import RecordedCommand
from billing.sellers.models import Seller
from billing.sellers.queries import SellerUnclear, find_seller


class Command(RecordedCommand):
    """Move tries of events that were recorded before a day (UTC) into the storage of documents."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the day, and of whom."""
        parser.add_argument("--before", type=day, required=True, help="YYYY-MM-DD")
        parser.add_argument("--seller", help="name or id; else all that aren't in test mode")

    def handle(self, *, before: date, seller: str | None, **_: Any) -> None:
        """Archive file by file, and say what stays."""
        try:
            sellers = _sellers(seller)
            if not sellers:
                raise CommandError("All sellers are in test mode: name one by --seller.")
            for each in sellers:
                self._archive(each, datetime.combine(before, time(), UTC))
        except (SellerUnclear, TooYoung) as refusal:
            raise CommandError(str(refusal)) from refusal

    def _archive(self, seller: Seller, before: datetime) -> None:
        while True:
            done = archive_next(seller_id=seller.pk, before=before, at=timezone.now())
            if isinstance(done, Stopped):
                break
            self.stdout.write(f"{seller}: {done.attempts:,} tries into {done.storage_name}")
        if done.event is not None:
            self.stdout.write(
                f"{seller}: what follows stays until {done.event.type} {done.event.pk} of"
                f" {done.event.recorded_at:%Y-%m-%d} is settled: it is {done.event.state}."
            )


def _sellers(named: str | None) -> list[Seller]:
    if named is not None:
        return [find_seller(named)]
    return list(Seller.objects.filter(is_test=False).order_by("name"))
