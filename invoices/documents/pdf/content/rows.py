"""The line table: its columns, and what stands in each row."""

from typing import Final

from invoices.documents.pdf.content.cells import adjustment, cell, per, rate_of
from invoices.documents.pdf.content.table import Table
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.template import Column
from invoices.documents.semantic.document import ZERO
from invoices.documents.semantic.lines import Line

DESCRIPTION: Final = "description"
_STANDARDS: Final = {"0160": "GTIN"}
_LEFT: Final = {Column.POSITION, Column.ARTICLE, Column.PERIOD, Column.UNIT}
# A row of more text than this may be broken over pages: it might be higher than one.
_LONGEST_WHOLE: Final = 1500


def columns(table: Table) -> list[dict[str, str]]:
    """Return the columns in their natural order: name, label, alignment."""
    shown = [column for column in Column if column in table.shown]
    named = [(str(column), "left" if column in _LEFT else "right") for column in shown]
    first = {Column.POSITION, Column.ARTICLE}
    named.insert(len(first.intersection(shown)), (DESCRIPTION, "left"))
    return [{"name": name, "label": table.words.say(name), "align": side} for name, side in named]


def rows(table: Table, printing: Printing) -> list[dict[str, object]]:
    """Return the rows, each with the sum carried from it on."""
    found, carried = [], ZERO
    for line in table.document.lines:
        carried += line.net
        sums = {"carried": table.words.amount(carried, table.document.currency)}
        found.append(_row(line, table, _explanation(line, printing)) | sums)
    return found


def _row(line: Line, table: Table, explanation: str) -> dict[str, object]:
    document, words, item = table.document, table.words, line.item
    facts = " · ".join(_facts(line, table))
    length = sum(map(len, (item.name, item.description, facts, line.note, explanation)))
    return {
        "cells": {str(column): cell(column, line, table) for column in table.shown},
        "per": per(line, words) if Column.UNIT_PRICE in table.shown else "",
        "name": item.name,
        "small": [text for text in (item.description, facts, line.note) if text.strip()],
        "adjustments": [adjustment(each, document, words) for each in line.allowances_charges],
        "explanation": explanation,
        "whole": length <= _LONGEST_WHOLE,
    }


def _explanation(line: Line, printing: Printing) -> str:
    if not printing.template.shows_explanations:
        return ""
    said = (line.item.name.strip(), line.item.description.strip())
    explanation = printing.explanations.get(line.id, "").strip()
    return "" if explanation in said else explanation


def _facts(line: Line, table: Table) -> list[str]:
    """Return what has no column: where it stands is the template's choice, not whether."""
    words, shown = table.words, table.shown
    many_rates = len(table.document.vat_groups) > 1
    origin = line.item.origin_country
    facts = (
        words.span(line.period) if line.period and Column.PERIOD not in shown else "",
        _price_in_words(line, table),
        words.say("vat_is", rate=rate_of(line, words))
        if Column.VAT_RATE not in shown and many_rates
        else "",
        *_identifiers(line, table),
        words.say("order_line_is", line=line.order_line) if line.order_line else "",
        words.say("origin", country=words.country(origin)) if origin else "",
        *(f"{name}: {value}" for name, value in line.item.attributes),
    )
    return [fact for fact in facts if fact.strip()]


def _identifiers(line: Line, table: Table) -> list[str]:
    item = line.item
    found = []
    if item.sellers_id and Column.ARTICLE not in table.shown:
        found.append(table.words.say("article_is", article=item.sellers_id))
    if item.buyers_id:
        found.append(table.words.say("buyers_article_is", article=item.buyers_id))
    if item.standard_id is not None:
        scheme = _STANDARDS.get(item.standard_id.scheme, "")
        found.append(f"{scheme} {item.standard_id.value}".strip())
    return found


def _price_in_words(line: Line, table: Table) -> str:
    """Return quantity and price unless both have a column: the law wants the quantity."""
    if {Column.QUANTITY, Column.UNIT_PRICE} <= table.shown:
        return ""
    words = table.words
    price = words.price(line.price.amount, table.document.currency)
    return words.say(
        "quantity_at",
        quantity=words.quantity(line.quantity, line.unit),
        price=" ".join(text for text in (price, per(line, words)) if text),
    )
