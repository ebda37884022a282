"""`manage.py create_api_key`: a key by which an app acts for a seller."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from billing.management.recorded import RecordedCommand
from billing.scopes import ALL_SCOPES, EVERYTHING, READ_ONLY
from billing.sellers.commands import ApiKeyRefused, Rights, create_api_key
from billing.sellers.queries import SellerUnclear, find_seller


class Command(RecordedCommand):
    """Make an API key and print it, this once."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take for whom and what for."""
        parser.add_argument("--seller", help="name or id; not needed if there is only one")
        parser.add_argument("--name", required=True, help="what will use the key")
        parser.add_argument(
            "--scopes",
            default=EVERYTHING,
            help=f"comma-separated, for example customers:read,orders:write; {EVERYTHING} for"
            f" everything (the default), {READ_ONLY} to read everything. Known:"
            f" {', '.join(ALL_SCOPES)}".replace("%", "%%"),
        )
        parser.add_argument(
            "--expires", type=_moment, help="moment with its offset: 2027-01-01T00:00:00+01:00"
        )
        parser.add_argument(
            "--network",
            action="append",
            default=[],
            help="that it may be used from: 198.51.100.0/24; may be given several times",
        )

    def handle(self, **options: Any) -> None:
        """Make and print."""
        if not options["name"].strip():
            raise CommandError("Say by --name what will use the key.")
        try:
            seller = find_seller(options["seller"])
        except SellerUnclear as unclear:
            raise CommandError(str(unclear)) from unclear
        rights = Rights(
            scopes=tuple(scope.strip() for scope in options["scopes"].split(",")),
            networks=tuple(options["network"]),
            expires_at=options["expires"],
        )
        try:
            _, key = create_api_key(
                seller=seller, name=options["name"], rights=rights, at=timezone.now()
            )
        except ApiKeyRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(key)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("it lacks its offset")
    return moment
