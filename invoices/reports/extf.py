"""
DATEV format (EXTF 700): files of postings and of customers, as bytes; pure.

Source: developer.datev.de, DATEV-Format, header and "Buchungsstapel" (version 13), "Debitoren/
Kreditoren" (version 5).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

MOST_ROWS = 99_999
LONGEST_RATE = len("9999,999999")
SMALLEST_RATE = Decimal(1)  # The format's rates begin with 1 to 9.
_UNWANTED = re.compile(r"[^A-Za-z0-9$&%*+\-/]")
# Latin letters without decomposition; others that Windows-1252 lacks become a question mark.
_PLAIN = str.maketrans("ŁłĐđĦħıŊŋŦŧẞ", "LlDdHhiNnTtß")
_NUMBERED = "{} - Art {}", "{} - Inhalt {}"


def _pairs(name: str, count: int) -> list[str]:
    return [form.format(name, n) for n in range(1, count + 1) for form in _NUMBERED]


POSTING_COLUMNS = (
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz",
    "WKZ Basis-Umsatz", "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum",
    "Belegfeld 1", "Belegfeld 2", "Skonto", "Buchungstext", "Postensperre",
    "Diverse Adressnummer", "Geschäftspartnerbank", "Sachverhalt", "Zinssperre", "Beleglink",
    *_pairs("Beleginfo", 8),
    "KOST1 - Kostenstelle", "KOST2 - Kostenstelle", "Kost-Menge", "EU-Land u. UStID",
    "EU-Steuersatz", "Abw. Versteuerungsart", "Sachverhalt L+L", "Funktionsergänzung L+L",
    "BU 49 Hauptfunktionstyp", "BU 49 Hauptfunktionsnummer", "BU 49 Funktionsergänzung",
    *_pairs("Zusatzinformation", 20),
    "Stück", "Gewicht", "Zahlweise", "Forderungsart", "Veranlagungsjahr",
    "Zugeordnete Fälligkeit", "Skontotyp", "Auftragsnummer", "Buchungstyp",
    "USt-Schlüssel (Anzahlungen)", "EU-Land (Anzahlungen)", "Sachverhalt L+L (Anzahlungen)",
    "EU-Steuersatz (Anzahlungen)", "Erlöskonto (Anzahlungen)", "Herkunft-Kz", "Buchungs GUID",
    "KOST-Datum", "SEPA-Mandatsreferenz", "Skontosperre", "Gesellschaftername",
    "Beteiligtennummer", "Identifikationsnummer", "Zeichnernummer", "Postensperre bis",
    "Bezeichnung SoBil-Sachverhalt", "Kennzeichen SoBil-Buchung", "Festschreibung",
    "Leistungsdatum", "Datum Zuord. Steuerperiode", "Fälligkeit", "Generalumkehr (GU)",
    "Steuersatz", "Land", "Abrechnungsreferenz", "BVV-Position", "EU-Land u. UStID (Ursprung)",
    "EU-Steuersatz (Ursprung)", "Abw. Skontokonto",
)  # fmt: skip
# Columns (from 1) of texts: in quotation marks even where empty.
_TEXTS = frozenset(
    {
        2, 3, 6, 9, 11, 12, 14, 16, *range(20, 39), 40, 42, *range(48, 88), 91, 95, 96, 98, 102,
        103, 105, 107, 109, 110, 112, 118, 120, 121, 123,
    }
)  # fmt: skip
CUSTOMER_COLUMNS = 254
_ADDRESS = (
    "Adressart", "Straße", "Postfach", "Postleitzahl", "Ort", "Land", "Versandzusatz",
    "Adresszusatz",
)  # fmt: skip


class TooManyRows(Exception):
    """A file of the DATEV format holds no more than 99,999 rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a file's first line says: whose books, which days; `at` in the seller's time."""

    consultant_number: int
    client_number: int
    fiscal_year_starts: date
    account_digits: int
    chart: str
    at: datetime
    first_day: date | None = None
    last_day: date | None = None
    title: str = ""
    currency: str = "EUR"
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    A posting: `amount` above zero debits `account`, below zero credits it.

    The period of `taxed_on` is that in which its VAT is declared; DATEV asks for it wherever there
    is a `supplied_on`.
    In another currency than the books': units of it for one of theirs (`rate`), and what it comes
    to in theirs (`base_amount`, signed like `amount`).
    """

    amount: Decimal
    currency: str
    account: str
    contra_account: str
    tax_key: str
    day: date
    number: str
    due_date: date | None
    text: str
    eu_vat_id: str = ""
    eu_percent: Decimal | None = None
    supplied_on: date | None = None
    taxed_on: date | None = None
    is_final: bool = False
    rate: Decimal | None = None
    base_amount: Decimal | None = None
    base_currency: str = ""


