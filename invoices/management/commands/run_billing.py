"""`manage.py run_billing`: bills what is due to a seller by a day, and shows how far it is."""

import sys
import time
from argparse import ArgumentParser
from datetime import date, datetime
from typing import Any

from django.core.management.base import CommandError
from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet
from django.utils import timezone
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from billing.contracts.queries import EVENT_TYPES, DueKind
from billing.events.models import Failure
from billing.events.patience import passes_by
from billing.management.arguments import day, number
from billing.management.recorded import RecordedCommand
from billing.money import from_minor
from billing.sellers.models import Seller
from billing.sellers.queries import SellerUnclear, find_seller, today
from invoices.runs.commands import append_runs, bill_here, finish_runs
from invoices.runs.models import BillingRun
from invoices.runs.queries import (
    DryRun,
    dry_run,
    progress,
    running,
    together,
    waiting_until,
)
from invoices.runs.queries import Progress as RunProgress
from invoices.runs.queries.dry_runs import Sums, due_contracts

LOOK_EVERY_SECONDS = 0.5
AWAY_SECONDS = 1.0
FAILURES_SHOWN = 10
INTERRUPTED = 130  # As a shell tells of SIGINT.


class Command(RecordedCommand):
    """Bill what is due to a seller by a day, wait for the workers, tell what came of it."""

    help = (
        "Bill what is due to a seller by a day, and show a progress bar until all is handled."
        " Ctrl-C leaves it to the workers. Exit codes: 0 all is billed; 1 something failed,"
        " now or before (with --dry-run: would fail); 130 left by Ctrl-C."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seller", help="name or id; may be left out if there is only one")
        parser.add_argument("--until", type=day, help="the last day that is meant; default: today")
        parser.add_argument(
            "--dry-run", action="store_true", help="store nothing: tell what it would come to"
        )
        parser.add_argument(
            "--largest", type=number, default=10, help="differences that a dry run lists (10)"
        )
        parser.add_argument(
            "--here", action="store_true", help="bill in this process, without waiting for workers"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Bill, or tell what billing would come to."""
        try:
            failed = self._run(options)
        except (OperationalError, InterfaceError) as error:
            if not passes_by(error):
                raise
            raise CommandError(
                "The database is away, or too busy. Run the command again once it is back; what was"
                f" begun goes on. It says: {error}"
            ) from error
        if failed:
            sys.exit(1)

    def _run(self, options: dict[str, Any]) -> bool:
        """Return whether something failed, or would."""
        try:
            seller = find_seller(options["seller"])
        except SellerUnclear as unclear:
            raise CommandError(str(unclear)) from unclear
        now = today(seller, at=timezone.now())
        until = options["until"] or now
        if until > now:
            raise CommandError(f"{until} has not come yet: for {seller} today is {now}.")
        console = Console(soft_wrap=True)
        if options["dry_run"]:
            return _dry_run(console, seller, until, largest=options["largest"])
        return _Watch(console, seller, until, is_here=options["here"]).run()


class _Watch:
    """Has a seller billed, and watches until nothing waits."""

    def __init__(self, console: Console, seller: Seller, until: date, *, is_here: bool) -> None:
        self._console, self._seller, self._until = console, seller, until
        self._is_here = is_here
        self._began = timezone.now()

    def run(self) -> bool:
        """Bill, and return whether something failed."""
        mine = self._append()
        if not mine and not self._waits():
            return self._tell_what_failed_before()
        try:
            with _bar(self._console) as bar:
                self._watch(bar, mine)
        except KeyboardInterrupt:
            self._console.print("Left: workers go on with it. The admin shows it: Billing runs.")
            sys.exit(INTERRUPTED)
        return self._tell(mine)

    def _append(self) -> list[BillingRun]:
        """Append what is due, and return the runs that it belongs to."""
        unfinished = set(self._runs().values_list("pk", flat=True))
        for kind in DueKind:
            append_runs(self._seller, kind, at=timezone.now(), until=self._until)
        unfinished |= set(self._runs().values_list("pk", flat=True))
        return list(BillingRun.objects.filter(pk__in=unfinished).order_by("pk"))

    def _runs(self) -> QuerySet[BillingRun]:
        return running().filter(seller=self._seller, day__lte=self._until)

    def _waits(self) -> bool:
        return waiting_until(self._seller, until=self._until).exists()

    def _watch(self, bar: Progress, mine: list[BillingRun]) -> None:
        task = bar.add_task(f"until {self._until}", total=None)
        while True:
            try:
                billed = self._is_here and bill_here(
                    self._seller, until=self._until, at=timezone.now(), worker="run_billing"
                )
                finish_runs(at=timezone.now(), seller=self._seller)
                found = _progress_of(mine, at=timezone.now())
                waits = self._waits()
            except (OperationalError, InterfaceError) as error:
                if not passes_by(error):
                    raise
                connection.close()  # It may be broken: the next look opens a fresh one.
                bar.update(task, description="the database is away or busy, waiting for it")
                time.sleep(AWAY_SECONDS)
                continue
            told = f"until {self._until}" + (f", {found.failed} failed" if found.failed else "")
            bar.update(
                task, completed=found.total - found.waiting, total=found.total, description=told
            )
            if found.is_finished and not waits:
                return
            if not billed:
                time.sleep(LOOK_EVERY_SECONDS)

    def _tell(self, mine: list[BillingRun]) -> bool:
        found = _progress_of(mine, at=timezone.now())
        failures = self._failures(mine)
        failed = failures.count()
        took = (timezone.now() - self._began).total_seconds()
        self._console.print(
            f"{found.done:,} of {found.total:,} billed until {self._until} in {took:.1f} s"
            f" ({found.per_second:,.0f} a second), {failed:,} failed."
        )
        for failure in failures[:FAILURES_SHOWN]:
            self._console.print(f"  {failure.code}: {failure.reason}", style="red", markup=False)
        if failed > FAILURES_SHOWN:
            self._console.print("  … and more: see the failures in the admin.")
        return failed > 0

    def _tell_what_failed_before(self) -> bool:
        """Say that nothing more is due, and return whether earlier failures still wait."""
        failed = self._open_failures().count()
        if not failed:
            self._console.print(f"Nothing of {self._seller} is due until {self._until}.")
            return False
        self._console.print(
            f"Nothing more of {self._seller} is due until {self._until}, but {failed:,} that"
            " failed before are not billed: mend and retry them (Admin: Failures; manage.py"
            " replay)."
        )
        return True

    def _failures(self, mine: list[BillingRun]) -> QuerySet[Failure]:
        """Return what failed since the runs began, the most urgent first."""
        began = min([run.started_at for run in mine] + [self._began])
        return self._open_failures().filter(opened_at__gte=began).order_by("-priority", "pk")

    def _open_failures(self) -> QuerySet[Failure]:
        return Failure.objects.filter(
            seller=self._seller,
            state=Failure.State.OPEN,
            event__as_of_date__lte=self._until,
            event__type__in=list(EVENT_TYPES.values()),
        )


def _progress_of(mine: list[BillingRun], *, at: datetime) -> RunProgress:
    runs = BillingRun.objects.filter(pk__in=[run.pk for run in mine])
    return together(progress(run, at=at) for run in runs)


def _dry_run(console: Console, seller: Seller, until: date, *, largest: int) -> bool:
    """Tell what billing would come to, and return whether something would fail."""
    with _bar(console) as bar:
        task = bar.add_task(f"dry run until {until}", total=due_contracts(seller, until=until))
        found = dry_run(
            seller,
            until=until,
            at=timezone.now(),
            largest=largest,
            heard=lambda count: bar.advance(task, count),
        )
    console.print(
        f"{found.due:,} contracts of {seller} are due until {until}; nothing is stored."
        f" {found.nothing_owed:,} owe nothing."
    )
    _print_sums(console, found)
    _print_differences(console, found)
    return _print_failing(console, found)


def _print_sums(console: Console, found: DryRun) -> None:
    """Print a column per currency: figures stay whole in a narrow terminal."""
    told = [_figures(sums, currency) for currency, sums in sorted(found.sums.items())]
    if not told:
        return
    table = _table("Sums", "", *sorted(found.sums))
    for name in told[0]:
        table.add_row(name, *(figures[name] for figures in told))
    console.print(table)


def _figures(sums: Sums, currency: str) -> dict[str, str]:
    change = sums.net_minor - sums.before_minor
    share = f" ({100 * change / sums.before_minor:+.1f} %)" if sums.before_minor else ""
    return {
        "contracts": f"{sums.contracts:,}",
        "net": _money(sums.net_minor, currency),
        "VAT": _money(sums.tax_minor, currency),
        "gross": _money(sums.gross_minor, currency),
        "net last time": _money(sums.before_minor, currency),
        "change": f"{_money(change, currency)}{share}",
        "first time": f"{sums.first_time:,}",
        "would fail: net last time, not in the sums": _money(sums.failing_before_minor, currency),
    }


def _print_differences(console: Console, found: DryRun) -> None:
    table = _table("Largest differences", "contract", "customer", "last time", "now", "why")
    for each in found.largest:
        before = "-" if each.before_minor is None else _money(each.before_minor, each.currency)
        now = f"{_money(each.now_minor, each.currency)} {each.currency}"
        table.add_row(each.contract, each.customer, before, now, "; ".join(each.reasons))
    if found.largest:
        console.print(table)


def _print_failing(console: Console, found: DryRun) -> bool:
    for code, count in sorted(found.failing.items()):
        console.print(f"{count:,} would fail: {code}", style="red", markup=False)
    for each in found.examples:
        console.print(f"  {each.contract}, {each.customer}: {each.reason}", markup=False)
    return bool(found.failing)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for position, name in enumerate(columns):
        is_text = position == 0 or name in ("customer", "why")
        table.add_column(name, justify="left" if is_text else "right", overflow="fold")
    return table


def _money(minor: int, currency: str) -> str:
    return f"{from_minor(minor, currency):,}"


def _bar(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
