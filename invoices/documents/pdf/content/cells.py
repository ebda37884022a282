"""What stands in the cells of a line, and what is written like it elsewhere."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from invoices.documents.pdf.content.table import Table
from invoices.documents.pdf.glyphs import breakable
from invoices.documents.pdf.template import Column
from invoices.documents.pdf.words.words import Words
from invoices.documents.semantic.codes import Category
from invoices.documents.semantic.document import Document
from invoices.documents.semantic.lines import AllowanceCharge, Line

# Which exemption it is stands below the sums; a column of rates has no room for it.
_EXEMPT: Final = (Category.EXEMPT, Category.INTRA_COMMUNITY, Category.EXPORT)


def cell(column: Column, line: Line, table: Table) -> str:
    """Return what a line says in a column. The quantity has its unit, unless a column has it."""
    if column is Column.QUANTITY and Column.UNIT not in table.shown:
        return table.words.quantity(line.quantity, line.unit)
    return _CELLS[column](line, table.document.currency, table.words)


def adjustment(each: AllowanceCharge, document: Document, words: Words) -> tuple[str, str]:
    """Return an allowance or charge: what for, and what it adds to the sum."""
    reason = each.reason or words.say("charge" if each.is_charge else "allowance")
    if each.percent is not None and each.base is not None:
        reason = words.say(
            "percent_of",
            reason=reason,
            percent=words.percent(each.percent),
            base=words.amount(each.base, document.currency),
        )
    return reason, words.amount(each.signed, document.currency)


def rate_of(line: Line, words: Words) -> str:
    """Return a line's VAT rate, or in short why it has none."""
    category, rate = line.vat.category, line.vat.rate
    if rate is None or not category.is_taxed:
        return words.categories[Category.EXEMPT if category in _EXEMPT else category]
    return words.percent(rate)


def per(line: Line, words: Words) -> str:
    """Return for how many units the price is, unless for one."""
    base = line.price.base_quantity
    if base is None or base == Decimal(1):
        return ""
    return words.say("per", quantity=words.quantity(base, line.unit))


_CELLS: Final[dict[Column, Callable[[Line, str, Words], str]]] = {
    Column.POSITION: lambda line, _currency, _words: line.id,
    Column.ARTICLE: lambda line, _currency, _words: breakable(line.item.sellers_id, 10),
    Column.PERIOD: lambda line, _currency, words: words.span(line.period) if line.period else "",
    Column.QUANTITY: lambda line, _currency, words: words.number(line.quantity),
    Column.UNIT: lambda line, _currency, words: words.unit(line.quantity, line.unit),
    Column.UNIT_PRICE: lambda line, currency, words: words.price(line.price.amount, currency),
    Column.VAT_RATE: lambda line, _currency, words: rate_of(line, words),
    Column.NET: lambda line, currency, words: words.amount(line.net, currency),
}
