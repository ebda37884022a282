"""What a scenario expects against what came of it: the differences, as lines to read."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from billing.simulation.matching import match

_SETS = ("lines", "taxes")
Shown = Mapping[str, Any]


def differences(expect: Shown, result: Shown) -> list[str]:
    """
    Return where a result, in the form of the output, is not what was expected; empty if it is.

    Only what is expected is compared: lines and taxes as sets of equal size, invoices in order of
    date (those of one day in any order), money and quantities by value, an error by a part of it.
    """
    if "error" in expect:
        return list(_error(str(expect["error"]), result))
    if "error" in result:
        return [f"error: no error was expected, but it is: {result['error']}"]
    return list(_invoices(expect["invoices"], result["invoices"]))


def _error(part: str, result: Shown) -> Iterator[str]:
    if "error" not in result:
        yield (
            f"error: expected one with {part!r}, but {len(result['invoices'])} invoices were made"
        )
    elif part.casefold() not in str(result["error"]).casefold():
        yield f"error: expected {part!r} in it, but it is: {result['error']}"


def _invoices(expected: Sequence[Shown], actual: Sequence[Shown]) -> Iterator[str]:
    actual = sorted(actual, key=lambda invoice: str(invoice["date"]))
    if all("date" in invoice for invoice in expected):
        expected = sorted(expected, key=lambda invoice: str(invoice["date"]))
    if len(expected) != len(actual):
        yield f"invoices: expected {len(expected)}, but there are {len(actual)}"
        yield from (f"  expected: {_head(invoice)}" for invoice in expected)
        yield from (f"  actual:   {_head(invoice)}" for invoice in actual)
        return
    start = 0
    for _, group in groupby(actual, key=lambda invoice: invoice["date"]):
        of_day = list(group)
        end = start + len(of_day)
        yield from _of_day(expected[start:end], of_day, start)
        start = end


def _of_day(expected: Sequence[Shown], actual: Sequence[Shown], first: int) -> Iterator[str]:
    """Yield what differs between the invoices of one day, the first of which has a number."""
    for here, there in enumerate(_paired(expected, actual)):
        path = f"invoices[{first + here}] {actual[there]['date']}"
        yield from _record(expected[here], actual[there], path)


def _record(expected: Shown, actual: Shown, path: str) -> Iterator[str]:
    for name, value in expected.items():
        below = f"{path} {name}"
        if name in _SETS and isinstance(value, list):
            yield from _set(value, actual[name], below)
        elif name not in actual:
            yield f"{below}: expected {_said(value)}, but there is none"
        elif isinstance(value, Mapping) and isinstance(actual[name], Mapping):
            yield from _record(value, actual[name], below)
        elif not is_same(value, actual[name]):
            yield f"{below}: expected {_said(value)}, but it is {_said(actual[name])}"


def _set(expected: Sequence[Shown], actual: Sequence[Shown], path: str) -> Iterator[str]:
    if len(expected) != len(actual):
        yield f"{path}: expected {len(expected)}, but there are {len(actual)}"
        yield from (f"  expected: {_row(row)}" for row in expected)
        yield from (f"  actual:   {_row(row)}" for row in actual)
        return
    for here, there in enumerate(_paired(expected, actual)):
        yield from _record(expected[here], actual[there], f"{path}[{here}]")


def _paired(expected: Sequence[Shown], actual: Sequence[Shown]) -> list[int]:
    """Return which actual one belongs to each expected one; what fits nowhere, to the nearest."""
    if all(map(is_same, expected, actual)):
        return list(range(len(expected)))
    partners = match([[is_same(one, other) for other in actual] for one in expected])
    left = [there for there in range(len(actual)) if there not in partners]
    return [
        left.pop(_nearest(expected[here], [actual[each] for each in left]))
        if there is None
        else there
        for here, there in enumerate(partners)
    ]


def _nearest(expected: Shown, actual: Sequence[Shown]) -> int:
    counts = [sum(1 for _ in _record(expected, each, "")) for each in actual]
    return counts.index(min(counts))


def is_same(expected: Any, actual: Any) -> bool:
    """Return whether a value is the expected one; numbers are by value, however written."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return next(_record(expected, actual, ""), None) is None
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(is_same, expected, actual))
    if expected is None or actual is None or isinstance(expected, bool):
        return expected is actual
    return str(expected) == str(actual) or _number(expected) == _number(actual) is not None


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _head(invoice: Shown) -> str:
    return " ".join(str(invoice[name]) for name in ("date", "kind", "net") if name in invoice)


def _row(row: Shown) -> str:
    names = ("price", "text", "start", "end", "quantity", "net", "category", "rate", "base", "tax")
    return ", ".join(f"{name} {_said(row[name])}" for name in names if name in row)


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)
