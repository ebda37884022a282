"""
What an auditor's program reads before the tables: `index.xml` and its document type; pure.

Source: Beschreibungsstandard für die Datenträgerüberlassung (GDPdU/GoBD), 1 September 2004.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from lxml import etree

from billing.money import plain_decimal

INDEX, DTD = "index.xml", "gdpdu-01-09-2004.dtd"


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    DATE = "date"
    WHOLE = "whole"
    MONEY = "money"  # In units of the currency, with its decimals: 2, none or 3.
    EXACT = "exact"  # Quantities, unit prices and percents.


_ACCURACY = {Kind.WHOLE: 0, Kind.MONEY: 3, Kind.EXACT: 12}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `refers_to` names the table whose key it holds."""

    name: str
    kind: Kind
    description: str
    refers_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the archive; its first `keys` columns name a row."""

    name: str
    description: str
    columns: Sequence[Column]
    keys: int = 1

    @property
    def file(self) -> str:
        """Where it lies in the archive."""
        return f"{self.name}.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """Whose data it is."""

    name: str
    location: str
    comment: str


def csv_row(table: Table, values: Sequence[object]) -> bytes:
    """Return a row of a table: semicolons, decimal comma, texts in quotation marks, CRLF."""
    cells = zip(table.columns, values, strict=True)
    return (";".join(_cell(column.kind, value) for column, value in cells) + "\r\n").encode()


def csv_names(table: Table) -> bytes:
    """Return the first row of a table: the names of its columns."""
    return (";".join(f'"{column.name}"' for column in table.columns) + "\r\n").encode()


def index_xml(
    tables: Sequence[Table], supplier: Supplier, *, first_day: date, last_day: date
) -> bytes:
    """Return the description of the tables."""
    root = etree.Element("DataSet")
    _text(root, "Version", "1.0")
    named = etree.SubElement(root, "DataSupplier")
    _text(named, "Name", supplier.name)
    _text(named, "Location", supplier.location)
    _text(named, "Comment", supplier.comment)
    media = etree.SubElement(root, "Media")
    _text(media, "Name", f"{supplier.name} {first_day} - {last_day}")
    for table in tables:
        media.append(_table(table, first_day, last_day))
    return etree.tostring(
        root,
        xml_declaration=True,
        encoding="UTF-8",
        pretty_print=True,
        doctype=f'<!DOCTYPE DataSet SYSTEM "{DTD}">',
    )


def _table(table: Table, first_day: date, last_day: date) -> etree._Element:
    element = etree.Element("Table")
    _text(element, "URL", table.file)
    _text(element, "Name", table.name)
    _text(element, "Description", table.description)
    validity = etree.SubElement(etree.SubElement(element, "Validity"), "Range")
    _text(validity, "From", first_day.strftime("%d.%m.%Y"))
    _text(validity, "To", last_day.strftime("%d.%m.%Y"))
    etree.SubElement(element, "UTF8")
    _text(element, "DecimalSymbol", ",")
    _text(element, "DigitGroupingSymbol", ".")
    _text(etree.SubElement(element, "Range"), "From", "2")  # The first row names the columns.
    rows = etree.SubElement(element, "VariableLength")
    _text(rows, "ColumnDelimiter", ";")
    _text(rows, "RecordDelimiter", "\r\n")
    _text(rows, "TextEncapsulator", '"')
    for number, column in enumerate(table.columns):
        rows.append(_column(column, is_key=number < table.keys))
    for column in table.columns:
        if column.refers_to:
            key = etree.SubElement(rows, "ForeignKey")
            _text(key, "Name", column.name)
            _text(key, "References", column.refers_to)
    return element


def _column(column: Column, *, is_key: bool) -> etree._Element:
    element = etree.Element("VariablePrimaryKey" if is_key else "VariableColumn")
    _text(element, "Name", column.name)
    _text(element, "Description", column.description)
    if column.kind == Kind.TEXT:
        etree.SubElement(element, "AlphaNumeric")
    elif column.kind == Kind.DATE:
        _text(etree.SubElement(element, "Date"), "Format", "YYYY-MM-DD")
    else:
        number = etree.SubElement(element, "Numeric")
        _text(number, "Accuracy", str(_ACCURACY[column.kind]))
    return element


def _text(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text


def _cell(kind: Kind, value: object) -> str:
    return "" if value is None else _WRITTEN[kind](value)


def _quoted(value: object) -> str:
    return '"' + _plain(value).replace('"', '""') + '"'


def _money(value: Any) -> str:
    return format(value, "f").replace(".", ",")


def _exact(value: Any) -> str:
    return plain_decimal(value).replace(".", ",")


def _day(value: Any) -> str:
    return str(value.isoformat())


_WRITTEN: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _quoted,
    Kind.DATE: _day,
    Kind.WHOLE: str,
    Kind.MONEY: _money,
    Kind.EXACT: _exact,
}


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    # A record is a line: what breaks lines within a text would break the table.
    return " ".join(str(value).split("\n")).replace("\r", " ")


DOCUMENT_TYPE = b"""<?xml version="1.0" encoding="UTF-8"?>
<!ELEMENT DataSet (Extension*, Version, DataSupplier?, Command*, Media+, Command*)>
<!ELEMENT Extension (Name, URL)>
<!ELEMENT DataSupplier (Name, Location, Comment)>
<!ELEMENT Media (Name, Command*, (Table+, Command*)?, AcceptNoTables?)>
<!ELEMENT Table (URL, Name?, Description?, Validity?,
  (ANSI | Macintosh | OEM | UTF16 | UTF7 | UTF8)?, (DecimalSymbol, DigitGroupingSymbol)?,
  SkipNumBytes?, Range?, Epoch?, (VariableLength | FixedLength))>
