"""`manage.py replay`: retries what failed."""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.events.commands import retry
from billing.events.models import Failure
from billing.management.recorded import RecordedCommand
from billing.sellers.queries import SellerUnclear, find_seller


class Command(RecordedCommand):
    """Retry open failures: of one event, of a class, of a seller, or all."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to retry."""
        parser.add_argument("event", nargs="*", help="ids of events, transactions or failures")
        parser.add_argument("--all", action="store_true", help="every open failure")
        parser.add_argument("--class", dest="code", help="only of this class, e.g. price_missing")
        parser.add_argument("--seller", help="only of this seller, by name or id")
        parser.add_argument("--why", default="", help="noted on the failure")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, **options: Any) -> None:
        """Retry, and say how many."""
        failures = list(_chosen(options))
        if not failures:
            self.stdout.write("Nothing to retry: no open failure is meant.")
            return
        for failure in failures:
            self.stdout.write(f"{failure.event_id}  {failure.code}: {failure.reason}")
        if options["dry_run"]:
            self.stdout.write(f"{len(failures)} would be retried.")
            return
        ids = [failure.id for failure in failures]
        count = retry(failure_ids=ids, by="manage.py replay", at=timezone.now(), why=options["why"])
        self.stdout.write(f"{count} retried: the workers take them from here.")


def _chosen(options: dict[str, Any]) -> QuerySet[Failure]:
    failures = Failure.objects.filter(state=Failure.State.OPEN).order_by("-priority", "opened_at")
    if not (options["event"] or options["all"] or options["code"]):
        raise CommandError("Say what to retry: ids, --class or --all (with --dry-run to look).")
    if options["event"]:
        ids = [_uuid(text) for text in options["event"]]
        failures = failures.filter(
            Q(pk__in=ids) | Q(event_id__in=ids) | Q(event__transaction_id__in=ids)
        )
        if not failures.exists():
            raise CommandError("No open failure belongs to these ids: see the list of failures.")
    if options["code"]:
        failures = _of_class(failures, options["code"])
    if options["seller"]:
        try:
            failures = failures.filter(seller=find_seller(options["seller"]))
        except SellerUnclear as unclear:
            raise CommandError(str(unclear)) from unclear
    return failures


def _of_class(failures: QuerySet[Failure], code: str) -> QuerySet[Failure]:
    if not Failure.objects.filter(code=code).exists():
        opened = sorted(set(failures.order_by().values_list("code", flat=True)))
        raise CommandError(
            f"Nothing ever failed as {code!r}. Open are: {', '.join(opened) or 'none'}."
        )
    return failures.filter(code=code)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is not the id of an event or failure (a UUID).") from error
