"""One scheduler is at work: a lease by the database's clock, taken over when its holder is gone."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from billing.contracts.commands import append_due
from billing.contracts.queries import DueKind
from billing.events.leases import LeaseLost, LeaseOf
from billing.events.models import Event, Lease
from invoices.runs.commands import append_runs
from invoices.runs.models import BillingRun
from tests.chaos.engine import Engine
from tests.runs.conftest import FEBRUARY, bare_contracts, real_seller
from tests.stage.test_races import at_once

LONG = timedelta(minutes=1)
SHORT = timedelta(milliseconds=50)


def lease(lasting: timedelta = LONG) -> LeaseOf:
    return LeaseOf("scheduler", lasting=lasting)


def expire() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE billing_lease SET until = clock_timestamp() - interval '1 second'")


@pytest.mark.django_db
class TestLease:
    def test_one_holds_it_and_others_stand_by(self) -> None:
        first, second = lease(), lease()

        assert [first.hold(), second.hold(), first.hold()] == [True, False, True]
        assert Lease.objects.get().holder == first.holder

    def test_it_is_taken_over_once_it_is_over(self) -> None:
        first, second = lease(SHORT), lease()
        first.hold()
        time.sleep(0.06)

        assert second.hold()
        assert not first.hold()
        assert Lease.objects.get().token == 2

    def test_who_lost_it_learns_it_amid_its_work(self) -> None:
        first, second = lease(SHORT), lease()
        first.hold()
        expire()
        second.hold()
        time.sleep(0.02)

        with pytest.raises(LeaseLost):
            first.keep()

    def test_who_lost_it_and_got_it_back_learns_it_too(self) -> None:
        first, second = lease(SHORT), lease(SHORT)
        first.hold()
        expire()
        second.hold()
        second.release()
        time.sleep(0.02)

        with pytest.raises(LeaseLost):
            first.keep()
        assert Lease.objects.get().token == 3

    def test_who_stops_leaves_it_to_the_next_at_once(self) -> None:
        first, second = lease(), lease()
        first.hold()

        first.release()

        assert second.hold()

    def test_it_asks_the_database_only_when_a_third_of_it_is_over(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        mine = lease()
        mine.hold()

        with django_assert_num_queries(0):
            assert mine.hold()


class TestBothAtOnce:
    def test_schedulers_without_a_lease_do_no_harm(self, committed: None) -> None:
        seller = real_seller()
        bare_contracts(seller, 300)

        def run() -> object:
            return append_runs(seller, DueKind.PERIODS, at=FEBRUARY)

        def plain() -> object:
            return append_due(seller, at=FEBRUARY)

        appended = at_once([run, run, plain, run])

        told = Event.objects.filter(type="period.ended")
        assert sum(int(str(each)) for each in appended) == told.count() == 300
        assert told.values("idempotency_key").distinct().count() == 300


@pytest.fixture
def engine(committed: None, tmp_path: Path) -> Iterator[Engine]:
    started = Engine(tmp_path)
    yield started
    started.close()


def yesterday() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)


@pytest.mark.slow
class TestProcesses:
    def test_a_second_takes_over_within_seconds_after_a_kill(self, engine: Engine) -> None:
        engine.start("scheduler", "scheduler-2")
        engine.wait_until(Lease.objects.exists, within=30, what="one is at work")
        time.sleep(2)  # The other stands by.
        first, process = Lease.objects.get(), _process_of(Lease.objects.get())
        name = next(name for name in ("scheduler", "scheduler-2") if engine.pid(name) == process)

        engine.kill(name)
        seller = real_seller()
        bare_contracts(seller, 5, yesterday())
        killed_at = time.monotonic()
        engine.wait_until(
            lambda: Lease.objects.get().holder != first.holder, within=10, what="taken over"
        )
        assert time.monotonic() - killed_at < 8.0  # 6 s of lease, 1 s between two looks

        engine.wait_until(
            lambda: BillingRun.objects.filter(total=5).exists(), within=20, what="it goes on"
        )
        assert Lease.objects.get().token == first.token + 1

    def test_a_second_takes_over_at_once_after_a_stop(self, engine: Engine) -> None:
        engine.start("scheduler")
        engine.wait_until(Lease.objects.exists, within=30, what="one is at work")
        engine.start("scheduler-2")
        first = Lease.objects.get()
        time.sleep(3)

        engine.stop("scheduler")

        engine.wait_until(
            lambda: Lease.objects.get().holder != first.holder, within=3, what="taken over"
        )


def _process_of(held: Lease) -> int:
    return int(held.holder.split(":")[1])
