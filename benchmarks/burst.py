"""
Bursts: orders as fast as the API takes them, and single orders while a month end runs.

Times of commit are the database's. An API that says 429 or 503 is asked again after as long as it
says (`Retry-After`): what it refused for a moment isn't lost, and counts as time that it takes.
"""

import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.db import connection
from django.utils import timezone

from benchmarks.contracts import build_contracts, release
from benchmarks.month_end import issued_by_run, settle
from benchmarks.order_latency import Latency, client_of, latencies, paced, place, summary, wait
from billing.events.models import Failure
from billing.sellers.commands import create_api_key
from billing.sellers.models import Seller
from config.demo.seller import make_seller
from invoices.issuing.models import Invoice

CLIENTS = 4
NOT_NOW = (429, 503)
PATIENCE_SECONDS = 900.0
GROSS_MINOR = 11781  # 99.00 at 19 %.
_BODY = {
    "customer": "ext:c",
    "lines": [{"text": "T", "quantity": "1", "unit_price": "99.00", "tax_class": "standard"}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """
    How fast orders were taken and invoiced; `behind_s` is from the last answer to the last invoice.

    `refused` counts the answers that asked to come again later.
    """

    orders: int
    clients: int
    taken_per_s: float
    refused: int
    behind_s: float
    invoices_per_s: float
    order_to_invoice: Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """Latencies of single orders, five in a second, while contracts of one seller are billed."""

    contracts: int
    seconds: float
    same_seller: Latency
    other_seller: Latency


@dataclass(slots=True)
class _Load:
    """What the clients share."""

    url: str
    key: str
    orders: int
    numbers: Iterator[int] = field(default_factory=itertools.count)
    refused: Iterator[int] = field(default_factory=itertools.count)
    broken: list[BaseException] = field(default_factory=list)


def measure(*, url: str, orders: int) -> Burst:
    """Place orders with a few clients at once, and wait for their invoices."""
    seller = _seller()
    client_of(seller, url=url)
    _, key = create_api_key(seller=seller, name="Burst", at=timezone.now())
    settle()
    load = _Load(url, key, orders)
    started = time.time()
    _send(load)
    answered = time.time()
    wait(seller, within=PATIENCE_SECONDS)
    _check(seller, orders)
    last = _latest_commit(seller)
    return Burst(
        orders=orders,
        clients=CLIENTS,
        taken_per_s=orders / (answered - started),
        refused=next(load.refused),
        behind_s=max(0.0, last - answered),
        invoices_per_s=orders / (last - started),
        order_to_invoice=summary(latencies(seller)),
    )


def measure_mixed(*, url: str, contracts: int) -> Mixed:
    """Let a month end run, and meanwhile place orders: of its seller, and of another."""
    built, other = build_contracts(count=contracts, at=timezone.now()), _seller()
    mine, others = client_of(built.seller, url=url), client_of(other, url=url)
    settle()
    release(built)
    started, placed = 0.0, 0
    for number in paced(int(PATIENCE_SECONDS)):
        issued = issued_by_run(built)
        if not issued:
            continue  # The scheduler has not looked yet.
        started = started or time.monotonic()
        if issued >= contracts + placed:
            break
        place(mine if number % 2 else others, number)
        placed += number % 2
    seconds = time.monotonic() - started
    wait(built.seller)
    wait(other)
    assert Invoice.objects.filter(seller=built.seller).count() == contracts + placed
    return Mixed(
        contracts=contracts,
        seconds=seconds,
        same_seller=summary(latencies(built.seller)),
        other_seller=summary(latencies(other)),
    )


def _seller() -> Seller:
    return make_seller(name=f"Benchmark {time.time_ns()}", at=timezone.now(), makes_documents=False)


def _send(load: _Load) -> None:
    threads = [threading.Thread(target=_client, args=(load,)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in load.broken:
        raise error


def _client(load: _Load) -> None:
    address = urlsplit(load.url)
    assert address.hostname
    web = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    headers = {"Authorization": f"Bearer {load.key}", "Content-Type": "application/json"}
    try:
        while (number := next(load.numbers)) < load.orders and not load.broken:
            body = json.dumps({**_BODY, "external_id": f"b-{number}"}).encode()
            while True:
                web.request("POST", "/api/v1/orders", body, headers)
                answer = web.getresponse()
                told = answer.read()
                if answer.status not in NOT_NOW:
                    break
                next(load.refused)
                time.sleep(float(answer.headers.get("Retry-After", 1)))
            assert answer.status == 201, told
    except BaseException as error:
        load.broken.append(error)
        raise


def _check(seller: Seller, orders: int) -> None:
    found = Invoice.objects.filter(seller=seller)
    assert found.count() == orders, found.count()
    assert found.filter(gross_minor=GROSS_MINOR).count() == orders
    assert not Failure.objects.filter(seller=seller).exists()


def _latest_commit(seller: Seller) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin)))"
            " FROM invoices_invoice WHERE seller_id = %s",
            [seller.pk],
        )
        return float(cursor.fetchone()[0])
