"""`manage.py import_exchange_rates`: rates of exchange from a file, for VAT in other currencies."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from billing.exchange.commands import (
    NewRate,
    RateRefused,
    Recorded,
    import_own_rates,
    import_published_rates,
)
from billing.exchange.files import RatesUnreadable, rates_in
from billing.management.arguments import day
from billing.management.recorded import RecordedCommand
from billing.sellers.queries import SellerUnclear, find_seller

SHOWN_AT_MOST = 20


class Command(RecordedCommand):
    """Record the rates of a file, all or none; what is there already is passed over."""

    help = (
        "Record rates of exchange: the ECB's eurofxref-hist.csv, or a CSV file with the columns"
        " currency, rate (units of it for one euro) and day or month. Rates of days are the ECB's,"
        " those of months the BMF's; with --seller they are the seller's own, with their source."
        " Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and whose rates they are."""
        parser.add_argument("file", type=Path, help="comma separated, UTF-8")
        parser.add_argument("--seller", help="whose own rates they are, by name or id")
        parser.add_argument("--source", default="", help="of own rates, if no column says it")
        parser.add_argument("--since", type=day, help="first day that is wanted")

    def handle(
        self, *, file: Path, seller: str | None, source: str, since: date | None, **_: Any
    ) -> None:
        """Record them, and say how many were new."""
        at = timezone.now()
        try:
            rates = list(_wanted(file, source=source, since=since))
            with transaction.atomic():
                if seller is None:
                    recorded = import_published_rates(rates=rates, at=at)
                else:
                    own, by = find_seller(seller), "import_exchange_rates"
                    recorded = import_own_rates(seller=own, rates=rates, by=by, at=at)
        except (RatesUnreadable, RateRefused, SellerUnclear) as refused:
            raise CommandError(str(refused)) from refused
        self._tell(recorded)

    def _tell(self, recorded: Recorded) -> None:
        for each in recorded.different[:SHOWN_AT_MOST]:
            self.stderr.write(f"Differs, and stays as it is: {each}")
        if (more := len(recorded.different) - SHOWN_AT_MOST) > 0:
            self.stderr.write(f"… and {more:,} more that differ")
        told = f"{recorded.new:,} rates new, {recorded.already_there:,} already there"
        self.stdout.write(told)


def _wanted(file: Path, *, source: str, since: date | None) -> Iterator[NewRate]:
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} can't be read: {error}.") from error
    for each in rates_in(io.StringIO(text)):
        if since is None or each.day >= since:
            yield replace(each, source=each.source or source)
