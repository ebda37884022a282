"""
`make profile`: where a worker's Python and PostgreSQL spend their time at month end.

Runs in a stack of services alone, and starts the engine's processes itself: two workers, each as a
child of py-spy, which needs no rights for that on Linux. The samples of the first make the flame
graph, those of the second the list of functions. Statements are PostgreSQL's own account.
"""

import argparse
import contextlib
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402  Needs Django to be set up.
from django.db import connection  # noqa: E402

from benchmarks import meters, month_end  # noqa: E402
from config.stack.processes import worker_arguments  # noqa: E402

PY_SPY = Path(sys.executable).parent / "py-spy"
SAMPLES_PER_SECOND = 200
LISTED = 25
READY_WITHIN_SECONDS = 120.0
STOP_WITHIN_SECONDS = 60
_READY = re.compile(r"worker-\d@\S+ ready\.")
_LINE = re.compile(r":\d+\)$")
_OWN = re.compile(r"\((billing|invoices|config)/")
TASK = "build_tracer.<locals>.trace_task (celery/app/trace.py)"


def main() -> None:
    """Bill a month end under the profiler, and write what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, default=5000)
    parser.add_argument("--billed-before", action="store_true", help="renewals")
    parser.add_argument("--into", type=Path, default=Path(".stack/profile"))
    arguments = parser.parse_args()
    into: Path = arguments.into
    into.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("queues", verbosity=0)
    graph, stacks = into / "worker.svg", into / "worker.stacks"
    with _running(graph, stacks, log=into / "processes.log"):
        run = month_end.measure(
            contracts=arguments.contracts, billed_before=arguments.billed_before
        )
    text = "\n".join([_summary(run), *functions(stacks), *_statements(run.contracts)])
    (into / "top.txt").write_text(text + "\n", encoding="utf-8")
    print(text)
    print(f"\nFlame graph: {graph} (open it in a browser); all this: {into / 'top.txt'}")


@contextlib.contextmanager
def _running(graph: Path, stacks: Path, *, log: Path) -> Iterator[None]:
    """Run scheduler, relay and two workers; behind the block both profiles are written."""
    commands = [
        [sys.executable, "manage.py", "scheduler"],
        [sys.executable, "manage.py", "relay"],
        _profiled("worker-1", "flamegraph", graph),
        _profiled("worker-2", "raw", stacks),
    ]
    with log.open("wb") as output:
        started = [
            subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
            for command in commands
        ]
        try:
            _wait_for_workers(log)
            yield
        finally:
            for process in started:
                process.send_signal(signal.SIGINT)  # py-spy writes its profile at that.
            for process in started:
                process.wait(timeout=STOP_WITHIN_SECONDS)


def _wait_for_workers(log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while len(_READY.findall(log.read_text(errors="replace"))) < 2:
        if time.monotonic() > deadline:
            raise TimeoutError(f"The workers aren't ready: see {log}.")
        time.sleep(0.2)


def _profiled(name: str, form: str, into: Path) -> list[str]:
    options = ["--subprocesses", "--nonblocking", "--rate", str(SAMPLES_PER_SECOND)]
    worker = [sys.executable, *worker_arguments(name, "billing,bulk")]
    return [str(PY_SPY), "record", *options, "-f", form, "-o", str(into), "--", *worker]


def _summary(run: month_end.MonthEnd) -> str:
    return (
        f"{run.contracts:,} contracts: {run.invoices_per_s:,.0f} invoices/s under the profiler;"
        f" of processors each takes {run.python_cpu_us_per_invoice:,.0f} us in Python,"
        f" {run.postgres_cpu_us_per_invoice:,.0f} us in PostgreSQL,"
        f" {run.broker_cpu_us_per_invoice:,.0f} us in the broker"
    )


def functions(stacks: Path) -> Iterator[str]:
    """Yield the functions with the most samples: at work themselves, and with what they call."""
    alone: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    total = aside = 0
    for line in stacks.read_text(encoding="utf-8").splitlines():
        frames, _, samples = line.rpartition(" ")
        names = [_named(frame) for frame in frames.split(";")]
        if TASK not in names:
            aside += int(samples)
            continue
        names = names[names.index(TASK) + 1 :] or [TASK]
        alone[names[-1]] += int(samples)
        whole.update(dict.fromkeys(names, int(samples)))
        total += int(samples)
    own = Counter({name: whole[name] for name in whole if _OWN.search(name)})
    yield f"\nSamples of the second worker: {total:,} in tasks, {aside:,} at its start and beside"
    for title, counted in (
        ("itself", alone), ("with all that it calls", whole), ("the engine's, with calls", own),
    ):  # fmt: skip
        yield f"\nShare of the time in tasks, by function: {title}"
        for name, count in counted.most_common(LISTED):
            yield f"{count / max(total, 1):7.1%}  {name}"


def _named(frame: str) -> str:
    """Return a function with its file, but not the line that it was at."""
    return _LINE.sub(")", frame)


def _statements(invoices: int) -> Iterator[str]:
    """Yield the statements that took PostgreSQL the longest, per invoice."""
    if not meters.counts_statements():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT total_exec_time, calls, regexp_replace(query, '\\s+', ' ', 'g')"
            " FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database"
            f" WHERE datname = current_database()) AND query NOT LIKE '%%{meters.POLL}%%'"
            " ORDER BY total_exec_time DESC LIMIT %s",
            [LISTED],
        )
        yield "\nStatements by time within PostgreSQL: us and calls per invoice"
        for milliseconds, calls, query in cursor.fetchall():
            yield f"{milliseconds * 1000 / invoices:9.1f} {calls / invoices:7.2f}  {query[:110]}"


if __name__ == "__main__":
    main()
