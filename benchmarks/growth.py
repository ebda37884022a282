"""
What growth costs: chunks of 500 invoices written, and the reads of the hot path, by table size.

The tables are filled set-based by earlier invoices of the same contracts, like one that the engine
wrote, with triggers and foreign keys off (`session_replication_role`): that is for filling only,
and these invoices are in no chain of hashes. What is measured is written with all rules on.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone

from benchmarks import stencils
from benchmarks.baselines import bill_first, write_by_copy
from benchmarks.contracts import Built, build_contracts, stand_on
from benchmarks.month_end import settle
from benchmarks.stencils import Row
from billing.events.models import Attempt, Event
from invoices.issuing.models import Charge, Invoice

FILLED_AT_ONCE = 20_000
WRITTEN = 3000  # Invoices of each measurement: six chunks.
TABLES: tuple[type[models.Model], ...] = (Event, Attempt, Charge, Invoice)

# Sorts by time, as what `new_id` gives. Source: RFC 9562, section 5.7.
_NEW_ID = """overlay(overlay(overlay(md5(random()::text || {salt} || n)
    placing lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') from 1)
    placing '7' from 13) placing '8' from 17)::uuid"""

# By name: what the hot path and its pages ask, each of one seller, contract or transaction.
READS = {
    "due contracts": """
        SELECT id FROM billing_contract WHERE seller_id = %(seller)s
        AND next_billing_date <= %(day)s ORDER BY next_billing_date, id LIMIT 500""",
    "what waits of 500 contracts": """
        SELECT id FROM billing_event WHERE state = 'waiting'
        AND stream_id = ANY(%(contracts)s::uuid[]) ORDER BY position""",
    "open charges of 500 subscriptions": """
        SELECT c.id, c.priced_minor FROM unnest(%(subscriptions)s::uuid[]) AS open(subscription_id)
        JOIN invoices_charge c ON c.subscription_id = open.subscription_id
                              AND c.stretch_starts_on >= %(day)s ORDER BY c.ordinal""",
    "predecessor in the series": """
        SELECT hash FROM invoices_invoice WHERE series_id = %(series)s AND sequence = 1""",
    "story of a transaction": """
        SELECT id FROM invoices_charge WHERE transaction_id = %(transaction)s
        UNION ALL SELECT id FROM invoices_invoice WHERE transaction_id = %(transaction)s
        UNION ALL SELECT id FROM billing_event WHERE transaction_id = %(transaction)s""",
    "tries of an event": """
        SELECT id FROM billing_attempt WHERE event_id = %(event)s""",
    "invoice by number": """
        SELECT id FROM invoices_invoice WHERE seller_id = %(seller)s AND number = %(number)s""",
    "latest 50 invoices": """
        SELECT id FROM invoices_invoice WHERE seller_id = %(seller)s ORDER BY id DESC LIMIT 50""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a read takes once it was made before: milliseconds, and pages that it looks at."""

    ms: float
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What it costs while so many invoices are stored, right after a checkpoint."""

    invoices: int
    per_contract: float
    written_per_s: float
    wal_bytes_per_invoice: int
    bytes_per_invoice: dict[str, int]
    reads: dict[str, Read]


def measure(*, sizes: Sequence[int]) -> Iterator[Growth]:
    """Yield what is found at each size, the smallest first."""
    built = build_contracts(count=1 + WRITTEN * (1 + len(sizes)), at=timezone.now())
    stand_on(built, built.day)
    pattern = bill_first(built, at=timezone.now())
    invoice = pattern.invoice
    targets = stencils.targets_without(built.seller.pk, excepted=pattern.contract.pk)
    write_by_copy(pattern, list(islice(targets, WRITTEN)))  # Else the first would be cold.
    for size in sorted(sizes):
        there, before = Invoice.objects.count(), _bytes()
        fill(invoice, contracts=built.contracts, start=there, stop=size)
        settle()
        after, written_before = _bytes(), _wal()
        rows = list(islice(targets, WRITTEN))
        seconds = write_by_copy(pattern, rows)
        added = max(size - there, 1)
        yield Growth(
            invoices=max(size, there),
            per_contract=max(size, there) / built.contracts,
            written_per_s=WRITTEN / seconds,
            wal_bytes_per_invoice=(_wal() - written_before) // WRITTEN,
            bytes_per_invoice={name: (after[name] - before[name]) // added for name in after},
            reads=_reads(built, invoice, rows[: stencils.CHUNK]),
        )


def fill(invoice: Invoice, *, contracts: int, start: int, stop: int) -> None:
    """Store invoices like this one, of its seller's contracts in turn, numbered on from start."""
    for begin in range(start, stop, FILLED_AT_ONCE):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            _number(invoice.seller_id, contracts, begin, min(begin + FILLED_AT_ONCE, stop))
            _copy_rows(invoice, contracts)


def _number(seller_id: UUID, contracts: int, start: int, stop: int) -> None:
    """Let `fresh` hold new ids for each invoice, and the contract that it is of."""
    ids = ", ".join(
        f"{_NEW_ID.format(salt=salt)} AS {name}"
        for salt, name in enumerate(("new_event", "new_issued", "new_invoice"))
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS fresh")
        cursor.execute(
            f"CREATE TEMP TABLE fresh AS SELECT n, {ids}, c.id AS contract, c.customer_id AS"
            " customer, c.subscription FROM generate_series(%(start)s::bigint + 1, %(stop)s) n"
            " JOIN (SELECT c.id, c.customer_id, s.id AS subscription,"
            "       row_number() OVER (ORDER BY c.id) - 1 AS place FROM billing_contract c"
            "       JOIN billing_subscription s ON s.contract_id = c.id"
            "      WHERE c.seller_id = %(seller)s) c ON c.place = n %% %(contracts)s",
            {"start": start, "stop": stop, "seller": seller_id, "contracts": contracts},
        )


def _copy_rows(invoice: Invoice, contracts: int) -> None:
    """Store each invoice of `fresh` with its events, its try and its lines, as of another month."""
    issued = Event.objects.get(type="invoice.issued", stream_id=invoice.pk)
    story = {"transaction_id": "new_event"}
    _like(
        invoice.event, id="new_event", stream_id="contract", state="'handled'",
        idempotency_key="'period.ended:' || contract || ':' || n", **story,
    )  # fmt: skip
    _like(
        issued, id="new_issued", stream_id="new_invoice",
        idempotency_key="'invoice.issued:' || new_invoice", **story,
    )  # fmt: skip
    _like(invoice.event.attempts.get(), event_id="new_event")
    for line in invoice.lines.all():
        _like(
            line, id=_NEW_ID.format(salt=f"'{line.position}'"), event_id="new_event",
            customer_id="customer", subscription_id="subscription", invoice_id="new_invoice",
            starts_on=f"date '1900-01-01' + (n / {contracts})::int",
            stretch_starts_on=f"date '1900-01-01' + (n / {contracts})::int", **story,
        )  # fmt: skip
    _like(
        invoice, id="new_invoice", event_id="new_event", customer_id="customer",
        contract_id="contract", sequence="1000000 + n", number="'F-' || n",
        hash="md5(n::text) || md5((-n)::text)", previous_hash="md5((-n)::text) || md5(n::text)",
        **story,
    )  # fmt: skip


def _like(model: models.Model, **given: str) -> None:
    """Store a row like the model for each of `fresh`; `given` is the SQL of what differs."""
    omitted = stencils.GIVEN_BY_DATABASE.get(type(model), ())
    columns = [str(field.column) for field in model._meta.concrete_fields]
    columns = [column for column in columns if column not in omitted]
    table = model._meta.db_table
    values = ", ".join(given.get(column, f'model."{column}"') for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
            f" FROM fresh, {table} AS model WHERE model.id = %s ORDER BY n",
            [model.pk],
        )


def _bytes() -> dict[str, int]:
    """Return what tables occupy with their indexes, and the indexes alone."""
    found = {}
    with connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(
                "SELECT pg_total_relation_size(%(table)s), pg_indexes_size(%(table)s)",
                {"table": model._meta.db_table},
            )
            found[model._meta.db_table], found[f"{model._meta.db_table} indexes"] = (
                cursor.fetchone()
            )
    return found


def _wal() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (pg_current_wal_lsn() - '0/0')::bigint")
        return int(cursor.fetchone()[0])


def _reads(built: Built, invoice: Invoice, rows: Sequence[Row]) -> dict[str, Read]:
    parameters = {
        "seller": built.seller.pk, "day": built.day, "series": invoice.series_id,
        "contracts": [row["contract"] for row in rows],
        "subscriptions": [row["subscription"] for row in rows],
        "transaction": invoice.transaction_id, "number": invoice.number, "event": invoice.event_id,
    }  # fmt: skip
    return {name: _explained(sql, parameters) for name, sql in READS.items()}


def _explained(sql: str, parameters: Mapping[str, Any]) -> Read:
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters)
            told = cursor.fetchone()[0]
    plan = (json.loads(told) if isinstance(told, str) else told)[0]
    pages = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    return Read(ms=plan["Execution Time"], pages=pages)