<!ELEMENT Validity (Range, Format?)>
<!ELEMENT Range (From, (To | Length)?)>
<!ELEMENT VariableLength (ColumnDelimiter?, RecordDelimiter?, TextEncapsulator?,
  ((VariablePrimaryKey+, VariableColumn*) | (VariableColumn+)), ForeignKey*)>
<!ELEMENT VariablePrimaryKey (Name, Description?, (Numeric | (AlphaNumeric, MaxLength?) | Date),
  Map*)>
<!ELEMENT VariableColumn (Name, Description?, (Numeric | (AlphaNumeric, MaxLength?) | Date), Map*)>
<!ELEMENT FixedLength ((Length | RecordDelimiter)?,
  ((FixedPrimaryKey+, FixedColumn*) | (FixedColumn+)), ForeignKey*)>
<!ELEMENT FixedPrimaryKey (Name, Description?, (Numeric | AlphaNumeric | Date), Map*, FixedRange)>
<!ELEMENT FixedColumn (Name, Description?, (Numeric | AlphaNumeric | Date), Map*, FixedRange)>
<!ELEMENT FixedRange (From, (To | Length))>
<!ELEMENT ForeignKey (Name+, References, Alias*)>
<!ELEMENT Alias (From, To)>
<!ELEMENT Map (Description?, From, To)>
<!ELEMENT Numeric ((ImpliedAccuracy | Accuracy)?)>
<!ELEMENT Date (Format?)>
<!ELEMENT AlphaNumeric EMPTY>
<!ELEMENT ANSI EMPTY>
<!ELEMENT Macintosh EMPTY>
<!ELEMENT OEM EMPTY>
<!ELEMENT UTF16 EMPTY>
<!ELEMENT UTF7 EMPTY>
<!ELEMENT UTF8 EMPTY>
<!ELEMENT Version (#PCDATA)>
<!ELEMENT Name (#PCDATA)>
<!ELEMENT Location (#PCDATA)>
<!ELEMENT Comment (#PCDATA)>
<!ELEMENT Description (#PCDATA)>
<!ELEMENT URL (#PCDATA)>
<!ELEMENT Command (#PCDATA)>
<!ELEMENT AcceptNoTables (#PCDATA)>
<!ELEMENT DecimalSymbol (#PCDATA)>
<!ELEMENT DigitGroupingSymbol (#PCDATA)>
<!ELEMENT SkipNumBytes (#PCDATA)>
<!ELEMENT Epoch (#PCDATA)>
<!ELEMENT From (#PCDATA)>
<!ELEMENT To (#PCDATA)>
<!ELEMENT Length (#PCDATA)>
<!ELEMENT Format (#PCDATA)>
<!ELEMENT ColumnDelimiter (#PCDATA)>
<!ELEMENT RecordDelimiter (#PCDATA)>
<!ELEMENT TextEncapsulator (#PCDATA)>
<!ELEMENT MaxLength (#PCDATA)>
<!ELEMENT ImpliedAccuracy (#PCDATA)>
<!ELEMENT Accuracy (#PCDATA)>
<!ELEMENT References (#PCDATA)>
"""
