"""`manage.py simulate`: a customer's story, and the invoices that come of it."""

import json
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from billing.simulation.comparing import differences
from billing.simulation.output import Shown, tell
from billing.simulation.reading import Case, read_yaml
from billing.simulation.scenario import BadScenario
from billing.simulation.tables import tell_tables

_OK, _DIFFERS, _UNCHECKED = "ok     ", "DIFFERS", "-      "


@dataclass(frozen=True, slots=True)
class _Tried:
    """What came of a file; `defect` is the trace of one in the engine."""

    file: Path
    case: Case
    result: Shown
    defect: str = ""

    @property
    def mark(self) -> str:
        if self.differences:
            return _DIFFERS
        return _UNCHECKED if self.case.expect is None else _OK

    @property
    def differences(self) -> list[str]:
        expect = self.case.expect
        if self.defect or (expect is None and "error" in self.result):
            return [str(self.result["error"])]
        return [] if expect is None else differences(expect, self.result)

    @property
    def is_refused_unexpectedly(self) -> bool:
        return "error" in self.result and "error" not in (self.case.expect or {})


class Command(BaseCommand):
    """Run scenarios through the pure engine; nothing is stored, and no service is needed."""

    help = (
        "Print the invoices of scenarios. Exit codes: 0 all is told, or (--check) as expected; 1 a"
        " scenario is refused that expects no error (without --json, where the refusal is the"
        " answer), or (--check) it differs from what it expects; 2 a file can't be found or read;"
        " 3 a defect of the engine."
    )
    requires_system_checks = []  # They look at settings of services that aren't needed here.

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="FILE", help="YAML; a folder: all *.yaml in it"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument(
            "--check", action="store_true", help="compare with what each scenario expects"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Tell each scenario, or compare it."""
        began = time.perf_counter()
        tried = [_try(file) for file in _files(options["files"])]
        if options["json"]:
            document = {"scenarios": [each.result for each in tried]}
            self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))
        elif not options["check"]:
            self.stdout.write("\n\n".join(tell_tables(each.result) for each in tried))
        if options["check"]:
            self._check(tried, began, self.stderr if options["json"] else self.stdout)
        for each in tried:
            if each.defect:
                self.stderr.write(f"{each.file}: {each.defect}")
        if code := _exit_code(tried, is_checked=options["check"], is_json=options["json"]):
            sys.exit(code)

    def _check(self, tried: list[_Tried], began: float, out: OutputWrapper) -> None:
        """Print a line for each file that is as expected, else its differences."""
        for each in tried:
            out.write(f"{each.mark}  {each.file}: {each.case.title}")
            for line in each.differences:
                out.write(f"         {line}")
        counts = Counter(each.mark for each in tried)
        took = f"{time.perf_counter() - began:.2f} s"
        out.write(
            f"{len(tried)} scenarios in {took}: {counts[_OK]} as expected, {counts[_DIFFERS]} not,"
            f" {counts[_UNCHECKED]} that expect nothing"
        )


def _exit_code(tried: list[_Tried], *, is_checked: bool, is_json: bool) -> int:
    if any(each.defect for each in tried):
        return 3
    if is_checked:
        return int(any(each.mark == _DIFFERS for each in tried))
    return int(not is_json and any(each.is_refused_unexpectedly for each in tried))


def _try(file: Path) -> _Tried:
    """Run a scenario. A defect in one of them doesn't stop the others."""
    case = _read(file)
    try:
        return _Tried(file, case, tell(case))
    except Exception as error:
        what = f"defect: {type(error).__name__}: {error}"
        return _Tried(file, case, {"title": case.title, "error": what}, traceback.format_exc())


def _files(named: list[Path]) -> list[Path]:
    """Return the files, those of folders in the order of their names; each once."""
    found: dict[Path, None] = {}
    for path in named:
        inner = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not inner:
            raise CommandError(f"There is no *.yaml in {path}.", returncode=2)
        found |= dict.fromkeys(inner)
    return list(found)


def _read(file: Path) -> Case:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}.", returncode=2) from error
    except UnicodeDecodeError as error:
        refusal = BadScenario(f"this is not UTF-8: {error.reason}.", where=str(file))
        return Case(title=str(file), refusal=refusal)
    return read_yaml(text, file=str(file))
