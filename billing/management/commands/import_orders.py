"""`manage.py import_orders`: customers and orders from a CSV file, in bulk."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from billing.catalog.models import TAX_CLASSES
from billing.management.recorded import RecordedCommand
from billing.money import from_minor
from billing.orders.imports.columns import Columns, ColumnsUnclear, find_columns
from billing.orders.imports.files import CsvFile, FileUnreadable, open_csv
from billing.orders.imports.importing import Refusal, Summary, import_chunk
from billing.orders.imports.rows import Terms
from billing.sellers.queries import SellerUnclear, find_seller, today

SHOWN_AT_MOST = 100  # Refused rows that are printed; --report holds all.
MOST_AT_ONCE = 10_000
LONGEST_TEMPLATE = 200  # Leaves room for the order's id.


class _NothingImported(Exception):
    """Takes a strict import back."""


class Command(RecordedCommand):
    """Load a file of orders; what is there already is passed over."""

    help = (
        "Import customers and orders from a CSV file. Columns, by name: customer, order, date,"
        " amount (of the whole order); if present also currency, quantity, text, customer_name,"
        " country, tax. Safe to repeat: what is there already is passed over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="comma, semicolon or tab separated, UTF-8")
        parser.add_argument("--seller", help="name or id; not needed if there is only one")
        parser.add_argument("--net", action="store_true", help="amounts are net (default: gross)")
        parser.add_argument("--tax", choices=TAX_CLASSES, default="standard", help="tax class")
        parser.add_argument("--country", help="of all customers, whatever the file says")
        parser.add_argument(
            "--text", default="Order {order}", help="on the invoices; {order} is the order's id"
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="WHAT=NAME",
            help="which column it is: order=invoice",
        )
        parser.add_argument(
            "--decimal-comma", action="store_true", help="numbers are written 1234,50"
        )
        parser.add_argument("--chunk", type=int, default=1000, help="rows per transaction")
        parser.add_argument("--report", type=Path, help="write the refused rows to this CSV file")
        parser.add_argument("--strict", action="store_true", help="all rows or none")
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, and say what became of the rows."""
        if not 1 <= options["chunk"] <= MOST_AT_ONCE:
            raise CommandError(f"--chunk must be 1 to {MOST_AT_ONCE}.")
        if not options["text"].isprintable() or not 1 <= len(options["text"]) <= LONGEST_TEMPLATE:
            raise CommandError(f"--text must be 1 to {LONGEST_TEMPLATE} printable characters.")
        try:
            terms = _terms(options)
            with open_csv(options["file"]) as file:
                columns = find_columns(file.header, _chosen(options["column"]))
                summary, shown = _import(file, columns, terms, options)
        except (SellerUnclear, FileUnreadable, ColumnsUnclear) as unclear:
            raise CommandError(str(unclear)) from unclear
        self._print(summary, shown, columns, options)
        if summary.refused and (options["strict"] or summary.refused == summary.rows):
            sys.exit(1)

    def _print(
        self, summary: Summary, shown: list[Refusal], columns: Columns, options: dict[str, Any]
    ) -> None:
        is_net = options["net"] or columns.is_net
        if options["json"]:
            report = _as_json(summary, shown, columns, is_net=is_net)
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
            return
        for refusal in shown:
            self.stderr.write(f"line {refusal.row.line}: {'; '.join(refusal.reasons)}")
        if summary.refused > len(shown):
            self.stderr.write(f"… and {summary.refused - len(shown):,} more refused rows")
        if columns.ignored:
            self.stdout.write(f"Ignored columns: {', '.join(columns.ignored)}")
        if options["strict"] and summary.refused:
            self.stdout.write("Nothing was imported, since a row is refused. It would have been:")
        sums = ", ".join(f"{amount} {currency}" for currency, amount in _sums(summary).items())
        self.stdout.write(
            f"Rows {summary.rows:,}: {summary.orders_new:,} orders new, {summary.already_there:,}"
            f" already there, {summary.refused:,} refused; {summary.customers_new:,} customers"
            f" new. New orders: {'net' if is_net else 'gross'} {sums or '0'}"
        )


def _terms(options: dict[str, Any]) -> Terms:
    seller = find_seller(options["seller"])
    country = options["country"]
    return Terms(
        seller=seller,
        today=today(seller, at=timezone.now()),
        is_net=options["net"],
        tax_class=options["tax"],
        country=country.strip().upper() if country else None,
        text=options["text"],
        has_decimal_comma=options["decimal_comma"],
    )


def _chosen(columns: list[str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for column in columns:
        what, sign, name = column.partition("=")
        if not sign or not name.strip():
            raise ColumnsUnclear(f"--column {column}: write it as order=invoice.")
        chosen[what.strip()] = name
    return chosen


def _import(
    file: CsvFile, columns: Columns, terms: Terms, options: dict[str, Any]
) -> tuple[Summary, list[Refusal]]:
    """Import chunk by chunk, each at its own instant; return also the first refused rows."""
    terms = replace(terms, is_net=terms.is_net or columns.is_net)
    summary = Summary()
    shown: list[Refusal] = []
    whole = transaction.atomic() if options["strict"] else nullcontext()
    with _report(options["report"], file) as report, suppress(_NothingImported), whole:
        while rows := list(islice(file.rows, options["chunk"])):
            for refusal in import_chunk(
                rows, columns=columns, terms=terms, at=timezone.now(), summary=summary
            ):
                report(refusal)
                shown += [refusal] if len(shown) < SHOWN_AT_MOST else []
        if options["strict"] and summary.refused:
            raise _NothingImported
    return summary, shown


@contextmanager
def _report(path: Path | None, file: CsvFile) -> Iterator[Callable[[Refusal], None]]:
    """Open the file of refused rows, if one is wanted; yield what writes to it."""
    if path is None:
        yield lambda _: None
        return
    try:
        stream = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    except OSError as error:
        raise CommandError(f"The report {path} can't be written: {error.strerror}.") from error
    with stream:
        writer = csv.writer(stream)
        writer.writerow(["line", "reasons", *file.header])

        def write(refusal: Refusal) -> None:
            cells = refusal.row.cells
            writer.writerow([refusal.row.line, "; ".join(refusal.reasons), *cells])

        yield write


def _sums(summary: Summary) -> dict[str, str]:
    return {
        currency: format(from_minor(amount, currency), ",f")
        for currency, amount in sorted(summary.sums.items())
    }


def _as_json(
    summary: Summary, shown: list[Refusal], columns: Columns, *, is_net: bool
) -> dict[str, object]:
    counts = asdict(summary)
    del counts["sums"]
    sums = {
        currency: format(from_minor(amount, currency), "f")
        for currency, amount in sorted(summary.sums.items())
    }
    return {
        **counts,
        "net" if is_net else "gross": sums,
        "ignored_columns": list(columns.ignored),
        "refusals": [{"line": refusal.row.line, "reasons": refusal.reasons} for refusal in shown],
    }
