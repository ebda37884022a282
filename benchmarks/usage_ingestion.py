"""
Usage over HTTP, in batches of 1,000: records per second, beside plain COPY of the same rows.

And how long usage takes to be read and rated for a subscription with few and with many records.
The figures of one run are comparable with each other; those of two runs only by their ratio.
"""

import contextlib
import http.client
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from urllib.parse import urlsplit
from uuid import UUID

import psutil
from django.db import connection, transaction
from django.utils import timezone

from billing.catalog.models import Meter
from billing.contracts.models import Subscription
from billing.events.models import Event
from billing.periods import Period
from billing.pricing.metering import rate
from billing.pricing.prices import PriceKind, PriceModel, PriceTerms, Tier, Timing
from billing.pricing.usage import Window, measured
from billing.sellers.commands import create_api_key
from billing.sellers.models import Seller, TestClock
from billing.usage.commands import SentRecord, record_usage
from billing.usage.queries import Measuring, buckets
from billing.usage.queries.attribution import known_meter
from config.demo.seller import make_seller
from config.stack.client import Client

BATCH = 1000
SENDERS = 2
WARM_UP_SECONDS = 2
STARTS_ON, TODAY = date(2026, 1, 1), date(2026, 1, 31)
READS = 15


@dataclass(frozen=True, slots=True)
class Ingestion:
    """
    Records per second, medians over seconds; time of processors in microseconds; memory in MiB.

    Where other work takes the processors, their time per record says more than the clock.
    """

    subscriptions: int
    records: int
    records_per_second: float
    slowest_second: float
    copy_rows_per_second: float
    ratio_to_copy: float
    web_cpu_us_per_record: float
    database_cpu_us_per_record: float
    web_rss_mib_before: float
    web_rss_mib_after: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Reading and rating the usage of a month, in milliseconds: the median."""

    few_records: int
    few_ms: float
    many_records: int
    many_ms: float
    difference_ms: float


@dataclass(slots=True)
class _Load:
    """What the senders share: a place per second for what was accepted in it."""

    url: str
    key: str
    subscriptions: int
    until: float
    batches: Iterator[int] = field(default_factory=count)
    accepted: dict[int, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    broken: list[BaseException] = field(default_factory=list)


def measure_ingestion(*, url: str, seconds: int, subscriptions: int) -> Ingestion:
    """Send usage over HTTP for some seconds, as fast as it is taken."""
    seller, key = _seller(url, subscriptions)
    _send(_Load(url, key, subscriptions, time.monotonic() + WARM_UP_SECONDS))
    memory, web, database = _rss_mib(_web()), _cpu_seconds(_web()), _cpu_seconds(_database())
    load = _Load(url, key, subscriptions, time.monotonic() + seconds, count(10**6))
    _send(load)
    records = sum(load.accepted.values())
    web, database = _cpu_seconds(_web()) - web, _cpu_seconds(_database()) - database
    per_second = [load.accepted.get(second, 0) for second in range(seconds)]
    copied = _copy_rows_per_second(seller, seconds=max(2, seconds // 2))
    rate_ = statistics.median(per_second)
    return Ingestion(
        subscriptions=subscriptions,
        records=records,
        records_per_second=rate_,
        slowest_second=min(per_second),
        copy_rows_per_second=copied,
        ratio_to_copy=rate_ / copied,
        web_cpu_us_per_record=web / records * 1e6,
        database_cpu_us_per_record=database / records * 1e6,
        web_rss_mib_before=memory,
        web_rss_mib_after=_rss_mib(_web()),
    )


def measure_reading(*, url: str, few: int, many: int) -> Reading:
    """Store usage of a month for two subscriptions, few and many records; read and rate both."""
    seller, _ = _seller(url, 2)
    times = {}
    for name, number in (("S0", few), ("S1", many)):
        _store(seller, name, number)
        subscription = Subscription.objects.get(seller=seller, external_id=name)
        times[name] = statistics.median(_timed(lambda: _rate(seller, subscription.id)))  # noqa: B023
    return Reading(few, times["S0"], many, times["S1"], times["S1"] - times["S0"])


def _seller(url: str, subscriptions: int) -> tuple[Seller, str]:
    """Make a seller with a meter, and subscriptions that run since the month began."""
    seller = make_seller(name=f"Benchmark {time.time_ns()}", at=timezone.now(), clock=STARTS_ON)
    _, key = create_api_key(seller=seller, name="Benchmark", at=timezone.now())
    Meter.objects.create(
        seller=seller, code="calls", name="Calls", aggregation="sum", property=None, carried=False,
        dimensions=["region"], created_at=timezone.now(),
    )  # fmt: skip
    client = Client(url=url, key=key)
    client.post("/products", code="p", name="P")
    price = {"code": "base", "unit_price": "1", "tax_class": "standard", "valid_from": "2026-01-01"}
    client.post("/plans", product="code:p", code="p", name="P", interval="month",
                alignment="calendar", prices=[price])  # fmt: skip
    client.post(
        "/customers", external_id="c", name="C", kind="business", country="DE",
        street="Hauptstraße 1", postcode="80331", city="München",
    )  # fmt: skip
    for number in range(subscriptions):
        client.post("/contracts", customer="ext:c", external_id=f"C{number}")
        client.post("/subscriptions", contract=f"ext:C{number}", plan="code:p",
                    external_id=f"S{number}")  # fmt: skip
    _wait(lambda: not Event.objects.filter(seller=seller, state=Event.State.WAITING).exists())
    TestClock.objects.filter(seller=seller).update(today=TODAY)
    return seller, key


def _wait(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_done():
        if time.monotonic() > deadline:
            raise TimeoutError("The subscriptions are not billed after two minutes.")
        time.sleep(0.1)


def _send(load: _Load) -> None:
    """Send with several senders until the time is over."""
    started = time.monotonic()
    threads = [threading.Thread(target=_sender, args=(load, started)) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in load.broken:
        raise error


def _sender(load: _Load, started: float) -> None:
    try:
        template = _template(load.subscriptions)
        address = urlsplit(load.url)
        assert address.hostname
        web = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        headers = {"Authorization": f"Bearer {load.key}", "Content-Type": "application/json"}
        while time.monotonic() < load.until:
            body = template.replace(b"BATCH", str(next(load.batches)).encode())
            web.request("POST", "/api/v1/usage", body, headers)
            answer = web.getresponse()
            told = json.loads(answer.read())
            assert told.get("accepted") == BATCH, told
            second = int(time.monotonic() - started)
            with load.lock:
                load.accepted[second] = load.accepted.get(second, 0) + BATCH
    except BaseException as error:
        load.broken.append(error)
        raise


def _template(subscriptions: int) -> bytes:
    """Return a batch over all subscriptions, all of one day; BATCH stands for its number."""
    began = datetime(TODAY.year, TODAY.month, TODAY.day, 8, tzinfo=UTC)
    records = [
        {
            "meter": "calls",
            "subscription": f"ext:S{number % subscriptions}",
            "key": f"BATCH-{number}",
            "at": (began + timedelta(milliseconds=number * 37)).isoformat(),
            "value": "1.5",
            "properties": {"region": ("eu", "us", "ap")[number % 3], "host": f"h{number % 50}"},
        }
        for number in range(BATCH)
    ]
    return json.dumps({"records": records}).encode()


def _copy_rows_per_second(seller: Seller, *, seconds: int) -> float:
    """Return how fast COPY alone writes the same rows, a batch per transaction, without indexes."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmark_copy (LIKE billing_usagerecord)")
        rows = f"SELECT * FROM billing_usagerecord WHERE seller_id = '{seller.id}' LIMIT {BATCH}"
        with cursor.copy(f"COPY ({rows}) TO STDOUT") as copy:
            block = b"".join(bytes(part) for part in copy)
        times = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            started = time.perf_counter()
            with cursor.copy("COPY benchmark_copy FROM STDIN") as copy:
                copy.write(block)
            times.append(time.perf_counter() - started)
        cursor.execute("DROP TABLE benchmark_copy")
    return BATCH / statistics.median(times)


