"""
The check of an archive, from its files alone: hashes, the chain of documents, sums; pure.

It reads each file as a stream, so that memory doesn't grow with the archive.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import groupby, zip_longest
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, Protocol

from invoices.reports.audit.archive import HASHES

NAMED_AT_MOST = 100
_GENESIS = "0" * 64
_UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, csv.Error)
_Row = Mapping[str, str]


class NoArchive(Exception):
    """What is to be checked isn't an archive."""


@dataclass(slots=True)
class Findings:
    """What was checked, by name and count, and what is wrong: all counted, the first named."""

    checked: dict[str, int] = field(default_factory=dict)
    wrong: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def say(self, problem: str) -> None:
        """Note something that is wrong."""
        self.wrong += 1
        if len(self.problems) < NAMED_AT_MOST:
            self.problems.append(problem)

    def expect(self, subject: str, found: object, due: object) -> None:
        """Note a difference."""
        if found != due:
            self.say(f"{subject}: is {found}, not {due}")


class Files(Protocol):
    """The files of an archive by their names."""

    def names(self) -> set[str]:
        """Return all names."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open one for reading."""
        ...


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> set[str]:
        found = (path for path in self._root.rglob("*") if path.is_file())
        return {path.relative_to(self._root).as_posix() for path in found}

    def open(self, name: str) -> IO[bytes]:
        return (self._root / name).open("rb")


class _Zip:
    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)

    def names(self) -> set[str]:
        return set(self._zip.namelist())

    def open(self, name: str) -> IO[bytes]:
        return self._zip.open(name)


def check_archive(path: Path) -> Findings:
    """
    Prove an archive, a folder or ZIP file, from its files alone.

    :raises NoArchive: if it is none.
    """
    files = _files(path)
    found = Findings()
    hashes = _check_hashes(files, found)
    checks: dict[str, Callable[[], None]] = {
        "documents.csv": partial(_check_documents, files, hashes, found),
        "invoices.csv": partial(_check_invoices, files, found),
        "lines.csv, taxes.csv or postings.csv": partial(_check_sums, files, found),
        "manifest.json": partial(_check_manifest, files, found),
    }
    for name, check in checks.items():
        try:
            check()
        except (OSError, *_UNREADABLE) as error:
            found.say(f"{name}: can't be read: {type(error).__name__} {error}")
    return found


def _files(path: Path) -> Files:
    try:
        files: Files = _Folder(path) if path.is_dir() else _Zip(path)
        names = files.names()
    except (OSError, zipfile.BadZipFile) as error:
        raise NoArchive(f"{path} can't be read: {error}.") from error
    if missing := {HASHES, "manifest.json", "content.jsonl", "invoices.csv"} - names:
        raise NoArchive(f"{path} is no archive of export_audit: {', '.join(sorted(missing))}.")
    return files


def _check_hashes(files: Files, found: Findings) -> dict[str, str]:
    """Compare each file with its hash; none is missing, none is more."""
    hashes: dict[str, str] = {}
    with files.open(HASHES) as listed:
        for line in io.TextIOWrapper(listed, "utf-8"):
            digest, _, name = line.rstrip("\n").partition("  ")
            hashes[name] = digest
    there = files.names() - {HASHES}
    for name in sorted(there - hashes.keys()):
        found.say(f"{name}: isn't listed in {HASHES}")
    for name, digest in sorted(hashes.items()):
        if name not in there:
            found.say(f"{name}: is missing")
        elif _sha256(files, name) != digest:
            found.say(f"{name}: was changed, its SHA-256 is another than listed")
    found.checked["files"] = len(hashes)
    return hashes


