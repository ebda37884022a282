"""Many at once: each record counts once, and nothing deadlocks."""

from datetime import date
from decimal import Decimal
from threading import Event as Signal

from django.db import transaction

from billing.contracts.models import Contract
from billing.events.models import Event, Failure
from billing.usage.commands import Receipt, attribute_waiting, record_usage
from billing.usage.models import UnattributedRecord, UnattributedUsage, UsageBucket, UsageRecord
from tests import factories
from tests.stage.test_races import at_once
from tests.usage.conftest import AT

THREADS = 4


class TestRaces:
    def test_the_same_batch_at_once_counts_once(self, committed: None) -> None:
        seller = _seller()
        batch = [factories.usage() for _ in range(200)]

        receipts = at_once([lambda: record_usage(seller=seller, records=batch, at=AT)] * THREADS)

        assert sorted(_accepted(receipts)) == [0] * (THREADS - 1) + [200]
        assert UsageRecord.objects.count() == 200
        assert UsageBucket.objects.get().total == 200

    def test_batches_that_overlap_backwards(self, committed: None) -> None:
        seller = _seller()
        batch = [factories.usage(subscription=f"ext:S{n % 5}") for n in range(200)]

        receipts = at_once(
            [
                lambda: record_usage(seller=seller, records=batch, at=AT),
                lambda: record_usage(seller=seller, records=batch[::-1], at=AT),
                lambda: record_usage(seller=seller, records=batch[100:] + batch[:50], at=AT),
            ]
        )

        assert sum(_accepted(receipts)) == 200
        assert sum(UsageBucket.objects.values_list("count", flat=True)) == 200

    def test_other_batches_of_the_same_subscriptions_add_up(self, committed: None) -> None:
        seller = _seller()

        def send() -> Receipt:
            batch = [factories.usage(subscription=f"ext:S{n % 5}") for n in range(100)]
            return record_usage(seller=seller, records=batch, at=AT)

        at_once([send] * THREADS)

        totals = UsageBucket.objects.values_list("total", flat=True)
        assert list(totals) == [Decimal(100 * THREADS) / 5] * 5

    def test_one_key_with_several_contents_counts_once(self, committed: None) -> None:
        seller = _seller()

        def send(value: int) -> Receipt:
            sent = factories.usage(key="k", value=Decimal(value))
            return record_usage(seller=seller, records=[sent], at=AT)

        receipts = at_once([lambda value=value: send(value) for value in range(THREADS)])

        assert sum(_accepted(receipts)) == 1
        assert UsageBucket.objects.get().total == UsageRecord.objects.get().value

    def test_the_first_month_of_all_gets_one_partition(self, committed: None) -> None:
        seller = _seller(clock=date(2031, 7, 1), on=date(2031, 7, 1))

        def send() -> Receipt:
            sent = factories.usage(at=AT.replace(year=2031, month=7, day=1))
            return record_usage(seller=seller, records=[sent], at=AT)

        assert sum(_accepted(at_once([send] * THREADS))) == THREADS


class TestWaitingRaces:
    def test_what_comes_while_it_is_replayed_is_told_of(self, committed: None) -> None:
        seller = _seller(meter=False)
        event_id = _waiting(seller)

        def send() -> Receipt:
            return record_usage(seller=seller, records=[factories.usage()], at=AT)

        def replay() -> int:
            return attribute_waiting(event_id=event_id, at=AT, worker="test")

        at_once([send, replay, send, replay])

        assert UnattributedRecord.objects.count() == 3
        assert UnattributedUsage.objects.get().waiting == 3
        assert Failure.objects.get().reason.endswith("3 records wait to be attributed.")

    def test_two_replays_count_once(self, committed: None) -> None:
        seller = _seller(meter=False)
        event_id = _waiting(seller)
        factories.meter(seller, code="calls")

        counts = at_once(
            [lambda: attribute_waiting(event_id=event_id, at=AT, worker="test")] * THREADS
        )

        assert sorted(counts) == [0] * (THREADS - 1) + [1]  # type: ignore[type-var]
        assert UsageBucket.objects.get().count == 1

    def test_what_comes_while_a_contract_is_billed_is_late(self, committed: None) -> None:
        """Who bills holds the contract: what wasn't seen then is told of afterwards."""
        seller = _seller()
        is_locked = Signal()

        def bill() -> None:
            with transaction.atomic():
                contract = Contract.objects.select_for_update().get(external_id="C0")
                is_locked.set()
                contract.billed_date = date(2026, 1, 2)
                contract.save(update_fields=["billed_date"])

        def send() -> Receipt:
            is_locked.wait(10)
            sent = factories.usage(subscription="ext:S0")
            return record_usage(seller=seller, records=[sent], at=AT)

        at_once([bill, send])

        assert Event.objects.filter(type="usage.recorded").count() == 1


def _seller(*, meter: bool = True, on: date | None = None, **given: object) -> factories.Seller:
    seller = factories.seller(**given)  # type: ignore[arg-type]
    if meter:
        factories.meter(seller, code="calls")
    plan = factories.plan(seller)
    for number in range(5):
        contract = factories.contract(factories.customer(seller), external_id=f"C{number}")
        factories.subscription(contract, plan, external_id=f"S{number}", on=on)
    return seller


def _waiting(seller: factories.Seller) -> object:
    record_usage(seller=seller, records=[factories.usage()], at=AT)
    return Event.objects.get(type="usage.unattributed").id


def _accepted(receipts: list[object]) -> list[int]:
    return [receipt.accepted for receipt in receipts if isinstance(receipt, Receipt)]
