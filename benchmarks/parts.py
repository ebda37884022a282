"""The parts of `make bench`: each measures one thing, and says it as figures by name."""

import os
import platform
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import psutil
from django.db import connection

from benchmarks import (
    baselines,
    burst,
    documents,
    growth,
    inbox,
    month_end,
    order_latency,
    pricing,
    printing,
    proof,
    reads,
    usage_ingestion,
    worker_memory,
)

Figures = dict[str, Any]
FEW_ENOUGH_TO_REPEAT = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured."""

    url: str
    contracts: int
    billed_before: bool
    passes: int
    processes: int
    burst: int
    mixed: int
    orders: int
    seconds: int
    records: int
    stored: tuple[int, ...]


def machine() -> Figures:
    """Return what the figures were measured on."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgres = cursor.fetchone()[0]
    return {
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgres": postgres,
        "load_before": round(os.getloadavg()[0], 2),
    }


def measure_month_end(sizes: Sizes) -> Figures:
    """
    Return the median pass by its rate, beside baselines of the same run on the same database.

    The baselines write fewer invoices: their rates don't depend on how many contracts there are.
    """
    passes = sizes.passes if sizes.contracts <= FEW_ENOUGH_TO_REPEAT else 1
    run = [
        month_end.measure(contracts=sizes.contracts, billed_before=sizes.billed_before)
        for _ in range(passes)
    ]
    beside = baselines.measure(naive=150, bulk=500, copied=2000, billed_before=sizes.billed_before)
    rates = [each.invoices_per_s for each in run]
    middle = min(run, key=lambda each: abs(each.invoices_per_s - statistics.median(rates)))
    rate = middle.invoices_per_s
    return {
        **asdict(middle),
        "passes_per_s": rates,
        "worker_peak_rss_mib": max(each.worker_peak_rss_mib for each in run),
        **asdict(beside),
        "ratio_to_naive": rate / beside.naive_per_s,
        "ratio_to_bulk_create": rate / beside.bulk_create_per_s,
        "ratio_to_copy_limit": rate / beside.copy_limit_per_s,
    }


def measure_verify(sizes: Sizes) -> Figures:
    """Return how long the proof of the books takes that month end left, and its memory."""
    return asdict(proof.measure(contracts=sizes.contracts, processes=sizes.processes))


def measure_burst(sizes: Sizes) -> Figures:
    """Return how a burst of orders is taken and invoiced."""
    return asdict(burst.measure(url=sizes.url, orders=sizes.burst))


def measure_mixed(sizes: Sizes) -> Figures:
    """Return latencies of orders while a month end runs."""
    return asdict(burst.measure_mixed(url=sizes.url, contracts=sizes.mixed))


def measure_order_latency(sizes: Sizes) -> Figures:
    """Return latencies of quiet times: from the order to its invoice, and of the API's answer."""
    found = order_latency.measure(url=sizes.url, orders=sizes.orders)
    return {**asdict(found["order_to_invoice"]), "answer": asdict(found["order_answer"])}


def measure_usage(sizes: Sizes) -> Figures:
    """Return how fast usage is taken over HTTP, and read and rated."""
    taken = usage_ingestion.measure_ingestion(
        url=sizes.url, seconds=sizes.seconds, subscriptions=100
    )
    read = usage_ingestion.measure_reading(url=sizes.url, few=1000, many=sizes.records)
    return {"records_per_s": taken.records_per_second, **asdict(taken), "reading": asdict(read)}


def measure_documents(_: Sizes) -> Figures:
    """Return how fast a core writes XML, checked before and behind, and hybrids of PDF and XML."""
    written, printed = documents.measure(), printing.measure()
    return {
        "xml_per_s": 1e6 / written.ubl_delivered_us,
        "pdf_per_s": printed.hybrids_per_second,
        "xml": asdict(written),
        "pdf": asdict(printed),
    }


def measure_pricing(_: Sizes) -> Figures:
    """Return the pure engine's speed."""
    speed = pricing.measure()
    return {**asdict(speed), "ratio_to_baseline": speed.renewal_us / speed.baseline_us}


def measure_growth(sizes: Sizes) -> Figures:
    """Return what invoices cost to be written and read, by how many are stored."""
    return {f"{each.invoices}": asdict(each) for each in growth.measure(sizes=sizes.stored)}


def measure_reads(sizes: Sizes) -> Figures:
    """Return how long the API takes to read invoices, among as many as contracts are asked for."""
    return asdict(reads.measure(url=sizes.url, invoices=sizes.contracts))


def measure_inbox(sizes: Sizes) -> Figures:
    """Return how long pages take among as many open failures as contracts are asked for."""
    return asdict(inbox.measure(failures=sizes.contracts))


def measure_memory(_: Sizes) -> Figures:
    """Return what the worker processes hold behind all that."""
    return {"max": max(process.rss_mib for process in worker_memory.measure())}


# By the name in the results, in the order of measuring: what fills tables comes late.
PARTS: dict[str, Callable[[Sizes], Figures]] = {
    "pricing": measure_pricing,
    "documents": measure_documents,
    "order_latency": measure_order_latency,
    "month_end": measure_month_end,
    "verify": measure_verify,
    "burst": measure_burst,
    "mixed": measure_mixed,
    "usage": measure_usage,
    "worker_rss_mib": measure_memory,
    "growth": measure_growth,
    "reads": measure_reads,
    "inbox": measure_inbox,
}
