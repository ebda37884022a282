"""
What reading costs over HTTP, by how many invoices are stored: 20 requests a second for 30 seconds.

The tables are filled as for growth: set-based, by earlier invoices of some thousand contracts. The
requests take turns: one invoice with its lines, a page of 100, a page of a customer's.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from django.db import connection
from django.utils import timezone

from benchmarks.baselines import bill_first
from benchmarks.contracts import Built, build_contracts, stand_on
from benchmarks.growth import fill
from benchmarks.month_end import settle
from benchmarks.order_latency import Latency, summary
from billing.sellers.commands import create_api_key
from config.stack.client import Client
from invoices.issuing.models import Invoice

CONTRACTS = 5000  # So that a million invoices are 200 of each.
PER_SECOND = 20
SECONDS = 30
WARM_UP = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """How long answers take, from the request to their last byte."""

    stored: int
    invoice: Latency
    page_of_100: Latency
    page_of_customer: Latency


def measure(*, url: str, invoices: int) -> Reads:
    """Return the latencies of reading among so many invoices."""
    built = build_contracts(count=CONTRACTS, at=timezone.now())
    stand_on(built, built.day)
    pattern = bill_first(built, at=timezone.now())
    mine = Invoice.objects.filter(seller=built.seller)
    fill(pattern.invoice, contracts=CONTRACTS, start=mine.count(), stop=invoices)
    settle()
    _, key = create_api_key(seller=built.seller, name="Benchmark", at=timezone.now())
    client = Client(url=url, key=key)
    taken: dict[str, list[float]] = {"invoice": [], "page_of_100": [], "page_of_customer": []}
    wanted = _requests(built)
    for _ in range(WARM_UP):
        client.get(next(wanted)[1])
    for name, path in _paced(wanted):
        started = time.perf_counter()
        client.get(path)
        taken[name].append((time.perf_counter() - started) * 1000)
    found = {name: summary(values) for name, values in taken.items()}
    return Reads(stored=mine.count(), **found)


def _requests(built: Built) -> Iterator[tuple[str, str]]:
    """Yield requests without end: their kinds take turns, and each asks for something else."""
    sample = _sample(built)
    for invoice_id, customer_id in cycle(sample):
        yield "invoice", f"/invoices/{invoice_id}"
        yield "page_of_100", f"/invoices?limit=100&cursor={invoice_id}"
        yield "page_of_customer", f"/invoices?limit=100&customer={customer_id}"


def _sample(built: Built) -> list[tuple[str, str]]:
    """Return some hundred invoices from all over the table, each with its customer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, customer_id::text FROM invoices_invoice WHERE seller_id = %s"
            " ORDER BY md5(id::text) LIMIT 500",
            [built.seller.pk],
        )
        return [(invoice_id, customer_id) for invoice_id, customer_id in cursor.fetchall()]


def _paced(wanted: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield requests at a steady rate."""
    started = time.monotonic()
    for number in range(PER_SECOND * SECONDS):
        time.sleep(max(0.0, started + number / PER_SECOND - time.monotonic()))
        yield next(wanted)
