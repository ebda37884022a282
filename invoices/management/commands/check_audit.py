"""`manage.py check_audit`: an auditor's archive is proven from its files, without a database."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invoices.reports.audit.checking import NoArchive, check_archive


class Command(BaseCommand):
    """Prove hashes, chain and sums of an archive."""

    help = "Prove an archive of export_audit from its files alone. Exit 1 if something is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path, help="folder or .zip")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            found = check_archive(options["archive"])
        except NoArchive as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            report = {
                "ok": not found.wrong,
                "checked": found.checked,
                "wrong": found.wrong,
                "problems": found.problems,
                "notes": found.notes,
            }
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            counts = ", ".join(f"{count:,} {name}" for name, count in found.checked.items())
            self.stdout.write(f"Checked: {counts}.")
            for problem in found.problems:
                self.stdout.write(f"  {problem}")
            if more := found.wrong - len(found.problems):
                self.stdout.write(f"  … and {more:,} more")
            for note in found.notes:
                self.stdout.write(f"  Note: {note}")
            self.stdout.write(_verdict(found.wrong))
        if found.wrong:
            sys.exit(1)


def _verdict(wrong: int) -> str:
    if not wrong:
        return "The archive is whole."
    return "1 thing is WRONG." if wrong == 1 else f"{wrong:,} things are WRONG."
