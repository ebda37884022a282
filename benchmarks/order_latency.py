"""
From an order accepted by the API to its invoice committed, in milliseconds.

Both ends are the database's own times of commit (`track_commit_timestamp`), so that one clock is
read. Orders arrive at a steady rate over HTTP, each on a connection of its own.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from billing.events.models import Event
from billing.sellers.commands import create_api_key
from billing.sellers.models import Seller
from config.demo.seller import make_seller
from config.stack.client import Client

ORDERS_PER_SECOND = 5
WARM_UP = 20

LATENCIES = """
    SELECT extract(epoch FROM pg_xact_commit_timestamp(i.xmin)
                            - pg_xact_commit_timestamp(o.xmin)) * 1000
    FROM billing_order o
    JOIN billing_event e ON e.stream_id = o.id AND e.type = 'order.placed'
    JOIN invoices_invoice i ON i.event_id = e.id
    WHERE o.seller_id = %s ORDER BY o.recorded_at
"""


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles in milliseconds."""

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


def measure(*, url: str, orders: int) -> dict[str, Latency]:
    """Place orders at a steady rate; return latencies of API answers and of invoices."""
    seller = make_seller(name=f"Benchmark {time.time_ns()}", at=timezone.now())
    client = client_of(seller, url=url)
    answers = [place(client, number) for number in paced(orders + WARM_UP)]
    wait(seller)
    return {
        "order_answer": summary(answers[WARM_UP:]),
        "order_to_invoice": summary(latencies(seller)[WARM_UP:]),
    }


def client_of(seller: Seller, *, url: str) -> Client:
    """Return a client of the seller's, who has a customer to order something."""
    _, key = create_api_key(seller=seller, name="Benchmark", at=timezone.now())
    client = Client(url=url, key=key)
    client.post(
        "/customers", external_id="c", name="C", kind="business", country="DE",
        street="Hauptstraße 1", postcode="80331", city="München",
    )  # fmt: skip
    return client


def paced(count: int) -> Iterator[int]:
    """Yield numbers at a steady rate."""
    started = time.monotonic()
    for number in range(count):
        due = started + number / ORDERS_PER_SECOND
        time.sleep(max(0.0, due - time.monotonic()))
        yield number


def place(client: Client, number: int) -> float:
    """Place an order, and return the milliseconds until it was answered."""
    started = time.perf_counter()
    client.post(
        "/orders",
        customer="ext:c",
        external_id=f"o-{number}",
        lines=[{"text": "T", "quantity": "1", "unit_price": "99.00", "tax_class": "standard"}],
    )
    return (time.perf_counter() - started) * 1000


def wait(seller: Seller, *, within: float = 60.0) -> None:
    """Wait until no event of the seller waits."""
    deadline = time.monotonic() + within
    while Event.objects.filter(seller=seller, state=Event.State.WAITING).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Orders still wait after {within:.0f} s.")
        time.sleep(0.05)


def latencies(seller: Seller) -> list[float]:
    """Return the milliseconds from each of a seller's orders to its invoice."""
    with connection.cursor() as cursor:
        cursor.execute(LATENCIES, [seller.id])
        return [float(row[0]) for row in cursor.fetchall()]


def summary(values: list[float]) -> Latency:
    """Return the percentiles of some milliseconds."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return Latency(len(values), cuts[49], cuts[94], cuts[98], max(values))
