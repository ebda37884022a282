"""An import that is killed leaves whole chunks; two at once import each order once."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

from billing.customers.models import Customer
from billing.events.models import Event
from billing.orders.models import Order, OrderLine
from tests import factories

pytestmark = pytest.mark.usefixtures("committed")
ROWS, CHUNK = 3000, 50


@pytest.fixture
def file(tmp_path: Path, committed: None) -> Path:
    """Orders of a few customers, who come in another order than they are sorted."""
    factories.seller()
    path = tmp_path / "orders.csv"
    rows = (f"K-{-n % 7},O-{n},2025-01-02,1.00\n" for n in range(ROWS))
    path.write_text("customer,order,date,amount\n" + "".join(rows))
    return path


def counts() -> tuple[int, int, int]:
    return Order.objects.count(), OrderLine.objects.count(), Event.objects.count()


class TestInterrupted:
    def test_a_killed_import_leaves_whole_chunks_and_can_be_resumed(self, file: Path) -> None:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "import_orders", str(file), "--chunk", str(CHUNK)],
            env={**os.environ, "DATABASE_URL": _test_database()},
            cwd=settings.BASE_DIR,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while Order.objects.count() < 2 * CHUNK and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        process.wait(timeout=10)

        orders, lines, events = counts()
        assert 0 < orders < ROWS
        assert orders % CHUNK == 0
        assert orders == lines == events
        call_command("import_orders", file, stdout=StringIO())
        assert counts() == (ROWS, ROWS, ROWS)

    def test_two_imports_at_once_import_each_order_once(self, file: Path) -> None:
        def run(_: int) -> str:
            out = StringIO()
            try:
                call_command("import_orders", file, chunk=CHUNK, stdout=out, json=True)
            finally:
                connections.close_all()
            return out.getvalue()

        with ThreadPoolExecutor(2) as pool:
            summaries = list(pool.map(run, range(2)))

        assert counts() == (ROWS, ROWS, ROWS)
        assert Customer.objects.count() == 7
        assert all('"refused": 0' in summary for summary in summaries)


def _test_database() -> str:
    """Return the address of the tests' database, whose name Django chose."""
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    return f"{address}/{connection.settings_dict['NAME']}"
