"""`manage.py export_datev`: the postings of some months, for the tax adviser."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from billing.management.arguments import day
from billing.management.recorded import RecordedCommand
from billing.money import from_minor
from billing.sellers.queries import SellerUnclear, find_seller
from invoices.reports.commands import assign_debtors
from invoices.reports.extf import TooManyRows
from invoices.reports.models import CHARTS, Bookkeeping
from invoices.reports.queries.accounts import AccountMissing
from invoices.reports.queries.datev import AmountNotExact, DatevFile, datev_files


class Command(RecordedCommand):
    """Write a file of postings for each month, and one of the customers."""

    help = "Write the postings of documents in DATEV format (EXTF), a file per month."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seller", help="name or id; not needed if there is only one")
        parser.add_argument("--from", type=day, required=True, help="first day of issue")
        parser.add_argument("--to", type=day, required=True, help="last day of issue")
        parser.add_argument("--skr", choices=[chart for chart, _ in CHARTS], help="another chart")
        parser.add_argument("--output", type=Path, default=Path(), help="folder; default: here")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["to"] < options["from"]:
            raise CommandError("--to is before --from.")
        sums: defaultdict[str, int] = defaultdict(int)
        try:
            books = _books(options["seller"])
            at = timezone.now()
            assign_debtors(books=books, at=at)
            for file in datev_files(
                books,
                first_day=options["from"],
                last_day=options["to"],
                chart=options["skr"],
                at=at,
            ):
                self._write(file, options["output"])
                for currency, amount in file.sums.items():
                    sums[currency] += amount
        except (SellerUnclear, AccountMissing, AmountNotExact, TooManyRows) as refusal:
            raise CommandError(str(refusal)) from refusal
        shown = ", ".join(f"{from_minor(sums[each], each):f} {each}" for each in sorted(sums))
        self.stdout.write(f"Sum of the postings: {shown or '0'}, gross, as of the documents.")

    def _write(self, file: DatevFile, folder: Path) -> None:
        path = folder / file.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}.") from error
        self.stdout.write(f"{path}: {file.rows:,} rows")


def _books(named: str | None) -> Bookkeeping:
    seller = find_seller(named)
    books = Bookkeeping.objects.select_related("seller").filter(seller=seller).first()
    if books is None:
        raise CommandError(
            f"{seller.name} has no bookkeeping yet: enter the numbers of the tax adviser in the "
            "admin (Books → Bookkeeping)."
        )
    return books
