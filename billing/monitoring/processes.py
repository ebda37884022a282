"""
The figures of a process, and of its children, as a page for Prometheus.

Children of a process (of gunicorn, of a Celery worker) write their figures into files of the folder
that `PROMETHEUS_MULTIPROC_DIR` names; whoever is asked adds them up. Children come and go: what one
counted must stay counted, else sums would fall, but its files needn't stay. So the files of the
dead are added to one of pid 0 before each look, under a lock that all who look take.

The folder belongs to one process and its children: ids of processes are those of one machine.
"""

import fcntl
import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Metric, start_http_server
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
THE_DEAD = 0
_FILE = re.compile(r"(?P<kind>counter|histogram|summary|gauge\w*)_(?P<pid>[1-9]\d*)\.db")


def registry() -> CollectorRegistry:
    """Return where this process's figures are found, with those of its children if it has some."""
    if not (folder := os.environ.get(FOLDER)):
        return REGISTRY
    found = CollectorRegistry()
    found.register(OfChildren(Path(folder)))
    return found


def serve(of: CollectorRegistry, *, port: int, address: str) -> None:
    """
    Serve a page of figures, in a thread of its own; port 0: none.

    What can't be served is logged: the work goes on.
    """
    if not port:
        return
    try:
        server, _ = start_http_server(port, addr=address, registry=of)
    except OSError as error:
        logger.error("No metrics on %s:%d: %s", address, port, error)  # noqa: TRY400  It says all.
    else:
        # A child that outlives us for a moment must not keep the port from who comes after us.
        os.register_at_fork(after_in_child=server.socket.close)


class OfChildren(Collector):
    """The sums of what all processes of a folder count, those that ended too."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet."""
        self._folder = folder

    def describe(self) -> list[Metric]:
        """Name nothing: that would read the files."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Return the sums."""
        with _alone(self._folder):
            _add_up_the_dead(self._folder)
            return list(MultiProcessCollector(None, path=str(self._folder)).collect())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # A child that was forked meanwhile has the file open too: closing would not do.
            fcntl.flock(lock, fcntl.LOCK_UN)


def _add_up_the_dead(folder: Path) -> None:
    for path in sorted(folder.glob("*.db")):
        told = _FILE.fullmatch(path.name)
        if told and not _lives(int(told["pid"])):
            if not told["kind"].startswith("gauge"):  # What one had when it ended says nothing.
                _add(path, to=folder / f"{told['kind']}_{THE_DEAD}.db")
            path.unlink()


def _add(path: Path, *, to: Path) -> None:
    total = MmapedDict(str(to))
    try:
        for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(path)):
            total.write_value(key, total.read_value(key)[0] + value, timestamp)
    finally:
        total.close()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
