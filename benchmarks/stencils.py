"""
Invoices that are made of one that the engine wrote: the same rows with other ids, in the chain.

So rows are prepared without the engine: for contracts that were billed before, and for the limit of
what the database itself can store. That they are right is proven by `manage.py verify`.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, Self
from uuid import UUID

from django.db import connection, models, transaction

from billing.events.models import Attempt, Event
from billing.ids import new_id
from invoices.issuing.events import INVOICE_ISSUED
from invoices.issuing.models import Charge, Invoice, NumberSeries
from invoices.issuing.queries.content import content

CHUNK = 500
GIVEN_BY_DATABASE: dict[type[models.Model], tuple[str, ...]] = {
    Event: ("position",),
    Attempt: ("id",),
    Charge: ("ordinal",),
}

_TARGETS = """
    SELECT c.id::text AS contract, u.id::text AS customer, s.id::text AS subscription,
           h.id::text AS change, coalesce(e.id::text, '') AS event, u.name AS name,
           u.external_id AS external_id, u.street AS street
    FROM billing_contract c
    JOIN billing_customer u ON u.id = c.customer_id
    JOIN billing_subscription s ON s.contract_id = c.id
    JOIN billing_subscriptionchange h ON h.subscription_id = s.id
    LEFT JOIN billing_event e
           ON e.seller_id = c.seller_id AND e.idempotency_key = 'subscription.changed:' || h.id
"""

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows of some invoices, as text for COPY; and the series as it is behind them."""

    contract_ids: list[UUID]
    event_ids: list[UUID]
    rows: dict[type[models.Model], list[str]]
    sequence: int
    hash: str


class Stencil:
    """An invoice of one contract, to be made of the seller's others with the same subscription."""

    def __init__(self, invoice: Invoice, tokens: dict[str, str], *, with_event: bool) -> None:
        """Take its rows; `tokens` are the texts in them that differ, and what each stands for."""
        self.invoice, self.with_event = invoice, with_event
        lines = list(invoice.lines.order_by("position"))
        tokens |= {str(line.id): f"line_{line.position}" for line in lines}
        issued = Event.objects.get(seller=invoice.seller_id, type=INVOICE_ISSUED,
                                   stream_id=invoice.id)  # fmt: skip
        tokens |= {str(issued.id): "issued", str(invoice.id): "invoice", invoice.number: "number"}
        self._tokens = {**tokens, "@sequence@": "sequence", "@hash@": "hash",
                        "@previous_hash@": "previous_hash"}  # fmt: skip
        found = sorted(map(re.escape, self._tokens), key=len, reverse=True)
        self._pattern = re.compile(f"({'|'.join(found)})")
        self._fresh = ["issued", "invoice", *(f"line_{line.position}" for line in lines)]
        self._content = self._cut(self._canonical(lines))
        self._rows: list[tuple[type[models.Model], list[str]]] = [
            (Event, self._cut(row)) for row in _copied_out(Event, [issued.pk])
        ]
        self._rows += [(Charge, self._cut(row)) for row in
                       _copied_out(Charge, [line.pk for line in lines])]  # fmt: skip
        series = {"sequence": "'@sequence@'", "hash": "'@hash@'",
                  "previous_hash": "'@previous_hash@'"}  # fmt: skip
        self._rows += [(Invoice, self._cut(row)) for row in
                       _copied_out(Invoice, [invoice.pk], **series)]  # fmt: skip
        if with_event:
            self._add_event()

    @classmethod
    def of(cls, invoice: Invoice, *, with_event: bool) -> Self:
        """Return the stencil of an invoice; `with_event` makes the event that caused it too."""
        row = next(_rows(f"{_TARGETS} WHERE c.id = %s", [invoice.contract_id]))
        row["event"] = str(invoice.event_id)
        return cls(invoice, {text: name for name, text in row.items()}, with_event=with_event)

    def prepare(self, targets: Sequence[Row], *, sequence: int, latest_hash: str) -> Prepared:
        """Return the rows of an invoice for each target, behind a document of the series."""
        rows: dict[type[models.Model], list[str]] = {model: [] for model, _ in self._rows}
        pattern, year = self.invoice.seller.invoice_number_format, self.invoice.series.year
        event_ids = []
        for target in targets:
            sequence += 1
            values = {**target, **{name: str(new_id()) for name in self._fresh}}
            if self.with_event:
                values["event"] = str(new_id())
            values |= {"previous_hash": latest_hash, "sequence": str(sequence),
                       "number": pattern.format(year=year, sequence=sequence)}  # fmt: skip
            sealed = _filled(self._content, values)
            latest_hash = values["hash"] = hashlib.sha256(sealed.encode()).hexdigest()
            for model, parts in self._rows:
                rows[model].append(_filled(parts, values))
            event_ids.append(UUID(values["event"]))
        contract_ids = [UUID(target["contract"]) for target in targets]
        return Prepared(contract_ids, event_ids, rows, sequence, latest_hash)

    def _add_event(self) -> None:
        event = self.invoice.event
        waiting = _copied_out(Event, [event.pk], state="'waiting'")
        tried = _copied_out(Attempt, [attempt.pk for attempt in event.attempts.all()])
        self._rows += [(Event, self._cut(row)) for row in waiting]
        self._rows += [(Attempt, self._cut(row)) for row in tried]

    def _canonical(self, lines: Sequence[Charge]) -> str:
        text = content(self.invoice, lines).decode()
        for name, value in (
            ("sequence", str(self.invoice.sequence)),
            ("previous_hash", f'"{self.invoice.previous_hash}"'),
        ):
            before = f'"{name}":{value},'
            mark = f"@{name}@"
            after = f'"{name}":{mark if value.isdigit() else chr(34) + mark + chr(34)},'
            assert text.count(before) == 1, f"{before} isn't once in {text}"
            text = text.replace(before, after)
        return text

    def _cut(self, text: str) -> list[str]:
        """Return a text cut at its tokens: text and what stands there take turns."""
        parts = self._pattern.split(text)
        parts[1::2] = [self._tokens[token] for token in parts[1::2]]
        return parts


