"""Runs by the real processes: relay, workers, schedulers that are killed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command

from billing.events.models import Event
from billing.events.queues import create_queues
from invoices.issuing.models import Invoice
from invoices.runs.models import BillingRun
from tests.chaos.engine import Engine
from tests.runs.conftest import bare_contracts, contracts, real_seller

pytestmark = pytest.mark.slow


@pytest.fixture
def engine(committed: None, tmp_path: Path) -> Iterator[Engine]:
    started = Engine(tmp_path)
    yield started
    started.close()


class TestRunBilling:
    def test_it_waits_for_workers_until_all_missed_months_are_billed(
        self, engine: Engine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        create_queues()
        seller = real_seller()
        contracts(seller, 5)
        months = (today := datetime.now(UTC).date()).month + 12 * (today.year - 2026)
        engine.start("relay", "worker-1", "worker-2")

        call_command("run_billing", "--seller", seller.name)

        assert Invoice.objects.filter(seller=seller).count() == 5 * months
        assert "5 of 5 billed" in capsys.readouterr().out
        call_command("verify")


class TestKilledScheduler:
    def test_another_goes_on_where_it_was(self, engine: Engine) -> None:
        seller = real_seller()
        count = 60_000
        bare_contracts(seller, count, datetime.now(UTC).date().replace(day=1))
        engine.start("scheduler")
        engine.wait_until(
            lambda: BillingRun.objects.filter(is_appending=True).exists(),
            within=30,
            what="it appends",
        )

        engine.kill("scheduler")
        so_far = BillingRun.objects.get().total
        assert 0 < so_far < count
        assert Event.objects.filter(type="period.ended").count() == so_far
        engine.start("scheduler-2")
        engine.wait_until(
            lambda: BillingRun.objects.filter(total=count, is_appending=False).exists(),
            within=60,
            what="all is appended",
        )

        told = Event.objects.filter(type="period.ended")
        assert told.count() == count
        assert told.values("stream_id").distinct().count() == count
        assert BillingRun.objects.count() == 1
