"""The archive that an auditor gets (GoBD, Z3): documents, tables, their description, hashes."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from billing.money import from_minor
from invoices.documents.queries.stored import stored_bytes
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.content import content
from invoices.reports.audit.archive import Archive
from invoices.reports.audit.description import (
    DOCUMENT_TYPE,
    DTD,
    INDEX,
    Supplier,
    csv_names,
    csv_row,
    index_xml,
)
from invoices.reports.queries.audit_period import AT_ONCE, Listed, Period
from invoices.reports.queries.audit_tables import TABLES
from invoices.reports.queries.stored import path_of

CONTENT, MANIFEST, VERIFICATION, README = (
    "content.jsonl", "manifest.json", "verification.json", "README.txt",
)  # fmt: skip

_ABOUT = """Datenüberlassung (Z3) nach GoBD / data for an audit: {name}, {first} - {last}

index.xml          Beschreibung der Tabellen (Beschreibungsstandard) / describes the tables
*.csv              Tabellen: UTF-8, Semikolon, Dezimalkomma / tables
content.jsonl      Inhalt jedes Belegs; SHA-256 einer Zeile = dessen "hash" / content of each
                   document; the SHA-256 of a line is its "hash"
documents/         Belege, wie sie gespeichert sind (PDF, XML) / the stored files
verification.json  Ergebnis des Prüfprogramms über die Bücher / what the proof of the books found
SHA256SUMS         Prüfsummen aller Dateien: sha256sum -c SHA256SUMS / hashes of all files

Prüfen / check: manage.py check_audit ORDNER-ODER-ZIP
Verfahrensdokumentation / description of procedures: docs/procedures.md
Stand / as of: {at}
"""


def write_audit(
    archive: Archive, period: Period, *, verification: dict[str, Any], at: datetime
) -> dict[str, int]:
    """
    Write what an auditor needs of a period into an archive; return how many rows each table has.

    The same period and instant give the same bytes, unless something of it has changed.

    :raises StoredBytesDiffer: if the storage holds another file than was made.
    :raises FileNotFoundError: if a file is gone from it.
    """
    _describe(archive, period, at)
    counts = {listed.table.name: _write_table(archive, listed, period) for listed in TABLES}
    sums = _write_content(archive, period)
    for document in period.documents.iterator(chunk_size=100):
        archive.add(path_of(document), stored_bytes(document))
    archive.add(VERIFICATION, _json(verification))
    archive.add(
        MANIFEST,
        _json(
            {
                "format": 1,
                "seller": str(period.seller.pk),
                "from": period.first_day.isoformat(),
                "to": period.last_day.isoformat(),
                "as_of": at.isoformat(),
                "chart": period.chart,
                "rows": counts,
                "sums": sums,
            }
        ),
    )
    return counts


def _describe(archive: Archive, period: Period, at: datetime) -> None:
    seller = period.seller
    supplier = Supplier(
        name=seller.name,
        location=f"{seller.street}, {seller.postcode} {seller.city}, {seller.country}",
        comment="Anlass",
    )
    tables = [listed.table for listed in TABLES]
    days = {"first_day": period.first_day, "last_day": period.last_day}
    archive.add(INDEX, index_xml(tables, supplier, **days))
    archive.add(DTD, DOCUMENT_TYPE)
    about = _ABOUT.format(
        name=seller.name, first=period.first_day, last=period.last_day, at=at.isoformat()
    )
    archive.add(README, about.encode())


def _write_table(archive: Archive, listed: Listed, period: Period) -> int:
    count = 0
    with archive.file(listed.table.file) as file:
        file.write(csv_names(listed.table))
        for values in listed.rows(period):
            file.write(csv_row(listed.table, values))
            count += 1
    return count


def _write_content(archive: Archive, period: Period) -> dict[str, dict[str, str]]:
    """Write what the hashes were made of, a line per document; return the sums per currency."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    with archive.file(CONTENT) as file:
        for invoice, lines in _with_lines(period):
            file.write(content(invoice, lines) + b"\n")
            amounts = invoice.net_minor, invoice.tax_minor, invoice.gross_minor
            sums[invoice.currency] = [
                so_far + amount
                for so_far, amount in zip(sums[invoice.currency], amounts, strict=True)
            ]
    return {currency: _shown(amounts, currency) for currency, amounts in sorted(sums.items())}


def _shown(amounts: Sequence[int], currency: str) -> dict[str, str]:
    named = zip(("net", "tax", "gross"), amounts, strict=True)
    return {name: f"{from_minor(amount, currency):f}" for name, amount in named}


def _with_lines(period: Period) -> Iterator[tuple[Invoice, Sequence[Charge]]]:
    rows = period.invoices.iterator(chunk_size=AT_ONCE)
    while chunk := list(islice(rows, AT_ONCE)):
        lines = _by_invoice(chunk)
        for invoice in chunk:
            yield invoice, lines.get(invoice.id, [])


def _by_invoice(chunk: Iterable[Invoice]) -> dict[Any, list[Charge]]:
    ids = [invoice.id for invoice in chunk]
    charges = Charge.objects.filter(invoice_id__in=ids).order_by("invoice_id", "position")
    return {
        invoice_id: list(lines)
        for invoice_id, lines in groupby(charges, key=attrgetter("invoice_id"))
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
