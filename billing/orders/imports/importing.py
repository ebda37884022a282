"""Importing a file of orders, chunk by chunk: each is recorded wholly or not at all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from billing.money import EXACT, to_minor
from billing.orders.commands import BulkOrder, Loaded, place_orders
from billing.orders.imports.columns import Columns
from billing.orders.imports.files import Row
from billing.orders.imports.rows import RowRefused, Terms, read_order


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that wasn't imported, and why."""

    row: Row
    reasons: list[str]


@dataclass(slots=True, kw_only=True)
class Summary:
    """What became of a file's rows. `sums` are the amounts of the new orders, in minor units."""

    rows: int = 0
    customers_new: int = 0
    orders_new: int = 0
    already_there: int = 0
    refused: int = 0
    sums: dict[str, int] = field(default_factory=dict)

    def add(self, loaded: Loaded) -> None:
        """Add what became of a chunk."""
        self.customers_new += loaded.customers_new
        self.orders_new += len(loaded.new)
        self.already_there += len(loaded.known)
        for order in loaded.new:
            amount = to_minor(EXACT.multiply(order.quantity, order.unit_price), order.currency)
            self.sums[order.currency] = self.sums.get(order.currency, 0) + amount


def import_chunk(
    rows: Iterable[Row], *, columns: Columns, terms: Terms, at: datetime, summary: Summary
) -> Iterator[Refusal]:
    """Record a chunk's orders in one transaction, add to the summary, and yield what is refused."""
    orders: dict[int, tuple[BulkOrder, Row]] = {}
    refusals: list[Refusal] = []
    for row in rows:
        summary.rows += 1
        try:
            order = read_order(_cells(row, columns), terms)
            orders[id(order)] = order, row
        except RowRefused as refused:
            refusals.append(Refusal(row, refused.reasons))
    given = [order for order, _ in orders.values()]
    loaded = place_orders(seller=terms.seller, orders=given, at=at)
    summary.add(loaded)
    refusals += [Refusal(orders[id(order)][1], [reason]) for order, reason in loaded.refused]
    summary.refused += len(refusals)
    yield from sorted(refusals, key=lambda refusal: refusal.row.line)


def _cells(row: Row, columns: Columns) -> dict[str, str]:
    if row.wrong:
        raise RowRefused([row.wrong])
    if len(row.cells) != columns.width:
        raise RowRefused([f"has {len(row.cells)} columns, the header {columns.width}"])
    return columns.cells(row.cells)
