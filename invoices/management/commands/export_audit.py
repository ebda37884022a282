"""`manage.py export_audit`: the archive that an auditor gets."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from billing.management.arguments import day
from billing.management.recorded import RecordedCommand
from billing.sellers.models import Seller
from billing.sellers.queries import SellerUnclear, find_seller
from invoices.documents.queries.stored import StorageAway, StoredBytesDiffer
from invoices.proving.queries.verification import Listener, verify
from invoices.reports.audit.archive import Archive, TargetTaken
from invoices.reports.models import CHARTS, Bookkeeping
from invoices.reports.queries.audit import write_audit
from invoices.reports.queries.audit_period import Period

REFUSALS = (SellerUnclear, TargetTaken, StorageAway, StoredBytesDiffer, OSError)
OPEN = ("none_waits", "none_failed")  # What these find is unfinished: no stored row is wrong.
_SILENT = Listener(begins=lambda _: None, heard=lambda _: None, ended=lambda _: None)


class Command(RecordedCommand):
    """Write documents, tables, their description, hashes and the proof of the books."""

    help = "Write an archive for the auditor (GoBD, data access Z3) of a period."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seller", help="name or id; not needed if there is only one")
        parser.add_argument("--from", type=day, required=True, help="first day of issue")
        parser.add_argument("--to", type=day, required=True, help="last day of issue")
        parser.add_argument("--output", type=Path, required=True, help="new folder, or new .zip")
        parser.add_argument("--skr", choices=[chart for chart, _ in CHARTS], help="another chart")
        parser.add_argument(
            "--at",
            type=datetime.fromisoformat,
            help="instant of the proof, with offset; default: now. The same gives the same bytes.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        at = options["at"] or timezone.now()
        if options["to"] < options["from"] or at.tzinfo is None:
            raise CommandError("--to must not be before --from, and --at needs an offset.")
        try:
            seller = find_seller(options["seller"])
            with Archive(options["output"]) as archive, transaction.atomic():
                _one_moment()
                period = Period(
                    seller=seller,
                    first_day=options["from"],
                    last_day=options["to"],
                    chart=options["skr"] or _chart(seller),
                )
                proof = _proof(seller, at)
                counts = write_audit(archive, period, verification=proof, at=at)
        except REFUSALS as refusal:
            raise CommandError(str(refusal)) from refusal
        shown = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
        self.stdout.write(f"{options['output']}: {shown or 'nothing was issued'}")
        if proof["only_open"]:
            self.stderr.write(
                "Something still waits for a decision, or for a worker: see verification.json. No "
                "other check found anything."
            )
        elif not proof["ok"]:
            self.stderr.write("The books are NOT proven: see verification.json.")


def _one_moment() -> None:
    """Let all tables and the proof see the same moment, whoever writes meanwhile."""
    with connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _chart(seller: Seller) -> str:
    books = Bookkeeping.objects.filter(seller=seller).first()
    return books.chart if books else CHARTS[0][0]


def _proof(seller: Seller, at: datetime) -> dict[str, Any]:
    found = verify(sellers=[seller], at=at, listener=_SILENT)
    return {
        "ok": found.is_proven,
        "only_open": not found.is_proven
        and all(each.check.name in OPEN for each in found.results if each.found),
        "as_of": at.isoformat(),
        "checks": [
            {"name": each.check.name, "says": each.check.says, "wrong": each.found}
            for each in found.results
        ],
        "problems": [
            {"check": each.check, "object": each.object, "message": each.message}
            for each in found.problems
        ],
    }
