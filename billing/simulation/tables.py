"""A scenario's result as text for people: each document with its lines as a table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_HEAD = ("price or text", "from", "to (excl.)", "quantity", "unit price", "net", "tax")
_NUMBERS = {3, 4, 5}
_WIDEST = 40


def tell_tables(result: Mapping[str, Any]) -> str:
    """Return a scenario's title and its documents, or what is wrong with it."""
    lines = [str(result["title"])]
    if "error" in result:
        return "\n".join([*lines, f"  refused: {result['error']}"])
    for document in result["invoices"]:
        lines += ["", *_document(document)]
    if not result["invoices"]:
        lines.append("  no invoices")
    return "\n".join(lines)


def _document(document: Mapping[str, Any]) -> Iterator[str]:
    kind = str(document["kind"]).replace("_", " ")
    sums = "  ".join(f"{name} {document[name]}" for name in ("net", "tax", "gross"))
    yield f"  {document['date']}  {kind}  {sums} {document['currency']}"
    rows = [_HEAD, *(_cells(line) for line in document["lines"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        yield "    " + _aligned(row, widths)
    for tax in document["taxes"]:
        yield f"    {tax['category']} {tax['rate']} % of {tax['base']}: {tax['tax']}"


def _cells(line: Mapping[str, Any]) -> tuple[str, ...]:
    named = str(line["price"] or line["text"])
    return (
        named if len(named) <= _WIDEST else f"{named[: _WIDEST - 1]}…",
        line["start"] or "",
        line["end"] or "",
        line["quantity"],
        line["unit_price"] or "",
        line["net"],
        f"{line['tax_category']} {line['tax_rate']} %",
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        cell.rjust(width) if column in _NUMBERS else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()
