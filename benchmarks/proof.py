"""
`manage.py verify` over all books that the stack holds, as operators run it: how long, how large.

What month end left is proven. Without it, as with `ONLY=verify`, contracts are billed first.
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks import month_end
from benchmarks.meters import largest_mib
from invoices.issuing.models import Invoice

_MANAGE = Path(__file__).parents[1] / "manage.py"
_SLOWEST = 5
_LOOK_EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    What it took: seconds, also of the slowest checks, and of the processor by Python.

    The memory is the most that any of its processes held at any time.
    """

    processes: int
    invoices: int
    lines: int
    contracts: int
    seconds: float
    invoices_per_s: float
    python_cpu_us_per_invoice: float
    peak_rss_mib: float
    slowest_s: dict[str, float]


def measure(*, contracts: int, processes: int, environ: Mapping[str, str] = os.environ) -> Proof:
    """
    Prove the books in processes of their own; `contracts` are billed first if there are none.

    :raises AssertionError: if something is wrong with them.
    """
    if not Invoice.objects.exists():
        month_end.measure(contracts=contracts)
    month_end.settle()
    before = _children_cpu_seconds()
    told, peak_rss_mib = _verified(processes, environ)
    cpu_seconds = _children_cpu_seconds() - before
    assert told["ok"], told["problems"]
    invoices = told["checked"]["invoices"]
    by_time = sorted(told["checks"], key=lambda check: -check["seconds"])
    return Proof(
        processes=processes,
        invoices=invoices,
        lines=told["checked"]["charges"],
        contracts=told["checked"]["contracts"],
        seconds=told["seconds"],
        invoices_per_s=invoices / told["seconds"],
        python_cpu_us_per_invoice=cpu_seconds / invoices * 1e6,
        peak_rss_mib=peak_rss_mib,
        slowest_s={check["name"]: check["seconds"] for check in by_time[:_SLOWEST]},
    )


def _verified(processes: int, environ: Mapping[str, str]) -> tuple[dict[str, Any], float]:
    """
    Return what `verify` tells, and the MiB that the largest of its processes held.

    They are read while it runs: what the system keeps of an ended one (`ru_maxrss`) begins with the
    memory of the process that forked it.
    """
    told_to = ["verify", "--json", "--processes", str(processes)]
    command = [sys.executable, str(_MANAGE), *told_to]
    peak_rss_mib = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(environ)) as process:
        running = psutil.Process(process.pid)
        while True:
            try:
                told, _ = process.communicate(timeout=_LOOK_EVERY_SECONDS)
            except subprocess.TimeoutExpired:
                peak_rss_mib = max(peak_rss_mib, largest_mib(_with_children(running)))
            else:
                return json.loads(told), peak_rss_mib


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def _children_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
