"""Which of a template's columns a document has something for, and room."""

from dataclasses import replace
from typing import Final

from invoices.documents.pdf.content.cells import cell
from invoices.documents.pdf.content.table import Table
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.template import Column
from invoices.documents.pdf.words.words import Words
from invoices.documents.semantic.document import Document

# In this order columns go where there are too many; then they stand in small print.
_DISPENSABLE: Final = (
    Column.UNIT,
    Column.ARTICLE,
    Column.PERIOD,
    Column.VAT_RATE,
    Column.UNIT_PRICE,
    Column.QUANTITY,
    Column.POSITION,
)
_OPTIONAL: Final = (Column.ARTICLE, Column.PERIOD)
# Millimetres, as `invoice.typ` sets them: figures are the widest signs in a cell.
_WIDTHS: Final = {Column.ARTICLE: 22.0, Column.PERIOD: 22.0}
_OF_A_FIGURE: Final = 1.85
_OF_A_LETTER: Final = 1.55
_BETWEEN: Final = 3.2
_ROOM: Final = 165.0 - 30.0  # The rest is for the description.


def table_of(document: Document, printing: Printing, words: Words) -> Table:
    """Return the table with those of the template's columns that aren't empty and have room."""
    table = Table(document, words, printing.template.columns)
    empty = {column for column in _OPTIONAL if not any(_texts(column, table))}
    table = replace(table, shown=table.shown - empty)
    for column in _DISPENSABLE:
        if _width(table) <= _ROOM:
            break
        table = replace(table, shown=table.shown - {column})
    return table


def _texts(column: Column, table: Table) -> list[str]:
    return [cell(column, line, table) for line in table.document.lines]


def _width(table: Table) -> float:
    return sum(_BETWEEN + _width_of(column, table) for column in table.shown)


def _width_of(column: Column, table: Table) -> float:
    if column in _WIDTHS:
        return _WIDTHS[column]
    widest = max(map(len, _texts(column, table)), default=0)
    return max(widest * _OF_A_FIGURE, len(table.words.say(column)) * _OF_A_LETTER)