def _web() -> list[psutil.Process]:
    """Return this stack's web processes."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if "gunicorn" in (process.info["cmdline"] or []):
            with contextlib.suppress(psutil.Error):
                if process.environ().get("DATABASE_URL") == os.environ["DATABASE_URL"]:
                    found.append(process)
    return found


def _database() -> list[psutil.Process]:
    """Return the database's processes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0]).parent()
    assert server
    return [server, *server.children()]


def _cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    return float(sum(sum(process.cpu_times()[:2]) for process in processes))


def _rss_mib(processes: Iterable[psutil.Process]) -> float:
    return float(sum(process.memory_info().rss for process in processes)) / 2**20


def _store(seller: Seller, name: str, number: int) -> None:
    """Store records evenly over the month, by the command that the API calls."""
    began = datetime(STARTS_ON.year, STARTS_ON.month, STARTS_ON.day, tzinfo=UTC)
    step = timedelta(days=30) / number
    for start in range(0, number, BATCH):
        records = [
            SentRecord(
                meter="calls",
                subscription=f"ext:{name}",
                key=f"{name}-{index}",
                at=began + step * index,
                value=Decimal("1.5"),
                amount=None,
                properties={"region": ("eu", "us", "ap")[index % 3]},
            )
            for index in range(start, min(start + BATCH, number))
        ]
        with transaction.atomic():
            record_usage(seller=seller, records=records, at=timezone.now())


def _timed(action: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(READS):
        started = time.perf_counter()
        action()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _rate(seller: Seller, subscription_id: UUID) -> Decimal:
    """Read a month's usage, and rate it by tiers for each region."""
    meter = known_meter(Meter.objects.get(seller=seller))
    price = PriceTerms(
        id="p",
        code="calls",
        kind=PriceKind.USAGE,
        timing=Timing.ARREARS,
        model=PriceModel.GRADUATED,
        tiers=(
            Tier(up_to=Decimal(100), unit_price=Decimal(0)),
            Tier(up_to=None, unit_price=Decimal("0.02")),
        ),
        meter=meter.terms,
        group_by=("region",),
        currency="EUR",
        tax_class="standard",
    )
    ends_on = date(2026, 2, 1)
    window = Window(
        starts_on=STARTS_ON,
        ends_on=ends_on,
        level_from=STARTS_ON,
        base=Period(STARTS_ON, ends_on),
        known_on=ends_on,
        zone=seller.timezone,
    )
    looked_at = Measuring(
        subscription_id=subscription_id,
        meter_id=meter.id,
        since=STARTS_ON,
        until=ends_on,
        records=False,
    )
    found = buckets([looked_at])[subscription_id, meter.id]
    return rate(price, measured(found, price, window)).amount