def _sha256(files: Files, name: str) -> str:
    with files.open(name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _check_documents(files: Files, hashes: Mapping[str, str], found: Findings) -> None:
    """Compare the hash of each stored file with that which the system had noted."""
    listed = set()
    for row in _rows(files, "documents"):
        found.expect(f"{row['path']}: SHA-256", hashes.get(row["path"], "none"), row["sha256"])
        listed.add(row["path"])
    for name in sorted(hashes.keys() - listed):
        if name.startswith("documents/"):
            found.say(f"{name}: isn't in documents.csv")
    found.checked["documents"] = len(listed)


def _check_invoices(files: Files, found: Findings) -> None:
    """Compute each hash again, and follow the chain of each series within the period."""
    series = {row["series"]: row for row in _rows(files, "series")}
    latest: dict[str, tuple[int, str, str]] = {}
    found.checked["invoices"] = corrections = 0
    for row, line in _invoices(files):
        if row is None or line is None:
            found.say("invoices.csv and content.jsonl hold different numbers of documents")
            return
        number, content = row["number"], line.rstrip(b"\n")
        found.expect(f"{number}: hash", hashlib.sha256(content).hexdigest(), row["hash"])
        if row["series"] not in latest:
            _check_begin(row, series.get(row["series"], {}), found)
        _check_chain(row, latest, found)
        corrections += _check_content(row, content, found)
        found.checked["invoices"] += 1
    _check_ends(series, latest, found)
    listed = sum(1 for _ in _rows(files, "corrections"))
    found.expect("corrections.csv: rows", listed, corrections)


def _invoices(files: Files) -> Iterator[tuple[_Row | None, bytes | None]]:
    with files.open("content.jsonl") as contents:
        yield from zip_longest(_rows(files, "invoices"), contents)


def _check_begin(row: _Row, series: _Row, found: Findings) -> None:
    """Compare the first document of a series with what the series says."""
    for name, said in (("sequence", "first_sequence"), ("previous_hash", "hash_before")):
        found.expect(f"{row['series']}: {said}", series.get(said), row[name])


def _check_ends(
    series: Mapping[str, _Row], latest: Mapping[str, tuple[int, str, str]], found: Findings
) -> None:
    """Compare the latest document of each series with what the series says."""
    for name, row in series.items():
        sequence, digest, _ = latest.get(name, (None, None, None))
        found.expect(f"{name}: last_sequence", row["last_sequence"], str(sequence))
        found.expect(f"{name}: hash_of_last", row["hash_of_last"], digest)


def _check_chain(row: _Row, latest: dict[str, tuple[int, str, str]], found: Findings) -> None:
    number, sequence = row["number"], int(row["sequence"])
    before = latest.get(row["series"])
    if before:
        found.expect(f"{number}: sequence", sequence, before[0] + 1)
        found.expect(f"{number}: hash of the one before", row["previous_hash"], before[1])
        if row["issue_date"] < before[2]:
            found.say(f"{number}: is dated before its predecessor")
    elif sequence == 1:
        found.expect(f"{number}: hash of the one before", row["previous_hash"], _GENESIS)
    latest[row["series"]] = sequence, row["hash"], row["issue_date"]


def _check_content(row: _Row, content: bytes, found: Findings) -> int:
    """Compare what the hash was made of with the table; return how many documents it corrects."""
    number = row["number"]
    try:
        said: dict[str, Any] = json.loads(content)
        net = sum(line["amount_minor"] for line in said["lines"])
        tax = sum(tax["tax_minor"] for tax in said["taxes"])
        base = sum(tax["base_minor"] for tax in said["taxes"])
        names = ("id", "number", "kind", "issue_date", "currency", "previous_hash")
        for name in names:
            found.expect(f"{number}: {name} of its content", said[name], row[name])
        found.expect(f"{number}: net of its lines", net, said["net_minor"])
        found.expect(f"{number}: net of its taxes", base, said["net_minor"])
        found.expect(f"{number}: VAT", tax, said["tax_minor"])
        found.expect(f"{number}: gross", said["net_minor"] + tax, said["gross_minor"])
        digits = _digits(row["gross"])
        for name in ("net", "tax", "gross", "prepaid", "payable"):
            minor = int(_amount(row[name]).scaleb(digits))
            found.expect(f"{number}: {name} of its content", said[f"{name}_minor"], minor)
        return len(said["corrects"])
    except _UNREADABLE:
        found.say(f"{number}: its content can't be read")
        return 0


def _check_sums(files: Files, found: Findings) -> None:
    """Add up lines, taxes and postings of each document; all tables have the same order."""
    lines, taxes, postings = (_sums(files, name) for name in ("lines", "taxes", "postings"))
    for row in _rows(files, "invoices"):
        own = {
            "lines": next(lines, ("", {})),
            "taxes": next(taxes, ("", {})),
            "postings": next(postings, ("", {})) if _amount(row["gross"]) else (row["id"], {}),
        }
        for name, (invoice_id, _) in own.items():
            if invoice_id != row["id"]:
                found.say(f"{row['number']}: {name}.csv has none of it, or another order")
                return
        _compare(row, {name: sums for name, (_, sums) in own.items()}, found)
    found.checked["lines"] = sum(1 for _ in _rows(files, "lines"))
    found.checked["postings"] = sum(1 for _ in _rows(files, "postings"))


def _compare(row: _Row, own: Mapping[str, Mapping[str, Decimal]], found: Findings) -> None:
    number, net, tax = row["number"], _amount(row["net"]), _amount(row["tax"])
    posted = own["postings"]
    for subject, sum_, due in (
        ("net of its lines", own["lines"].get("net", Decimal(0)), net),
        ("net of its taxes", own["taxes"].get("base", Decimal(0)), net),
        ("VAT", own["taxes"].get("tax", Decimal(0)), tax),
        ("debit less credit", sum(posted.values(), Decimal(0)), Decimal(0)),
        ("posted revenue", -posted.get("revenue", Decimal(0)), net),
        ("posted VAT", -posted.get("vat", Decimal(0)), tax),
    ):
        found.expect(f"{number}: {subject}", sum_, due)


def _sums(files: Files, name: str) -> Iterator[tuple[str, dict[str, Decimal]]]:
    """Yield the sums of the amounts of each document, by column, of postings by purpose."""
    for invoice_id, rows in groupby(_rows(files, name), key=itemgetter("invoice_id")):
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in rows:
            for column in ("net", "base", "tax"):
                if column in row:
                    sums[column] += _amount(row[column])
            if "amount" in row:
                sums[row["purpose"]] += _amount(row["amount"])
        yield invoice_id, dict(sums)


def _check_manifest(files: Files, found: Findings) -> None:
    """Compare the numbers of rows, and tell what the system itself found."""
    with files.open("manifest.json") as file:
        manifest = json.load(file)
    for name, due in manifest["rows"].items():
        found.expect(f"{name}.csv: rows", sum(1 for _ in _rows(files, name)), due)
    with files.open("verification.json") as file:
        proof = json.load(file)
    if proof.get("only_open"):
        found.notes.append(
            "verification.json: when this was written something still waited for a decision, or "
            "for a worker"
        )
    elif not proof["ok"]:
        found.say("verification.json: the books were not proven when this was written")


def _rows(files: Files, name: str) -> Iterator[_Row]:
    with closing(io.TextIOWrapper(files.open(f"{name}.csv"), "utf-8", newline="")) as text:
        yield from csv.DictReader(text, delimiter=";")


def _amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _digits(text: str) -> int:
    return len(text.partition(",")[2])
