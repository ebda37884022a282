"""`make bench`: measures inside a stack, prints tables, and writes `benchmarks/results.json`."""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import psutil

django.setup()

from rich.console import Console  # noqa: E402  Needs Django to be set up.
from rich.table import Table  # noqa: E402

from benchmarks.parts import PARTS, Figures, Sizes, machine  # noqa: E402
from config import env  # noqa: E402

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Measure the parts that are asked for; the results of the others stay as they were."""
    arguments = vars(_parser().parse_args())
    only = arguments.pop("only") or list(PARTS)
    sizes = Sizes(url=env.text("WEB_URL"), **arguments)
    console = Console(width=100, highlight=False)
    _note("machine", machine())
    for name in only:
        started = time.monotonic()
        figures = PARTS[name](sizes)
        _note(name, figures)
        _print(console, f"{name} ({time.monotonic() - started:.0f} s)", figures)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=_names, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--contracts", type=int, default=20_000, help="that are due at month end")
    parser.add_argument(
        "--billed-before", action="store_true", help="renewals: charged the month before too"
    )
    parser.add_argument("--passes", type=int, default=3, help="of month end; one if it is large")
    parser.add_argument(
        "--processes", type=int, default=psutil.cpu_count() or 1, help="of verify, side by side"
    )
    parser.add_argument("--burst", type=int, default=5000, help="orders as fast as can be")
    parser.add_argument("--mixed", type=int, default=5000, help="contracts while orders come")
    parser.add_argument("--orders", type=int, default=200, help="orders in quiet times")
    parser.add_argument("--seconds", type=int, default=10, help="of usage")
    parser.add_argument("--records", type=int, default=200_000, help="of a busy subscription")
    parser.add_argument(
        "--stored", type=_counts, default=(20_000, 60_000), help="invoices, of growth: 10000,100000"
    )
    return parser


def _counts(text: str) -> tuple[int, ...]:
    return tuple(sorted(map(int, text.split(","))))


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(PARTS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {list(PARTS)}")
    return names


def _note(name: str, figures: Figures) -> None:
    """Write a part's figures at once: what is measured isn't lost by what comes after it."""
    known: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    text = json.dumps({**known, name: figures}, indent=2)
    RESULTS.write_text(text + "\n", encoding="utf-8")


def _print(console: Console, title: str, figures: Figures) -> None:
    table = Table("", show_header=False)
    table.add_column("", justify="right")
    for name, figure in _flat(figures):
        table.add_row(name.replace("_", " "), figure)
    console.print(f"\n{title}")
    console.print(table)


def _flat(figures: Figures, before: str = "") -> Iterator[tuple[str, str]]:
    for name, figure in figures.items():
        if isinstance(figure, dict):
            yield from _flat(figure, f"{before}{name}: ")
        elif isinstance(figure, list):
            yield f"{before}{name}", ", ".join(_text(each) for each in figure)
        else:
            yield f"{before}{name}", _text(figure)


def _text(figure: object) -> str:
    if isinstance(figure, float):
        return f"{figure:,.2f}".rstrip("0").rstrip(".")
    is_count = isinstance(figure, int) and not isinstance(figure, bool)
    return f"{figure:,}" if is_count else str(figure)


if __name__ == "__main__":
    main()
