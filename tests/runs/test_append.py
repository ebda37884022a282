"""What is due becomes events and a run, once, in order, wherever it was broken off."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from uuid import RFC_4122

import pytest
from django.db import connection
from pytest_django import Settings

from billing.contracts.commands import append_due, due
from billing.contracts.events import period_key
from billing.contracts.queries import DueKind
from billing.events.log import OutsideTransaction
from billing.events.models import BulkMessage, Event
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from invoices.runs.commands import append_runs, finish_runs
from invoices.runs.models import BillingRun
from invoices.runs.queries import open_failures, progress
from tests import factories
from tests.runs.conftest import (
    FEBRUARY,
    JANUARY,
    bare_contracts,
    contracts,
    drain,
    real_seller,
)
from tests.stage.test_collecting import forgotten_rate

PERIODS, DAYS = DueKind.PERIODS, DueKind.DAYS


def waiting() -> list[Event]:
    return list(Event.objects.filter(state="waiting").order_by("as_of_date"))


def told() -> list[Event]:
    return list(Event.objects.filter(type="period.ended").order_by("position"))


class TestEvents:
    def test_they_are_those_that_the_engine_would_append_one_by_one(self, seller: Seller) -> None:
        (contract,) = contracts(seller, 1)

        append_runs(seller, PERIODS, at=FEBRUARY)

        (event,) = told()
        assert event.idempotency_key == period_key(contract.pk, date(2026, 2, 1))
        assert event.payload == {"contract_id": str(contract.pk)}
        assert (event.transaction_id, event.state) == (event.pk, "waiting")
        assert (event.as_of_date, event.recorded_at) == (date(2026, 2, 1), FEBRUARY)
        assert (event.next_send_at, event.sends, event.published_at) == (None, 0, None)
        message = BulkMessage.objects.get()
        assert (message.event_ids, message.size, message.type) == ([event.pk], 1, "period.ended")
        assert (message.next_send_at, message.sends, message.published_at) == (FEBRUARY, 0, None)

    def test_ids_are_made_in_order_and_tell_their_time(self, db: None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT anlass_uuid7() FROM generate_series(1, 5000)")
            ids = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT clock_timestamp()")
            (now,) = cursor.fetchone()

        assert len(set(ids)) == 5000
        assert {(each.version, each.variant) for each in ids} == {(7, RFC_4122)}
        assert ids == sorted(ids)
        made = datetime.fromtimestamp((ids[-1].int >> 80) / 1000, tz=UTC)
        assert abs(now - made) < timedelta(seconds=5)

    def test_appending_again_appends_nothing(self, seller: Seller) -> None:
        contracts(seller, 2)

        assert append_runs(seller, PERIODS, at=FEBRUARY) == 2
        assert append_runs(seller, PERIODS, at=FEBRUARY) == 0
        assert append_due(seller, at=FEBRUARY) == 0

    def test_they_belong_into_a_transaction(self, committed: None) -> None:
        reading = due.Reading(date(2026, 2, 1))

        with pytest.raises(OutsideTransaction):
            due.append_chunk(
                real_seller(), PERIODS, reading=reading, occurred_at=FEBRUARY, at=FEBRUARY
            )

    def test_days_of_collected_customers(self, seller: Seller) -> None:
        contracts(seller, 2, grouping="per_day")
        evening = datetime(2026, 2, 1, 22, 0, tzinfo=UTC)  # 23:00 in Berlin
        drain(at=FEBRUARY)
        append_runs(seller, DAYS, at=JANUARY + timedelta(days=1))
        drain(at=JANUARY + timedelta(days=1))

        assert append_runs(seller, PERIODS, at=evening) == 0
        assert append_runs(seller, DAYS, at=evening - timedelta(seconds=1)) == 0
        assert append_runs(seller, DAYS, at=evening) == 2
        drain(at=evening)
        assert Invoice.objects.filter(issue_date=date(2026, 2, 1)).count() == 2

    def test_a_sellers_day_begins_in_its_time_zone(self, db: None) -> None:
        seller = real_seller(timezone="Pacific/Auckland")
        contracts(seller, 1)
        midnight = datetime(2026, 1, 31, 11, 0, tzinfo=UTC)  # UTC+13

        assert append_runs(seller, PERIODS, at=midnight - timedelta(seconds=1)) == 0
        assert append_runs(seller, PERIODS, at=midnight) == 1


class TestSpread:
    def test_what_is_due_is_sent_evenly_over_the_time_set(
        self, seller: Seller, settings: Settings
    ) -> None:
        settings.BILLING_SPREAD = timedelta(minutes=60)
        bare_contracts(seller, 400)
        begin = datetime(2026, 1, 31, 23, 0, tzinfo=UTC)  # midnight in Berlin

        append_runs(seller, PERIODS, at=begin)

        sent = [
            (message.next_send_at, message.size) for message in BulkMessage.objects.order_by("pk")
        ]
        assert len({at.replace(second=0, microsecond=0) for at, _ in sent}) == len(sent) <= 60
        after = [(at - begin).total_seconds() for at, size in sent for _ in range(size)]
        assert len(after) == 400
        assert 0 <= min(after) < 120
        assert 3480 < max(after) < 3600
        # Half of them in half of the time: chance is 10 to either side, and 60 never.
        assert 140 < sum(each < 1800 for each in after) < 260

    def test_what_is_late_is_sent_at_once(self, seller: Seller, settings: Settings) -> None:
        settings.BILLING_SPREAD = timedelta(minutes=60)
        contracts(seller, 3)
        late = FEBRUARY + timedelta(days=2)

        append_runs(seller, PERIODS, at=late)
        assert {message.next_send_at for message in BulkMessage.objects.all()} <= {late}

    def test_a_contract_comes_at_the_same_time_of_each_month(
        self, seller: Seller, settings: Settings
    ) -> None:
        settings.BILLING_SPREAD = timedelta(minutes=60)
        contracts(seller, 1)
        after: list[timedelta] = []
        for day in (date(2026, 2, 1), date(2026, 3, 1)):
            begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)
            append_runs(seller, PERIODS, at=begin)
            after.append(BulkMessage.objects.latest("pk").next_send_at - begin)
            drain(at=begin)

        first, second = after
        assert first == second > timedelta()

    def test_test_clocks_wait_for_nothing(self, db: None, settings: Settings) -> None:
        settings.BILLING_SPREAD = timedelta(minutes=60)
        seller = factories.seller()
        contracts(seller, 3)
        seller.test_clock.today = date(2046, 2, 1)
        seller.test_clock.save()

        append_runs(seller, PERIODS, at=FEBRUARY)
        assert {message.next_send_at for message in BulkMessage.objects.all()} == {FEBRUARY}

    def test_test_clocks_can_be_ahead_of_the_time(self, db: None) -> None:
        seller = factories.seller()
        contracts(seller, 1)
        seller.test_clock.today = date(2027, 2, 1)
        seller.test_clock.save()

        append_runs(seller, PERIODS, at=JANUARY)
        append_runs(seller, DAYS, at=JANUARY)
        assert {message.next_send_at for message in BulkMessage.objects.all()} == {JANUARY}


class TestRuns:
    def test_a_run_counts_what_is_done(self, seller: Seller) -> None:
        contracts(seller, 4)
        append_runs(seller, PERIODS, at=FEBRUARY)
        drain(at=FEBRUARY, at_most=3)

        run = BillingRun.objects.get()
        found = progress(run, at=FEBRUARY + timedelta(seconds=6))

        assert (found.total, found.done, found.failed, found.waiting) == (4, 3, 0, 1)
        assert (found.percent, found.per_second) == (75.0, 0.5)  # 3 in 6 s
        assert found.left == timedelta(seconds=2)  # 1 at 0.5 a second

    def test_a_run_is_frozen_once_nothing_waits(self, seller: Seller) -> None:
        contracts(seller, 2)
        append_runs(seller, PERIODS, at=FEBRUARY)
        assert finish_runs(at=FEBRUARY) == []
        drain(at=FEBRUARY)

        (run,) = finish_runs(at=FEBRUARY + timedelta(seconds=4))

        run.refresh_from_db()
        assert (run.day, run.total, run.done, run.failed) == (date(2026, 2, 1), 2, 2, 0)
        found = progress(run, at=FEBRUARY + timedelta(days=9))
        assert (found.took, found.is_finished) == (timedelta(seconds=4), True)

    def test_what_failed_is_told_apart(self, seller: Seller) -> None:
        contracts(seller, 2)
        append_runs(seller, PERIODS, at=FEBRUARY)
        Seller.objects.update(vat_id="", tax_number="")  # No invoice without one of them.
        drain(at=FEBRUARY, at_most=1)
        Seller.objects.update(vat_id="DE136695976")
        drain(at=FEBRUARY)

        (run,) = finish_runs(at=FEBRUARY)

        assert (run.total, run.done, run.failed) == (2, 1, 1)

    def test_a_contract_that_fails_alone_is_told_of_its_customers_day(self, seller: Seller) -> None:
        for tax_class in ("standard", "reduced"):
            plan = factories.plan(seller, price={"tax_class": tax_class})
            contracts(seller, 1, plan, grouping="per_day")
        append_runs(seller, DAYS, at=JANUARY + timedelta(days=1))
        drain(at=JANUARY + timedelta(days=1))
        late = FEBRUARY + timedelta(days=1)
        append_runs(seller, DAYS, at=late)
        with forgotten_rate("reduced"):
            drain(at=late)
        finish_runs(at=late)

        first, run = BillingRun.objects.order_by("day")
        assert (run.total, run.done, run.failed) == (2, 2, 0)
        assert [failure.code for failure in open_failures(run)] == ["tax_data_missing"]
        assert not open_failures(first)

    def test_nothing_due_makes_no_run(self, seller: Seller) -> None:
        contracts(seller, 1)

        assert append_runs(seller, PERIODS, at=JANUARY) == 0
        assert not BillingRun.objects.exists()

    def test_what_waits_is_not_read_again(self, seller: Seller) -> None:
        contracts(seller, 2)
        append_runs(seller, PERIODS, at=FEBRUARY)
        read_at = BillingRun.objects.get().read_at

        append_runs(seller, PERIODS, at=FEBRUARY + timedelta(seconds=10))
        assert BillingRun.objects.get().read_at == read_at
        append_runs(seller, PERIODS, at=FEBRUARY + timedelta(minutes=15))
        assert BillingRun.objects.get().read_at == FEBRUARY + timedelta(minutes=15)

    def test_days_after_those_of_a_run_that_is_not_finished_are_read(self, seller: Seller) -> None:
        contracts(seller, 1)
        append_runs(seller, PERIODS, at=FEBRUARY)
        bare_contracts(seller, 1, date(2026, 2, 2))

        assert append_runs(seller, PERIODS, at=FEBRUARY + timedelta(days=1)) == 1
        runs = BillingRun.objects.order_by("day")
        assert [(run.day.day, run.total) for run in runs] == [(1, 1), (2, 1)]

    def test_what_comes_late_reopens_the_run_of_the_day(self, seller: Seller) -> None:
        contracts(seller, 1)
        append_runs(seller, PERIODS, at=FEBRUARY)
        drain(at=FEBRUARY)
        (run,) = finish_runs(at=FEBRUARY)
        bare_contracts(seller, 1)

        append_runs(seller, PERIODS, at=FEBRUARY + timedelta(hours=1))
        drain(at=FEBRUARY)
        finish_runs(at=FEBRUARY + timedelta(hours=2))

        run.refresh_from_db()
        assert (run.total, run.done) == (2, 2)

    def test_days_of_an_outage_catch_up(self, seller: Seller) -> None:
        contracts(seller, 2)
        april = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)

        append_runs(seller, PERIODS, at=april)
        run = BillingRun.objects.get()
        for day in (date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)):
            found = progress(run, at=april)
            assert (found.total, found.done, found.waiting) == (2, 0, 2)
            assert {event.as_of_date for event in waiting()} == {day}
            assert finish_runs(at=april) == []
            drain(at=april)

        # February, March and April of two contracts, beside their January.
        assert Invoice.objects.count() == 8
        (run,) = finish_runs(at=april)
        assert (run.total, run.done, run.failed) == (2, 2, 0)

    def test_what_fails_amid_catching_up_is_counted_once(self, seller: Seller) -> None:
        contracts(seller, 2)
        april = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
        append_runs(seller, PERIODS, at=april)
        drain(at=april)  # February
        Seller.objects.update(vat_id="", tax_number="")  # No invoice without one of them.
        drain(at=april, at_most=1)
        Seller.objects.update(vat_id="DE136695976")
        while waiting():
            drain(at=april)

        (run,) = finish_runs(at=april)

        assert (run.total, run.done, run.failed) == (2, 1, 1)
        (failure,) = open_failures(run)
        assert failure.event.as_of_date == date(2026, 3, 1)

    def test_days_of_customers_that_were_missed_belong_to_the_run(self, seller: Seller) -> None:
        contracts(seller, 1, grouping="per_day")
        append_runs(seller, DAYS, at=JANUARY + timedelta(days=1))
        drain(at=JANUARY + timedelta(days=1))
        finish_runs(at=JANUARY + timedelta(days=1))
        march = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

        append_runs(seller, DAYS, at=march)
        run = BillingRun.objects.latest("day")
        drain(at=march)
        assert finish_runs(at=march) == []
        assert {event.as_of_date for event in waiting()} == {date(2026, 3, 1)}
        drain(at=march)

        (run,) = finish_runs(at=march)
        assert (run.day, run.total, run.done) == (date(2026, 3, 1), 1, 1)

    def test_what_follows_after_its_day_is_none_of_it(self, seller: Seller) -> None:
        contracts(seller, 1, factories.plan(seller, interval="day"))
        append_runs(seller, PERIODS, at=FEBRUARY)
        while due := waiting():
            if due[0].as_of_date > date(2026, 2, 1):
                break
            drain(at=FEBRUARY + timedelta(days=1))

        (run,) = finish_runs(at=FEBRUARY + timedelta(days=1))

        assert (run.total, run.done) == (1, 1)
        assert [event.as_of_date for event in waiting()] == [date(2026, 2, 2)]


class TestManyEvents:
    @pytest.fixture(autouse=True)
    def few_are_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        of_runs = import_module("invoices.runs.queries.progress")
        monkeypatch.setattr(of_runs, "COUNTED_LIVE", 2)

    def test_how_far_a_run_is_is_noted_now_and_then(self, seller: Seller) -> None:
        contracts(seller, 5)
        append_runs(seller, PERIODS, at=FEBRUARY)
        run = BillingRun.objects.get()
        assert progress(run, at=FEBRUARY).waiting == 5  # It has just begun.
        drain(at=FEBRUARY, at_most=2)
        then = FEBRUARY + timedelta(seconds=10)

        finish_runs(at=then)

        run.refresh_from_db()
        found = progress(run, at=then + timedelta(seconds=7))
        assert (found.done, found.waiting, found.took) == (2, 3, timedelta(seconds=10))
        drain(at=FEBRUARY, at_most=1)  # Now few enough wait to be counted whenever one looks.
        found = progress(run, at=then + timedelta(seconds=7))
        assert (found.done, found.waiting, found.took) == (3, 2, timedelta(seconds=17))

    def test_it_is_not_counted_turn_by_turn(self, seller: Seller) -> None:
        contracts(seller, 4)
        append_runs(seller, PERIODS, at=FEBRUARY)
        finish_runs(at=FEBRUARY)
        drain(at=FEBRUARY, at_most=1)

        finish_runs(at=FEBRUARY + timedelta(seconds=1))
        assert BillingRun.objects.get().done == 0
        finish_runs(at=FEBRUARY + timedelta(seconds=8))
        assert BillingRun.objects.get().done == 1

    def test_what_is_appended_later_waits(self, seller: Seller) -> None:
        contracts(seller, 4)
        append_runs(seller, PERIODS, at=FEBRUARY)
        drain(at=FEBRUARY, at_most=1)
        finish_runs(at=FEBRUARY)
        bare_contracts(seller, 2)

        append_runs(seller, PERIODS, at=FEBRUARY + timedelta(minutes=15))

        found = progress(BillingRun.objects.get(), at=FEBRUARY)
        assert (found.total, found.done, found.waiting) == (6, 1, 5)


class TestBrokenOff:
    def test_it_goes_on_where_it_was(self, seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(due, "CHUNK", 2)
        contracts(seller, 5)
        steps = iter([None, None])

        def killed_at_the_third() -> None:
            next(steps)

        with pytest.raises(StopIteration):
            append_runs(seller, PERIODS, at=FEBRUARY, keep=killed_at_the_third)
        run = BillingRun.objects.get()
        assert (run.total, run.is_appending) == (4, True)
        assert finish_runs(at=FEBRUARY) == []

        # Even the next day, first the run that was broken off.
        tomorrow = FEBRUARY + timedelta(days=1)
        assert append_runs(seller, PERIODS, at=tomorrow) == 1
        run.refresh_from_db()
        assert (run.total, run.is_appending, run.read_at) == (5, False, tomorrow)