def postings_file(batch: Batch, rows: Sequence[Row]) -> bytes:
    """
    Return a file of postings ("Buchungsstapel").

    :raises TooManyRows: if there are more than it may hold.
    """
    if len(rows) > MOST_ROWS:
        raise TooManyRows(f"{len(rows):,} postings: a file holds {MOST_ROWS:,} at most.")
    lines = [_posting(row) for row in rows]
    names = ";".join(POSTING_COLUMNS)
    return _bytes([_header(batch, 21, "Buchungsstapel", 13), names, *lines])


def customers_file(batch: Batch, customers: Iterable[Mapping[int, object]]) -> bytes:
    """Return a file of customers ("Debitoren/Kreditoren"): values by the columns' numbers."""
    names = ";".join(_customer_columns())
    lines = [_customer(values) for values in customers]
    return _bytes([_header(batch, 16, "Debitoren/Kreditoren", 5), names, *lines])


def document_field(number: str) -> str:
    """Return a document's number in the characters that "Belegfeld 1" takes, 36 at most."""
    return _UNWANTED.sub("-", _windows(number))[-36:]


def _header(batch: Batch, category: int, name: str, version: int) -> str:
    is_postings = category == 21
    stamp = batch.at.strftime("%Y%m%d%H%M%S") + f"{batch.at.microsecond // 1000:03d}"
    fields = [
        _quoted("EXTF"), "700", str(category), _quoted(name), str(version), stamp, "",
        _quoted("RE"), _quoted(""), _quoted(""), str(batch.consultant_number),
        str(batch.client_number), f"{batch.fiscal_year_starts:%Y%m%d}", str(batch.account_digits),
        f"{batch.first_day:%Y%m%d}" if batch.first_day else "",
        f"{batch.last_day:%Y%m%d}" if batch.last_day else "",
        _quoted(batch.title, 30), _quoted(""), "1" if is_postings else "",
        "0" if is_postings else "", str(int(batch.is_final)) if is_postings else "",
        _quoted(batch.currency) if is_postings else "", "", _quoted(""), "", "",
        _quoted(batch.chart), "", "", _quoted(""), _quoted(""),
    ]  # fmt: skip
    return ";".join(fields)


def _posting(row: Row) -> str:
    values: dict[int, str] = {
        1: _decimal(abs(row.amount)),
        2: "S" if row.amount > 0 else "H",
        3: row.currency,
        **_in_base_currency(row),
        7: row.account,
        8: row.contra_account,
        9: row.tax_key,
        10: f"{row.day:%d%m}",
        11: document_field(row.number),
        12: f"{row.due_date:%d%m%y}" if row.due_date else "",
        14: _windows(row.text)[:60],
        40: row.eu_vat_id,
        41: _decimal(row.eu_percent) if row.eu_percent is not None else "",
        114: str(int(row.is_final)),
        115: f"{row.supplied_on:%d%m%Y}" if row.supplied_on else "",
        116: f"{row.taxed_on:%d%m%Y}" if row.taxed_on else "",
    }
    cells = (
        _quoted(values.get(n, "")) if n in _TEXTS else values.get(n, "")
        for n in range(1, len(POSTING_COLUMNS) + 1)
    )
    return ";".join(cells)


def _in_base_currency(row: Row) -> dict[int, str]:
    if row.rate is None or row.base_amount is None:
        return {}
    rate = f"{row.rate:.6f}".replace(".", ",")
    is_short = len(rate) <= LONGEST_RATE and row.rate >= SMALLEST_RATE
    return {
        4: rate if is_short else "",  # The amounts say it then.
        5: _decimal(abs(row.base_amount)),
        6: row.base_currency,
    }


def _customer(values: Mapping[int, object]) -> str:
    cells = (values.get(n, "") for n in range(1, CUSTOMER_COLUMNS + 1))
    return ";".join(
        _quoted(cell) if isinstance(cell, str) and cell else str(cell) for cell in cells
    )


def _bank(number: int) -> list[str]:
    return [
        f"Bankleitzahl {number}", f"Bankbezeichnung {number}", f"Bankkonto-Nummer {number}",
        f"Länderkennzeichen {number}", f"IBAN {number}", f"Leerfeld {number}",
        f"SWIFT-Code {number}", f"Abw. Kontoinhaber {number}",
        f"Kennz. Haupt-Bankverb. {number}", f"Bankverb. {number} Gültig von",
        f"Bankverb. {number} Gültig bis",
    ]  # fmt: skip


