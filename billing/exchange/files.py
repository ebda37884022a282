"""Files of rates of exchange: the ECB's history, and a simple CSV."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from billing.exchange.commands import NewRate
from billing.exchange.models import DAY, MONTH
from billing.money import UnknownCurrency, minor_digits

_UNKNOWN = {"", "N/A"}


class RatesUnreadable(Exception):
    """A file of rates can't be read; the text says where and why."""


def rates_in(lines: Iterable[str]) -> Iterator[NewRate]:
    """
    Yield the rates of a file, by its first line.

    The ECB's (eurofxref-hist.csv) has a column Date and one for each currency. A simple one has the
    columns currency, rate, day or month (2026-01), and where wanted base and source.

    :raises RatesUnreadable: if it has other columns, or a cell makes no sense.
    """
    reader = csv.DictReader(lines, delimiter=",")
    names = {name.strip().lower(): name for name in reader.fieldnames or () if name.strip()}
    if "rate" in names and "currency" in names and ("day" in names or "month" in names):
        read = _simple
    elif "date" in names and "rate" not in names:
        read = _of_ecb
    else:
        raise RatesUnreadable(
            "The first line must name the columns: currency, rate, and day or month; or it is the "
            "ECB's file, with Date and a column for each currency."
        )
    for row in reader:
        cells = {name: (row.get(named) or "").strip() for name, named in names.items()}
        try:
            yield from read(cells)
        except (ValueError, InvalidOperation) as wrong:
            raise RatesUnreadable(f"Line {reader.line_num}: {wrong}.") from wrong


def _of_ecb(cells: Mapping[str, str]) -> Iterator[NewRate]:
    day = date.fromisoformat(cells["date"])
    for name, value in cells.items():
        # Its history holds currencies that are no more: nothing can be charged in them.
        if name != "date" and value not in _UNKNOWN and _is_currency(name.upper()):
            yield NewRate(currency=name.upper(), base="EUR", rate=_number(value), day=day)


def _is_currency(code: str) -> bool:
    try:
        minor_digits(code)
    except UnknownCurrency:
        return False
    return True


def _simple(cells: Mapping[str, str]) -> Iterator[NewRate]:
    month, day = cells.get("month", ""), cells.get("day", "")
    if bool(month) == bool(day):
        raise ValueError("give a day (2026-01-31) or a month (2026-01)")
    yield NewRate(
        currency=cells["currency"].upper(),
        base=cells.get("base", "").upper(),
        rate=_number(cells["rate"]),
        day=date.fromisoformat(f"{month}-01" if month else day),
        period=MONTH if month else DAY,
        source=cells.get("source", ""),
    )


def _number(text: str) -> Decimal:
    number = Decimal(text) if text.replace(".", "", 1).isdigit() and text.isascii() else None
    if number is None:
        raise ValueError(f"{text!r} is no rate: write it as 1.0823")
    return number
