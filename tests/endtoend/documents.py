"""Documents as the API gives them and as the pure engine makes them, in one form to compare."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from billing.pricing.prices import COMMITMENT
from billing.simulation.output import show_documents
from billing.simulation.scenario import Document

PLACES = Decimal("1e-10")  # Late usage is the difference of two figures of 12 places.
Shown = dict[str, Any]


def of_engine(documents: Iterable[Document]) -> list[Shown]:
    """Return what the pure engine made; documents of one day in an order of their own."""
    return _sorted(_engine_document(shown) for shown in show_documents(documents))


def of_api(documents: Iterable[Shown], codes: Mapping[str, str]) -> list[Shown]:
    """Return what the API gives; `codes` are the codes of the prices by their ids."""
    return _sorted(_api_document(shown, codes) for shown in documents)


def _sorted(documents: Iterable[Shown]) -> list[Shown]:
    return sorted(documents, key=lambda shown: (shown["date"], repr(shown)))


def _engine_document(shown: Shown) -> Shown:
    return {
        "date": shown["date"],
        "kind": shown["kind"],
        "currency": shown["currency"],
        "sums": [shown["net"], shown["tax"], shown["gross"]],
        "taxes": sorted(
            [tax["category"], tax["rate"], tax["base"], tax["tax"]] for tax in shown["taxes"]
        ),
        "lines": sorted(
            (
                _line(
                    price=line["price"],
                    text="" if line["price"] == COMMITMENT else line["text"],
                    days=[line["start"], line["end"]],
                    figures=[line["quantity"], line["unit_price"], line["net"]],
                    tax=[line["tax_category"], line["tax_rate"]],
                )
                for line in shown["lines"]
            ),
            key=repr,
        ),
    }


def _api_document(shown: Shown, codes: Mapping[str, str]) -> Shown:
    return {
        "date": shown["issue_date"],
        "kind": shown["kind"],
        "currency": shown["currency"],
        "sums": [shown[name]["amount"] for name in ("net", "tax", "gross")],
        "taxes": sorted(
            [tax["category"], tax["percent"], tax["base"]["amount"], tax["tax"]["amount"]]
            for tax in shown["taxes"]
        ),
        "lines": sorted((_api_line(line, codes) for line in shown["lines"]), key=repr),
    }


def _api_line(line: Shown, codes: Mapping[str, str]) -> Shown:
    price = codes[line["price"]] if line["price"] else None
    if price is None and line["subscription"]:
        price = COMMITMENT
    return _line(
        price=price,
        text="" if price == COMMITMENT else line["text"],
        days=[None, None] if line["order"] else [line["starts_on"], line["ends_on"]],
        figures=[line["quantity"], line["unit_price"], line["net"]["amount"]],
        tax=[line["tax_category"], line["tax_percent"]],
    )


def _line(
    *,
    price: str | None,
    text: str,
    days: list[str | None],
    figures: list[str | None],
    tax: list[str],
) -> Shown:
    return {
        "price": price,
        "text": text,
        "days": days,
        "figures": [figure and _number(figure) for figure in figures],
        "tax": tax,
    }


def _number(figure: str) -> str:
    """Return a figure in one form, to the places that can be compared."""
    return format(Decimal(figure).quantize(PLACES).normalize(), "f")
