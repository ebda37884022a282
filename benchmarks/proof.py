"""
`manage.py verify` over all books that the stack holds, as operators run it: how long, how large.

What month end left is proven. Without it, as with `ONLY=verify`, contracts are billed first.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import month_end
from invoices.issuing.models import Invoice

_MANAGE = Path(__file__).parents[1] / "manage.py"
_SLOWEST = 5
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # Bytes.


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
    told, used = _verified(processes, environ)
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
        python_cpu_us_per_invoice=(used.ru_utime + used.ru_stime) / invoices * 1e6,
        peak_rss_mib=used.ru_maxrss * _MAXRSS_UNIT / 2**20,
        slowest_s={check["name"]: check["seconds"] for check in by_time[:_SLOWEST]},
    )


def _verified(processes: int, environ: Mapping[str, str]) -> tuple[dict[str, Any], Any]:
    """Return what `verify` tells, and what its processes used of the machine."""
    told_to = ["verify", "--json", "--processes", str(processes)]
    command = [sys.executable, str(_MANAGE), *told_to]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(environ))
    assert process.stdout
    with process.stdout as output:
        told = json.load(output)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return told, used
