"""The archive for an auditor: whole, described, the same twice, and proven from its files."""

import csv
import hashlib
import json
import re
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from lxml import etree

from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.credit_notes.commands import credit, order_correction
from invoices.credit_notes.queries.wanted import Wanted
from invoices.documents.models import Document
from invoices.issuing.models import Invoice
from invoices.reports.audit.checking import NoArchive, check_archive
from invoices.reports.models import Bookkeeping
from invoices.reports.queries.stored import path_of
from tests import factories
from tests.reports.conftest import order, story
from tests.stage.conftest import drain

AT = "2026-02-01T08:00:00+00:00"
SUMS = "SHA256SUMS"


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    backend = "django.core.files.storage.FileSystemStorage"
    stored = tmp_path / "stored"
    settings.STORAGES = {
        **settings.STORAGES,
        "documents": {"BACKEND": backend, "OPTIONS": {"location": str(stored)}},
    }
    storages._storages.pop("documents", None)
    return stored


@pytest.fixture
def export(seller: Seller, folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """Exports January to a folder or file below the test's own."""

    def run(name: str = "archive", *more: str, to: str = "2026-01-31") -> Path:
        target = tmp_path / name
        call_command(
            "export_audit", f"--seller={seller.pk}", "--from=2026-01-01", f"--to={to}",
            f"--output={target}", f"--at={AT}", *more,
        )  # fmt: skip
        return target

    return run


def store(invoice: Invoice, folder: Path) -> Document:
    """A stored file of an invoice."""
    content = b"<Invoice>1</Invoice>"
    folder.mkdir(exist_ok=True)
    (folder / "a.xml").write_bytes(content)
    return Document.objects.create(
        seller=invoice.seller,
        invoice=invoice,
        kind="xml",
        format="xrechnung_ubl",
        media_type="application/xml",
        file_name="a.xml",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        storage_name="a.xml",
        template_version=0,
        rule_version="1",
        transaction_id=invoice.transaction_id,
        created_at=invoice.issued_at,
    )


def rows(archive: Path, name: str) -> list[dict[str, str]]:
    with (archive / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


class TestExport:
    def test_it_holds_what_was_issued(self, seller: Seller, export: Callable[..., Path]) -> None:
        issued = story(seller)

        archive = export()

        assert {row["number"] for row in rows(archive, "invoices")} == {
            invoice.number for invoice in issued
        }
        (credited,) = rows(archive, "corrections")
        assert (credited["number"], credited["corrected_number"]) == (
            "G2026-000001",
            "R2026-000006",
        )
        lines = (archive / "content.jsonl").read_bytes().splitlines()
        hashes = [row["hash"] for row in rows(archive, "invoices")]
        assert [hashlib.sha256(line).hexdigest() for line in lines] == hashes
        manifest = json.loads((archive / "manifest.json").read_text())
        assert manifest["rows"]["lines"] == len(rows(archive, "lines")) == 9
        # 110.00 + 50 + 200 + 20 + 300 + 30 - 30 + 99
        assert manifest["sums"]["EUR"]["net"] == "779.00"
        assert json.loads((archive / "verification.json").read_text())["ok"]

    def test_it_tells_what_people_did_about_documents(
        self, seller: Seller, export: Callable[..., Path]
    ) -> None:
        factories.override(seller, category="S", percent=Decimal(19), exemption_text="")
        factories.registration(seller)
        invoice = order(seller, ("1.00", "standard"), country="FR", vat_id="FR40303265045")
        factories.vat_id_check(invoice.customer)
        delivery = factories.delivery(invoice)
        order_correction(
            invoice_id=invoice.pk, wanted=Wanted(reason="Wrong"), by="Ada", at=factories.AT
        )
        _drain_corrections()

        archive = export()

        (told,) = rows(archive, "correction_orders")
        assert (told["number"], told["reason"], told["ordered_by"]) == (
            invoice.number, "Wrong", "Ada",
        )  # fmt: skip
        (part,) = rows(archive, "correction_order_lines")
        assert (part["correction_id"], part["amount"]) == (told["id"], "1,00")
        (override,) = rows(archive, "tax_overrides")
        assert {row["tax_override_id"] for row in rows(archive, "lines")} == {override["id"]}
        assert [row["vat_id"] for row in rows(archive, "registrations")] == ["FR40303265045"]
        assert [row["outcome"] for row in rows(archive, "vat_id_checks")] == ["valid"]
        assert [row["id"] for row in rows(archive, "deliveries")] == [str(delivery.pk)]
        (note,) = (row for row in rows(archive, "invoices") if row["kind"] == "credit_note")
        assert note["corrected_invoice_id"] == str(invoice.pk)
        assert check_archive(archive).problems == []

    def test_only_of_the_seller_and_the_days(
        self, seller: Seller, export: Callable[..., Path]
    ) -> None:
        order(seller, ("1.00", "standard"))
        order(factories.seller(), ("1.00", "standard"))

        archive = export()
        (row,) = rows(archive, "invoices")

        assert row["id"] == str(Invoice.objects.get(seller=seller).id)
        assert [each["id"] for each in rows(archive, "sellers")] == [str(seller.pk)]
        assert {each["id"] for each in rows(archive, "events")} == {
            str(event.id) for event in seller.events.all()
        }

    @pytest.mark.parametrize("name", ["archive", "archive.zip"])
    def test_twice_it_is_the_same_to_the_byte(
        self, seller: Seller, export: Callable[..., Path], name: str
    ) -> None:
        story(seller)

        first, second = export(f"1-{name}"), export(f"2-{name}")

        if first.is_file():
            assert first.read_bytes() == second.read_bytes()
        else:
            listed = (first / SUMS).read_bytes()
            assert listed == (second / SUMS).read_bytes()
            assert check_archive(second).wrong == 0

    def test_its_description_is_as_the_standard_wants_it(
        self, seller: Seller, export: Callable[..., Path]
    ) -> None:
        story(seller)

        archive = export()

        parsed = etree.parse(archive / "index.xml")
        assert etree.DTD(str(archive / "gdpdu-01-09-2004.dtd")).validate(parsed)
        for table in parsed.iter("Table"):
            with (archive / table.findtext("URL")).open(encoding="utf-8", newline="") as file:
                names = next(csv.reader(file, delimiter=";"))
            described = table.findall(".//VariablePrimaryKey") + table.findall(".//VariableColumn")
            assert [column.findtext("Name") for column in described] == names

    def test_the_hashes_are_as_sha256sum_reads_them(
        self, seller: Seller, export: Callable[..., Path]
    ) -> None:
        order(seller, ("1.00", "standard"))
        archive = export()

        checked = subprocess.run(["sha256sum", "-c", "--quiet", SUMS], cwd=archive, check=False)

        assert checked.returncode == 0

    def test_stored_files_are_in_it_byte_by_byte(
        self, seller: Seller, folder: Path, export: Callable[..., Path]
    ) -> None:
        made = store(order(seller, ("1.00", "standard")), folder)

        archive = export()

        (row,) = rows(archive, "documents")
        assert row["path"] == "documents/2026-01/R2026-000001/xrechnung_ubl.xml" == path_of(made)
        assert (archive / row["path"]).read_bytes() == b"<Invoice>1</Invoice>"
        assert check_archive(archive).checked["documents"] == 1

    def test_numbers_with_slashes_lead_nowhere_else(self, db: None, folder: Path) -> None:
        seller = factories.seller(invoice_number_format="../{year}/{sequence}")
        made = store(order(seller, ("1.00", "standard")), folder)

        assert re.fullmatch(
            r"documents/2026-01/_2026_1-[0-9a-f]{12}/xrechnung_ubl\.xml", path_of(made)
        )

    def test_a_file_that_was_changed_in_the_storage_is_refused(
        self, seller: Seller, folder: Path, export: Callable[..., Path]
    ) -> None:
        store(order(seller, ("1.00", "standard")), folder)
        (folder / "a.xml").write_bytes(b"<Invoice>2</Invoice>")

        with pytest.raises(CommandError, match="SHA-256"):
            export()

    def test_nothing_is_written_over(self, export: Callable[..., Path]) -> None:
        export()

        with pytest.raises(CommandError, match="is there already"):
            export()

    def test_texts_cannot_break_the_table(
        self, seller: Seller, export: Callable[..., Path]
    ) -> None:
        name = 'A;"B"\r\n=C'
        order(seller, ("1.00", "standard"), name=name)

        (row,) = rows(export(), "customers")

        assert row["name"] == 'A;"B"  =C'

    def test_memory_stays_flat(self, seller: Seller, export: Callable[..., Path]) -> None:
        customer = factories.customer(seller)
        for _ in range(3):
            factories.order(customer, *(factories.line() for _ in range(400)))
        drain()
        export("warm")

        tracemalloc.start()
        archive = export()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert len(rows(archive, "lines")) == 1200
        assert peak < 40_000_000


class TestCheck:
    @pytest.fixture
    def archive(self, seller: Seller, books: Bookkeeping, export: Callable[..., Path]) -> Path:
        story(seller)
        return export()

    def test_a_whole_one_is_whole(self, archive: Path) -> None:
        found = check_archive(archive)

        assert (found.wrong, found.problems) == (0, [])
        assert found.checked["invoices"] == 8

    @pytest.mark.parametrize(
        ("file", "old", "new", "says"),
        [
            ("lines.csv", "100,00", "101,00", "R2026-000001: net of its lines: is 111.00"),
            ("taxes.csv", "19,00", "18,00", "R2026-000001: VAT: is 18.70"),
            ("postings.csv", "-100,00", "-99,00", "R2026-000001: debit less credit"),
            ("invoices.csv", "R2026-000002", "R2026-000009", "number of its content"),
            ("content.jsonl", "Line 1", "Line 9", "R2026-000001: hash"),
            ("verification.json", "true", "false", "not proven"),
            ("events.csv", "order.placed", "order.misplaced", "events.csv: was changed"),
        ],
    )
    def test_what_was_changed_is_found(
        self, archive: Path, file: str, old: str, new: str, says: str
    ) -> None:
        path = archive / file
        text = path.read_bytes().decode()
        assert old in text
        path.write_bytes(text.replace(old, new, 1).encode())

        problems = check_archive(archive).problems

        assert f"{file}: was changed, its SHA-256 is another than listed" in problems
        assert any(says in problem for problem in problems), problems

    def test_what_waited_for_people_is_a_note_and_not_wrong(self, archive: Path) -> None:
        path = archive / "verification.json"
        proof = json.loads(path.read_text()) | {"ok": False, "only_open": True}
        path.write_text(json.dumps(proof))

        found = check_archive(archive)

        assert any("still waited" in note for note in found.notes)
        assert not any("not proven" in problem for problem in found.problems)

    def test_a_change_that_mends_the_hashes_is_found_by_the_chain(self, archive: Path) -> None:
        """Who changes a document and all hashes that stand beside it breaks the next one's."""
        content, table = archive / "content.jsonl", archive / "invoices.csv"
        lines = content.read_bytes().splitlines(keepends=True)
        forged = lines[2].replace(b"Line 1", b"Line 9")
        old = hashlib.sha256(lines[2].rstrip()).hexdigest()
        new = hashlib.sha256(forged.rstrip()).hexdigest()
        content.write_bytes(b"".join([*lines[:2], forged, *lines[3:]]))
        table.write_bytes(table.read_bytes().replace(f'"{old}"\r'.encode(), f'"{new}"\r'.encode()))
        _list_again(archive)

        problems = check_archive(archive).problems

        assert problems == [f"R2026-000003: hash of the one before: is {old}, not {new}"]

    def test_a_document_that_was_taken_out_is_found(self, archive: Path) -> None:
        for name in ("content.jsonl", "invoices.csv"):
            lines = (archive / name).read_bytes().splitlines(keepends=True)
            at = 2 if name == "content.jsonl" else 3
            (archive / name).write_bytes(b"".join(lines[:at] + lines[at + 1 :]))
        _list_again(archive)

        problems = check_archive(archive).problems

        assert "R2026-000003: sequence: is 3, not 2" in problems

    @pytest.mark.parametrize(
        "table", ["failures", "documents", "lines", "postings", "series", "corrections"]
    )
    def test_files_that_are_missing_or_more_are_found(self, archive: Path, table: str) -> None:
        (archive / f"{table}.csv").rename(archive / "more.csv")

        problems = check_archive(archive).problems

        assert {"more.csv: isn't listed in SHA256SUMS", f"{table}.csv: is missing"} <= {*problems}

    @pytest.mark.parametrize("table", ["corrections", "lines", "taxes", "postings", "series"])
    def test_a_row_that_was_taken_out_is_found(self, archive: Path, table: str) -> None:
        """Also by who mends the manifest and all hashes."""
        lines = (archive / f"{table}.csv").read_bytes().splitlines(keepends=True)
        (archive / f"{table}.csv").write_bytes(b"".join(lines[:-1]))
        manifest = json.loads((archive / "manifest.json").read_text())
        manifest["rows"][table] -= 1
        (archive / "manifest.json").write_text(json.dumps(manifest))
        _list_again(archive)

        assert check_archive(archive).wrong

    @pytest.mark.parametrize("garbage", [b"", b"\xff\xfe", b"a;b\r\n1;2\r\n"])
    @pytest.mark.parametrize("file", ["lines.csv", "invoices.csv", "manifest.json"])
    def test_garbage_is_told_not_raised(self, archive: Path, file: str, garbage: bytes) -> None:
        (archive / file).write_bytes(garbage)

        assert f"{file}: was changed" in " ".join(check_archive(archive).problems)

    def test_a_swapped_file_is_found(
        self, seller: Seller, folder: Path, export: Callable[..., Path]
    ) -> None:
        store(order(seller, ("1.00", "standard")), folder)
        archive = export()
        (path,) = (archive / "documents").rglob("*.xml")
        path.write_bytes(b"<Invoice>2</Invoice>")
        _list_again(archive)

        (problem,) = check_archive(archive).problems

        assert problem.startswith("documents/2026-01/R2026-000001/xrechnung_ubl.xml: SHA-256")

    def test_the_command_needs_no_database(self, archive: Path, tmp_path: Path) -> None:
        packed = tmp_path / "packed.zip"
        with zipfile.ZipFile(packed, "w") as file:
            for path in archive.rglob("*"):
                file.write(path, path.relative_to(archive))
        clean = {"PATH": "/usr/bin:/bin"}

        done = subprocess.run(
            [sys.executable, "manage.py", "check_audit", str(packed), "--json"],
            capture_output=True,
            check=False,
            env=clean,
        )

        assert (done.returncode, json.loads(done.stdout)["ok"]) == (0, True), done.stderr

    def test_what_is_no_archive_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(NoArchive, match="manifest"):
            check_archive(tmp_path)


def _drain_corrections() -> None:
    for event in Event.objects.filter(type="correction.ordered"):
        credit(event_id=event.pk, at=factories.AT, worker="test")


def _list_again(archive: Path) -> None:
    names = [line[66:] for line in (archive / SUMS).read_text().splitlines()]
    lines = (
        f"{hashlib.sha256((archive / name).read_bytes()).hexdigest()}  {name}\n" for name in names
    )
    (archive / SUMS).write_text("".join(lines))