def targets_without(seller_id: Any, *, excepted: Any, at_most: int | None = None) -> Iterator[Row]:
    """Yield what differs between the seller's contracts; all but the one that is `excepted`."""
    where = "WHERE c.seller_id = %s AND c.id <> %s ORDER BY c.id LIMIT %s"
    yield from _rows(f"{_TARGETS} {where}", [seller_id, excepted, at_most])


def write_for_others(stencil: Stencil) -> None:
    """Write an invoice for each other contract of the seller, by the event that started it."""
    invoice = stencil.invoice
    targets = targets_without(invoice.seller_id, excepted=invoice.contract_id)
    sequence, latest_hash = invoice.sequence, invoice.hash
    for number in count(1):
        if not (chunk := list(islice(targets, CHUNK))):
            return
        prepared = stencil.prepare(chunk, sequence=sequence, latest_hash=latest_hash)
        with transaction.atomic():
            store(prepared)
            note_series(invoice.series_id, prepared)
        if number.bit_count() == 1:  # Else the plans of triggers are those of an empty table.
            analyze()
        sequence, latest_hash = prepared.sequence, prepared.hash


def store(prepared: Prepared) -> None:
    """Write prepared rows by COPY, lines before their invoice: it seals them."""
    with connection.cursor() as cursor:
        for model, rows in prepared.rows.items():
            columns = ", ".join(_columns(model))
            with cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy:
                copy.write("".join(rows))


def note_series(series_id: int, prepared: Prepared) -> None:
    """Count the prepared documents in their series."""
    NumberSeries.objects.filter(pk=series_id).update(
        latest_sequence=prepared.sequence, latest_hash=prepared.hash
    )


def analyze() -> None:
    """Let the planner know how much there is by now, as autovacuum would in time."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _filled(parts: Sequence[str], values: Row) -> str:
    return "".join([values[part] if i % 2 else part for i, part in enumerate(parts)])


def _columns(model: type[models.Model]) -> list[str]:
    given = GIVEN_BY_DATABASE.get(model, ())
    return [str(field.column) for field in model._meta.concrete_fields if field.column not in given]


def _copied_out(model: type[models.Model], ids: Sequence[Any], **given: str) -> list[str]:
    """Return rows as COPY writes them, in order of their ids; `given` is the SQL of columns."""
    chosen = ", ".join(given.get(column, column) for column in _columns(model))
    query = f"SELECT {chosen} FROM {model._meta.db_table} WHERE id = ANY(%s) ORDER BY id"
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT", [ids]) as copy:
        text = b"".join(bytes(part) for part in copy).decode()
    return text.splitlines(keepends=True)


def _rows(query: str, parameters: Sequence[Any]) -> Iterator[Row]:
    """Yield rows by name, without holding them all, while transactions begin and end."""
    with connection.cursor() as plain:
        plain.execute("SELECT 1")  # Connects.
    assert connection.connection
    name = f"rows_{new_id().hex}"
    with connection.connection.cursor(name=name, withhold=True) as cursor:
        cursor.itersize = 5000
        cursor.execute(query, parameters)
        names = [column.name for column in cursor.description or ()]
        for row in cursor:
            yield dict(zip(names, row, strict=True))
