"""Figures of processes with children, that come and go and are killed."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from billing.monitoring import processes
from billing.monitoring.counting import SECONDS, observe_times
from config.stack.sqs import answers
from tests.chaos.engine import free_port

# A process with two children; the second is killed. All count, the first one tells its page.
FAMILY = """
import os, signal, sys
from prometheus_client import Counter, Histogram, generate_latest
from billing.monitoring.processes import registry
counted = Counter("tried", "Tries.", ["way"])
took = Histogram("took_seconds", "Time.", buckets=(1, 5))
for end in (lambda: os._exit(0), lambda: os.kill(os.getpid(), signal.SIGKILL)):
    child = os.fork()
    if not child:
        counted.labels("child").inc(2)
        took.observe(3)
        end()
    os.waitpid(child, 0)
counted.labels("parent").inc()
for _ in (1, 2):
    page = generate_latest(registry()).decode()
sys.stdout.write(page)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def family(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", FAMILY],
        env={**os.environ, processes.FOLDER: str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


class TestChildren:
    def test_what_the_dead_counted_stays_counted(self, folder: Path) -> None:
        page = family(folder)

        assert 'tried_total{way="child"} 4.0' in page
        assert 'tried_total{way="parent"} 1.0' in page
        assert 'took_seconds_bucket{le="5.0"} 2.0' in page
        assert "took_seconds_sum 6.0" in page

    def test_their_files_dont_stay(self, folder: Path) -> None:
        family(folder)
        page = family(folder)  # Began anew in the same folder: it goes on.

        assert 'tried_total{way="child"} 8.0' in page
        assert 'tried_total{way="parent"} 2.0' in page
        # Those of the dead together, and of the process that has just ended.
        assert len(list(folder.glob("*.db"))) == 4

    def test_a_gauge_of_the_dead_is_forgotten(self, folder: Path) -> None:
        (folder / "gauge_all_999999999.db").write_bytes(b"")

        processes.OfChildren(folder).collect()

        assert not list(folder.glob("gauge*"))


class TestPage:
    def test_it_is_served(self) -> None:
        port, told = free_port(), CollectorRegistry()
        Histogram("h_seconds", "H.", registry=told).observe(1)

        processes.serve(told, port=port, address="127.0.0.1")

        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert b"h_seconds_count 1.0" in answer.read()

    def test_a_taken_port_stops_no_work(self, caplog: pytest.LogCaptureFixture) -> None:
        port = free_port()
        processes.serve(CollectorRegistry(), port=port, address="127.0.0.1")

        processes.serve(CollectorRegistry(), port=port, address="127.0.0.1")

        assert f"No metrics on 127.0.0.1:{port}" in caplog.text

    def test_without_a_port_there_is_none(self) -> None:
        processes.serve(CollectorRegistry(), port=0, address="127.0.0.1")

        assert not answers("http://127.0.0.1:1/")


class TestManyAtOnce:
    @pytest.mark.parametrize("value", [0.0, 0.05, 0.3, 14400.0, 99999.0])
    def test_they_count_as_one_by_one(self, value: float) -> None:
        pages = []
        for observe in (
            lambda each: observe_times(each, value, 7),
            lambda each: [each.observe(value) for _ in range(7)],
        ):
            told = CollectorRegistry()
            observe(Histogram("h", "H.", ["a"], buckets=SECONDS, registry=told).labels("x"))
            page = generate_latest(told).decode()
            pages.append([line for line in page.splitlines() if "_created" not in line])

        one, other = pages
        assert [line.rpartition(" ")[0] for line in one] == [
            line.rpartition(" ")[0] for line in other
        ]
        assert [float(line.split()[-1]) for line in one if line[0] != "#"] == pytest.approx(
            [float(line.split()[-1]) for line in other if line[0] != "#"]
        )
