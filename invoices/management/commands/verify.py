"""`manage.py verify`: the books are proven, or what is wrong with them."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.management.arguments import number
from billing.sellers.models import Seller
from billing.sellers.queries import SellerUnclear, find_seller
from invoices.proving.commands import record_verification
from invoices.proving.queries.checks.books import Check
from invoices.proving.queries.verification import Listener, Result, Verification, verify


class Command(BaseCommand):
    """Compute everything again that was charged and issued; record what came of it for all."""

    help = "Prove the books from the stored facts. Exit 1 if something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seller", help="Name or id; without it, all sellers.")
        parser.add_argument("--json", action="store_true", help="Print JSON.")
        parser.add_argument(
            "--processes", type=number, default=1, help="Checks that run side by side: 1."
        )
        parser.add_argument(
            "--progress", action="store_true", help="Say on standard error how far it is."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        is_json = bool(options["json"])
        progress = _Progress(self, shown=options["progress"], prints=not is_json)
        at = timezone.now()
        proof = verify(
            sellers=_sellers(options["seller"]),
            at=at,
            listener=Listener(begins=progress.begins, heard=progress.heard, ended=progress.ended),
            processes=options["processes"],
        )
        if options["seller"] is None:
            record_verification(proof, at=at)
        if is_json:
            self.stdout.write(json.dumps(_as_json(proof), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(_summary(proof))
        if not proof.is_proven:
            sys.exit(1)


class _Progress:
    """Prints each check with its count and time once it has ended, and how far it is."""

    def __init__(self, command: Command, *, shown: bool, prints: bool) -> None:
        self.command, self.shown, self.prints = command, shown, prints
        self.rows = 0

    def begins(self, check: Check) -> None:
        self.rows = 0
        if self.shown:
            self.command.stderr.write(f"… {check.name}", ending="\r")

    def heard(self, rows: int) -> None:
        self.rows += rows
        if self.shown:
            self.command.stderr.write(f"… {self.rows:,} rows", ending="\r")

    def ended(self, result: Result) -> None:
        if not self.prints:
            return
        mark = "ok   " if not result.found else "WRONG"
        counts = f"{result.checked:,} {result.check.of}, {result.seconds:.2f} s"
        wrong = f": {result.found:,} wrong" if result.found else ""
        self.command.stdout.write(f"{mark}  {result.check.says} ({counts}){wrong}")


def _sellers(named: str | None) -> list[Seller]:
    if named is None:
        return list(Seller.objects.order_by("name"))
    try:
        return [find_seller(named)]
    except SellerUnclear as unclear:
        raise CommandError(str(unclear)) from unclear


def _summary(proof: Verification) -> str:
    if proof.is_proven:
        gross = ", ".join(f"{amount} {currency}" for currency, amount in proof.gross.items())
        return (
            f"\nThe books are proven: {proof.checked['events']:,} events,"
            f" {proof.checked['invoices']:,} invoices, gross {gross or '0'}"
            f" ({proof.seconds:.1f} s)."
        )
    lines = ["\nThe books are NOT proven:"]
    for result in proof.results:
        lines += [
            f"  {problem.check}: {problem.seller}: {problem.object}: {problem.message}"
            for problem in result.problems
        ]
        if more := result.found - len(result.problems):
            lines.append(f"  {result.check.name}: … and {more:,} more")
    return "\n".join(lines)


def _as_json(proof: Verification) -> dict[str, object]:
    return {
        "ok": proof.is_proven,
        "checked": proof.checked,
        "gross": proof.gross,
        "checks": [
            {
                "name": result.check.name,
                "checked": result.checked,
                "wrong": result.found,
                "seconds": round(result.seconds, 3),
            }
            for result in proof.results
        ],
        "problems": [asdict(problem) for problem in proof.problems],
        "seconds": round(proof.seconds, 3),
    }
