"""`make bench`: measures inside a stack, prints a table, and writes `benchmarks/results.json`."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import django

django.setup()

from rich.console import Console  # noqa: E402  Needs Django to be set up.
from rich.table import Table  # noqa: E402

from benchmarks import (  # noqa: E402
    documents,
    order_latency,
    pricing,
    printing,
    usage_ingestion,
    worker_memory,
)
from config import env  # noqa: E402

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200, help="orders of the latency measurement")
    parser.add_argument("--seconds", type=int, default=10, help="of the usage measurement")
    parser.add_argument("--records", type=int, default=1_000_000, help="of the busy subscription")
    arguments = parser.parse_args()
    url = env.text("WEB_URL")
    speed = pricing.measure()
    written = documents.measure()
    printed = printing.measure()
    latencies = order_latency.measure(url=url, orders=arguments.orders)
    memory = worker_memory.measure()
    ingestion = usage_ingestion.measure_ingestion(
        url=url, seconds=arguments.seconds, subscriptions=100
    )
    reading = usage_ingestion.measure_reading(url=url, few=1000, many=arguments.records)
    console = Console(width=100, highlight=False)
    _print_speed(console, speed)
    _print_documents(console, written)
    _print_printing(console, printed)
    _print_latencies(console, latencies)
    for process in memory:
        console.print(f"{process.name} (pid {process.pid}): {process.rss_mib:.0f} MiB")
    _print_figures(console, "Usage over HTTP, batches of 1,000", asdict(ingestion))
    _print_figures(console, "A month's usage, read and rated", asdict(reading))
    results: dict[str, object] = {name: asdict(latency) for name, latency in latencies.items()}
    results["pricing"] = asdict(speed)
    results["documents"] = asdict(written)
    results["printing"] = asdict(printed)
    results["worker_rss_mib"] = {"max": max(process.rss_mib for process in memory)}
    results["usage_ingestion"] = asdict(ingestion)
    results["usage_reading"] = asdict(reading)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _print_speed(console: Console, speed: pricing.PricingSpeed) -> None:
    ratio = speed.renewal_us / speed.baseline_us
    console.print(
        f"A renewal of three lines: {speed.renewal_us:.0f} us, {ratio:.0f} times its bare sums"
    )
    for days, seconds in speed.daily_changes_s.items():
        console.print(
            f"{days} daily changes: {seconds * 1e3:.0f} ms, {seconds / days * 1e6:.0f} us each"
        )


def _print_documents(console: Console, speed: documents.DocumentSpeed) -> None:
    for name, per_second, microseconds, delivered in (
        ("UBL", speed.ubl_per_second, speed.ubl_us, speed.ubl_delivered_us),
        ("CII", speed.cii_per_second, speed.cii_us, speed.cii_delivered_us),
    ):
        console.print(
            f"{name} of {documents.LINES} lines: {per_second:.0f} per second, {microseconds:.0f} "
            f"us, {microseconds / speed.baseline_us:.1f} times a bare tree; checked {delivered:.0f}"
            " us"
        )
    console.print(f"{documents.MANY:,} documents: grown by {speed.growth_mib:.1f} MiB")


def _print_printing(console: Console, speed: printing.PrintingSpeed) -> None:
    ratio = speed.hybrid_ms / speed.baseline_ms
    console.print(
        f"PDF with XML of {documents.LINES} lines: {speed.hybrids_per_second:.0f} per second,"
        f" {speed.hybrid_ms:.1f} ms, {ratio:.1f} times a bare page"
    )
    console.print(f"PDF with XML of {printing.MANY_LINES} lines: {speed.many_pages_ms:.0f} ms")
    console.print(f"{printing.MANY:,} PDFs: grown by {speed.growth_mib:.1f} MiB")


def _print_latencies(console: Console, latencies: dict[str, order_latency.Latency]) -> None:
    table = Table(title=f"{order_latency.ORDERS_PER_SECOND} orders per second, milliseconds")
    for heading in ("", "n", "p50", "p95", "p99", "max"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, each in latencies.items():
        figures = (each.p50_ms, each.p95_ms, each.p99_ms, each.max_ms)
        table.add_row(name, str(each.count), *(f"{figure:.1f}" for figure in figures))
    console.print(table)


def _print_figures(console: Console, title: str, figures: dict[str, float]) -> None:
    table = Table("", "", title=title)
    for name, figure in figures.items():
        table.add_row(name.replace("_", " "), f"{figure:,.2f}".rstrip("0").rstrip("."))
    console.print(table)


if __name__ == "__main__":
    main()
