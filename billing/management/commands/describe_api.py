"""Write what the API's description says into the folder of documentation, or compare it."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from billing.api.description.codes import problem_codes

BEGIN, END = "<!-- codes: written by `make openapi` -->", "<!-- end of codes -->"


class Command(BaseCommand):
    help = "Write docs/api/openapi.json and the table of codes in docs/api/errors.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, default=Path("docs/api"), help="folder")
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if something differs"
        )

    def handle(self, *, to: Path, check: bool, **options: Any) -> None:
        files = {to / "openapi.json": _description(), to / "errors.md": _errors(to / "errors.md")}
        differing = [
            path
            for path, text in files.items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        if check and differing:
            names = " and ".join(str(path) for path in differing)
            raise CommandError(f"{names} differ from what the code says: run `make openapi`.")
        for path in differing:
            path.write_text(files[path], encoding="utf-8")
            self.stdout.write(f"{path} is written.")


def _description() -> str:
    """
    Return the description as it is served.

    :raises CommandError: if something in the code can't be described.
    """
    with GENERATOR_STATS.silence():
        generator = SchemaGenerator()  # type: ignore[no-untyped-call]
        described = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    warned = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    if warned:
        raise CommandError("\n".join(map(str, warned)))
    return json.dumps(described, indent=1, ensure_ascii=False, default=str) + "\n"


def _errors(path: Path) -> str:
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{_table()}\n{END}{after}"


def _table() -> str:
    rows = ["| Code | Status | Means | What to do |", "|---|---|---|---|"]
    for each in problem_codes():
        status = ", ".join(map(str, each.statuses))
        rows.append(f"| `{each.code}` | {status} | {each.means} | {each.remedy} |")
    return "\n".join(rows)
