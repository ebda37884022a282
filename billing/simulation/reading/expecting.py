"""What a scenario expects: only known keys, so that no expectation is passed over."""

from collections.abc import Callable
from typing import Any

from billing.simulation.reading.fields import Fields
from billing.simulation.reading.nodes import Told
from billing.simulation.reading.values import day_of, decimal_of, one_of, text_of
from billing.simulation.scenario import BadScenario

Read = Callable[[Told, str], Any]


def expectation(scenario: Fields) -> dict[str, Any] | None:
    """
    Return what is expected, in the form of the output; numbers are `Decimal`, null is None.

    :raises BadScenario: if a key isn't known, or both invoices and an error are expected.
    """
    if not scenario.given("expect"):
        return None
    fields = Fields(scenario.at("expect"), "expect", ("invoices", "error"))
    if fields.given("error") == fields.given("invoices"):
        raise BadScenario(
            "expect holds either invoices (a list, maybe empty) or error (a part of the message).",
            where=fields.where,
        )
    if fields.given("error"):
        return {"error": fields.text("error")}
    return {"invoices": _each(fields.at("invoices"), "invoices", _invoice)}


def _day(told: Told, name: str) -> str:
    return day_of(told, name).isoformat()


def _kind(told: Told, name: str) -> str:
    return one_of(told, name, ("invoice", "credit_note"))


def _free(told: Told, name: str) -> Any:
    """Return what stands in an explanation, whatever its form."""
    if isinstance(told.value, dict):
        return {key: _free(each, key) for key, each in told.value.items()}
    if isinstance(told.value, list):
        return [_free(each, name) for each in told.value]
    return told.value


def _lines(told: Told, name: str) -> list[Any]:
    return _each(told, name, _line)


def _taxes(told: Told, name: str) -> list[Any]:
    return _each(told, name, _tax)


def _invoice(told: Told) -> dict[str, Any]:
    return _record(told, "an expected invoice", _INVOICE)


def _line(told: Told) -> dict[str, Any]:
    return _record(told, "an expected line", _LINE)


def _tax(told: Told) -> dict[str, Any]:
    return _record(told, "an expected tax", _TAX)


_INVOICE: dict[str, Read] = {
    "date": _day,
    "kind": _kind,
    "currency": text_of,
    "net": decimal_of,
    "tax": decimal_of,
    "gross": decimal_of,
    "taxes": _taxes,
    "lines": _lines,
}
_LINE: dict[str, Read] = {
    "price": text_of,
    "text": text_of,
    "start": _day,
    "end": _day,
    "quantity": decimal_of,
    "unit_price": decimal_of,
    "net": decimal_of,
    "tax_category": text_of,
    "tax_rate": decimal_of,
    "explanation": _free,
}
_TAX: dict[str, Read] = {
    "category": text_of,
    "rate": decimal_of,
    "base": decimal_of,
    "tax": decimal_of,
}


def _record(told: Told, what: str, known: dict[str, Read]) -> dict[str, Any]:
    entries = Fields(told, what, known).entries
    return {
        name: None if each.value is None else known[name](each, name)
        for name, each in entries.items()
        if each.value is not None or known[name] not in (_lines, _taxes)
    }


def _each(told: Told, name: str, read: Callable[[Told], Any]) -> list[Any]:
    if not isinstance(told.value, list):
        raise BadScenario(f"{name} must be a list.", where=told.where)
    return [read(each) for each in told.value]
