"""A scenario's result as JSON says it: money with all places of its currency, as strings."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from billing.money import from_minor, minor_digits, plain_decimal
from billing.simulation.reading import Case, scenario_of
from billing.simulation.run import run
from billing.simulation.scenario import BadScenario, Document, DocumentLine

Shown = dict[str, Any]


def tell(case: Case) -> Shown:
    """Return what comes of a scenario: its title with its invoices, or with what is wrong."""
    try:
        return tell_invoices(case)
    except BadScenario as refusal:
        return {"title": case.title, "error": str(refusal)}


def tell_invoices(case: Case) -> Shown:
    """
    Return a scenario's title with its invoices.

    :raises BadScenario: if it could not be read, or can't be run.
    """
    return {"title": case.title, "invoices": show_documents(run(scenario_of(case)))}


def show_documents(documents: Iterable[Document]) -> list[Shown]:
    """Return documents in the form of the output."""
    return [_document(each) for each in documents]


def _document(document: Document) -> Shown:
    currency = document.currency
    return {
        "date": document.on.isoformat(),
        "kind": document.kind,
        "currency": currency,
        "net": _money(document.net_minor, currency),
        "tax": _money(document.tax_minor, currency),
        "gross": _money(document.gross_minor, currency),
        "taxes": [
            {
                "category": tax.category,
                "rate": plain_decimal(tax.percent),
                "base": _money(tax.base_minor, currency),
                "tax": _money(tax.tax_minor, currency),
            }
            for tax in document.taxes
        ],
        "lines": [_line(line, currency) for line in document.lines],
    }


def _line(line: DocumentLine, currency: str) -> Shown:
    is_of_order = line.price is None
    return {
        "price": line.price,
        "text": line.text,
        "start": None if is_of_order else _day(line.starts_on),
        "end": None if is_of_order else _day(line.ends_on),
        "quantity": plain_decimal(line.quantity),
        "unit_price": None if line.unit_price is None else _price(line.unit_price, currency),
        "net": _money(line.net_minor, currency),
        "tax_category": line.tax_category,
        "tax_rate": plain_decimal(line.tax_percent),
        "explanation": _plain(line.explanation),
    }


def _money(amount_minor: int, currency: str) -> str:
    return format(from_minor(amount_minor, currency), "f")


def _price(unit_price: Decimal, currency: str) -> str:
    """Return a unit price with the places of its currency, or as many more as it has."""
    text = plain_decimal(unit_price)
    places = len(text.partition(".")[2])
    return format(unit_price, f".{max(places, minor_digits(currency))}f")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _plain(value: Any) -> Any:
    """Return facts with what JSON doesn't know as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return plain_decimal(value)
    return value if value is None or isinstance(value, str | int) else str(value)
