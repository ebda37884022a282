"""The line table: its columns, and what stands in each row."""

from typing import Final

from invoices.documents.pdf.content.cells import adjustment, cell, per, rate_of
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.template import Column, Template
from invoices.documents.pdf.words.words import Words
from invoices.documents.semantic.document import ZERO, Document
from invoices.documents.semantic.lines import Line

DESCRIPTION: Final = "description"
_STANDARDS: Final = {"0160": "GTIN"}
_LEFT: Final = {Column.POSITION, Column.ARTICLE, Column.PERIOD, Column.UNIT}
# A row of more text than this may be broken over pages: it might be higher than one.
_LONGEST_WHOLE: Final = 1500


def columns(template: Template, words: Words) -> list[dict[str, str]]:
    """Return the columns in their natural order: name, label, alignment."""
    shown = [column for column in Column if column in template.columns]
    named = [(str(column), "left" if column in _LEFT else "right") for column in shown]
    first = {Column.POSITION, Column.ARTICLE}
    named.insert(len(first.intersection(shown)), (DESCRIPTION, "left"))
    return [{"name": name, "label": words.say(name), "align": side} for name, side in named]


def rows(document: Document, printing: Printing, words: Words) -> list[dict[str, object]]:
    """Return the rows, each with the sum carried from it on."""
    found, carried = [], ZERO
    for line in document.lines:
        carried += line.net
        row = _row(line, document, printing, words)
        found.append(row | {"carried": words.amount(carried, document.currency)})
    return found


def _row(line: Line, document: Document, printing: Printing, words: Words) -> dict[str, object]:
    shown, item = printing.template.columns, line.item
    explanation = _explanation(line, printing)
    facts = " · ".join(_facts(line, document, shown, words))
    length = sum(map(len, (item.name, item.description, facts, line.note, explanation)))
    return {
        "cells": {str(column): cell(column, line, document, shown, words) for column in shown},
        "per": per(line, words) if Column.UNIT_PRICE in shown else "",
        "name": item.name,
        "small": [text for text in (item.description, facts, line.note) if text.strip()],
        "adjustments": [adjustment(each, document, words) for each in line.allowances_charges],
        "explanation": explanation,
        "whole": length <= _LONGEST_WHOLE,
    }


def _explanation(line: Line, printing: Printing) -> str:
    if not printing.template.shows_explanations:
        return ""
    explanation = printing.explanations.get(line.id, "").strip()
    return (
        ""
        if explanation in (line.item.name.strip(), line.item.description.strip())
        else explanation
    )


def _facts(line: Line, document: Document, shown: frozenset[Column], words: Words) -> list[str]:
    """Return what has no column: where it stands is the template's choice, not whether."""
    return [
        text
        for text in (
            words.span(line.period) if line.period and Column.PERIOD not in shown else "",
            _price_in_words(line, document, shown, words),
            words.say("vat_is", rate=rate_of(line, words))
            if Column.VAT_RATE not in shown and len(document.vat_groups) > 1
            else "",
            *_identifiers(line, shown, words),
            words.say("order_line_is", line=line.order_line) if line.order_line else "",
            words.say("origin", country=words.country(line.item.origin_country))
            if line.item.origin_country
            else "",
            *(f"{name}: {value}" for name, value in line.item.attributes),
        )
        if text.strip()
    ]


def _identifiers(line: Line, shown: frozenset[Column], words: Words) -> list[str]:
    item = line.item
    found = []
    if item.sellers_id and Column.ARTICLE not in shown:
        found.append(words.say("article_is", article=item.sellers_id))
    if item.buyers_id:
        found.append(words.say("buyers_article_is", article=item.buyers_id))
    if item.standard_id is not None:
        scheme = _STANDARDS.get(item.standard_id.scheme, "")
        found.append(f"{scheme} {item.standard_id.value}".strip())
    return found


def _price_in_words(line: Line, document: Document, shown: frozenset[Column], words: Words) -> str:
    """Return quantity and price unless both have a column: the law wants the quantity."""
    if {Column.QUANTITY, Column.UNIT_PRICE} <= shown:
        return ""
    price = words.price(line.price.amount, document.currency)
    return words.say(
        "quantity_at",
        quantity=words.quantity(line.quantity, line.unit),
        price=" ".join(text for text in (price, per(line, words)) if text),
    )