def _customer_columns() -> Iterator[str]:
    yield from _columns_of_name()
    yield from _columns_of_terms()
    yield from _columns_of_dunning()
    yield from (f"Indiv. Feld {number}" for number in range(1, 16))
    billing = (
        "Abweichende Anrede", *_ADDRESS, "Abw. Zustellbezeichnung 1", "Abw. Zustellbezeichnung 2",
        "Adresse Gültig von", "Adresse Gültig bis",
    )  # fmt: skip
    yield from (f"{name} (Rechnungsadresse)" for name in billing)
    for number in range(6, 11):
        yield from _bank(number)
    yield from ("Nummer Fremdsystem", "Insolvent")
    yield from (f"SEPA-Mandatsreferenz {number}" for number in range(1, 11))
    yield from _columns_of_locks()


def _columns_of_name() -> Iterator[str]:
    yield from (
        "Konto", "Name (Adressatentyp Unternehmen)", "Unternehmensgegenstand",
        "Name (Adressatentyp natürl. Person)", "Vorname (Adressatentyp natürl. Person)",
        "Name (Adressatentyp keine Angabe)", "Adressatentyp", "Kurzbezeichnung", "EU-Land",
        "EU-UStID", "Anrede", "Titel/Akad. Grad", "Adelstitel", "Namensvorsatz", *_ADDRESS,
        "Abweichende Anrede", "Abw. Zustellbezeichnung 1", "Abw. Zustellbezeichnung 2",
        "Kennz. Korrespondenzadresse", "Adresse Gültig von", "Adresse Gültig bis",
    )  # fmt: skip
    for name in ("Telefon", "Telefon GL", "E-Mail", "Internet", "Fax", "Sonstige"):
        yield from (name, f"Bemerkung ({name})")
    for number in range(1, 6):
        yield from _bank(number)


def _columns_of_terms() -> Iterator[str]:
    yield from (
        "Leerfeld", "Briefanrede", "Grußformel", "Kunden-/Lief.-Nr.", "Steuernummer", "Sprache",
        "Ansprechpartner", "Vertreter", "Sachbearbeiter", "Diverse-Konto", "Ausgabeziel",
        "Währungssteuerung", "Kreditlimit (Debitor)", "Zahlungsbedingung",
        "Fälligkeit in Tagen (Debitor)", "Skonto in Prozent (Debitor)",
    )  # fmt: skip
    for number in range(1, 6):
        if number == 3:
            yield "Kreditoren-Ziel 3 Brutto Tg."
        else:
            yield from (f"Kreditoren-Ziel {number} Tg.", f"Kreditoren-Skonto {number} %")


def _columns_of_dunning() -> tuple[str, ...]:
    return (
        "Mahnung", "Kontoauszug", "Mahntext 1", "Mahntext 2", "Mahntext 3", "Kontoauszugstext",
        "Mahnlimit Betrag", "Mahnlimit %", "Zinsberechnung", "Mahnzinssatz 1", "Mahnzinssatz 2",
        "Mahnzinssatz 3", "Lastschrift", "Verfahren", "Mandantenbank", "Zahlungsträger",
    )  # fmt: skip


def _columns_of_locks() -> tuple[str, ...]:
    return (
        "Verknüpftes OPOS-Konto", "Mahnsperre bis", "Lastschriftsperre bis", "Zahlungssperre bis",
        "Gebührenberechnung", "Mahngebühr 1", "Mahngebühr 2", "Mahngebühr 3",
        "Pauschalenberechnung", "Verzugspauschale 1", "Verzugspauschale 2", "Verzugspauschale 3",
        "Alternativer Suchname", "Status",
        "Anschrift manuell geändert (Korrespondenzadresse)",
        "Anschrift individuell (Korrespondenzadresse)",
        "Anschrift manuell geändert (Rechnungsadresse)",
        "Anschrift individuell (Rechnungsadresse)", "Fristberechnung bei Debitor", "Mahnfrist 1",
        "Mahnfrist 2", "Mahnfrist 3", "Letzte Frist",
    )  # fmt: skip


def _quoted(text: str, longest: int | None = None) -> str:
    safe = _windows(text)[:longest]
    return '"' + safe.replace('"', '""') + '"'


def _decimal(value: Decimal) -> str:
    return f"{value:.2f}".replace(".", ",")


def _windows(text: str) -> str:
    """Return a text in the characters of Windows-1252, others as alike as can be."""
    return "".join(_letter(each) for each in text.translate(_PLAIN) if each.isprintable())


def _letter(letter: str) -> str:
    if _is_windows(letter):
        return letter
    bare = unicodedata.normalize("NFKD", letter)
    kept = "".join(each for each in bare if not unicodedata.combining(each))
    return kept if kept and all(_is_windows(each) for each in kept) else "?"


def _is_windows(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _bytes(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")
