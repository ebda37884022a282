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

AT_ONCE = 1000
SHOWN = 20


class Command(RecordedCommand):
    """Retry open failures: of one event, of a cause, of a class, of a seller, or all."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to retry."""
        parser.add_argument("event", nargs="*", help="ids of events, transactions or failures")
        parser.add_argument("--all", action="store_true", help="every open failure")
        parser.add_argument("--cause", help="only of the cause with this fingerprint")
        parser.add_argument("--class", dest="code", help="only of this class, e.g. price_missing")
        parser.add_argument("--seller", help="only of this seller, by name or id")
        parser.add_argument("--why", default="", help="noted on the failure")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, **options: Any) -> None:
        """Retry, a thousand at a time and most urgent first, and say how many."""
        chosen = _chosen(options).order_by("-priority", "opened_at", "pk")
        ids = list(chosen.values_list("pk", flat=True))
        if not ids:
            self.stdout.write("Nothing to retry: no open failure is meant.")
            return
        for failure in chosen[:SHOWN]:
            self.stdout.write(f"{failure.event_id}  {failure.code}: {failure.reason}")
        if len(ids) > SHOWN:
            self.stdout.write(f"… and {len(ids) - SHOWN} more.")
        if options["dry_run"]:
            self.stdout.write(f"{len(ids)} would be retried.")
            return
        count = sum(
            _retry(ids[begin : begin + AT_ONCE], options) for begin in range(0, len(ids), AT_ONCE)
        )
        self.stdout.write(f"{count} retried: the workers take them from here.")


def _retry(ids: list[UUID], options: dict[str, Any]) -> int:
    return retry(failure_ids=ids, by="manage.py replay", at=timezone.now(), why=options["why"])


def _chosen(options: dict[str, Any]) -> QuerySet[Failure]:
    failures = Failure.objects.filter(state=Failure.State.OPEN)
    if not any(options[name] for name in ("event", "all", "code", "cause")):
        raise CommandError(
            "Say what to retry: ids, --cause, --class or --all (with --dry-run to look)."
        )
    if options["seller"]:
        try:
            failures = failures.filter(seller=find_seller(options["seller"]))
        except SellerUnclear as unclear:
            raise CommandError(str(unclear)) from unclear
    if options["event"]:
        failures = _of_ids(failures, options["event"])
    if options["cause"]:
        failures = _of_cause(failures, options["cause"])
    return _of_class(failures, options["code"]) if options["code"] else failures


def _of_ids(failures: QuerySet[Failure], texts: list[str]) -> QuerySet[Failure]:
    ids = [_uuid(text) for text in texts]
    found = failures.filter(Q(pk__in=ids) | Q(event_id__in=ids) | Q(event__transaction_id__in=ids))
    if not found.exists():
        raise CommandError("No open failure belongs to these ids: see the list of failures.")
    return found


def _of_cause(failures: QuerySet[Failure], text: str) -> QuerySet[Failure]:
    fingerprint = _uuid(text)
    if not Failure.objects.filter(cause__fingerprint=fingerprint).exists():
        raise CommandError(f"Nothing ever failed by the cause {text}: see the inbox in the admin.")
    return failures.filter(cause__fingerprint=fingerprint)


def _of_class(failures: QuerySet[Failure], code: str) -> QuerySet[Failure]:
    if not Failure.objects.filter(code=code).exists():
        opened = sorted(set(failures.values_list("code", flat=True)))
        raise CommandError(
            f"Nothing ever failed as {code!r}. Open are: {', '.join(opened) or 'none'}."
        )
    return failures.filter(code=code)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise CommandError(
            f"{text!r} is not the id of an event or failure, nor a fingerprint (a UUID)."
        ) from error
