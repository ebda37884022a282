"""What can't be attributed is kept, told of by one failure, and counts once it is mended."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from billing.catalog.models import Meter
from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Subscription, SubscriptionChange
from billing.events.commands import retry
from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from billing.usage.commands import attribute_waiting, record_usage
from billing.usage.models import UnattributedRecord, UnattributedUsage, UsageBucket, UsageRecord
from invoices.issuing.commands import write_off
from tests import factories
from tests.usage.conftest import AT


def work() -> None:
    """Handle what waits of usage, as a worker would."""
    for event in Event.objects.filter(state="waiting", type="usage.unattributed"):
        attribute_waiting(event_id=event.id, at=AT, worker="test")


def send(seller: Seller, count: int = 1, **given: Any) -> None:
    record_usage(seller=seller, records=[factories.usage(**given) for _ in range(count)], at=AT)


def open_failures() -> list[tuple[str, str]]:
    rows = Failure.objects.filter(state="open").order_by("opened_at", "id")
    return [(failure.code, failure.reason) for failure in rows]


def retry_all() -> int:
    ids = [failure.id for failure in Failure.objects.filter(state="open")]
    return retry(failure_ids=ids, by="Ada", at=AT)


class TestWaiting:
    def test_one_failure_tells_of_all_records_that_wait_for_one_thing(
        self, seller: Seller, subscription: Subscription
    ) -> None:
        send(seller, 2)
        work()
        send(seller, 3)

        assert open_failures() == [
            (
                "usage_meter_unknown",
                "There is no meter calls. 5 records wait to be attributed.",
            )
        ]
        assert UnattributedRecord.objects.count() == 5
        assert not UsageRecord.objects.exists()

    def test_one_failure_per_reason_and_thing_named(
        self, seller: Seller, meter: Meter, subscription: Subscription
    ) -> None:
        send(seller, meter="other")
        send(seller, 2, subscription="ext:S2")
        send(seller, subscription="ext:S3")
        work()

        assert sorted(code for code, _ in open_failures()) == [
            "usage_meter_unknown",
            "usage_subscription_unknown",
            "usage_subscription_unknown",
        ]

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"at": AT - timedelta(days=1)}, "usage_subscription_not_running"),
            ({"at": AT + timedelta(days=2)}, "usage_in_future"),
            ({"meter": "sizes"}, "usage_property_missing"),
            ({"meter": "sizes", "properties": {"gb": "x"}}, "usage_property_not_number"),
            ({"meter": "sizes", "properties": {"gb": "NaN"}}, "usage_property_not_number"),
            ({"meter": "sizes", "properties": {"gb": "1e13"}}, "usage_property_not_number"),
            ({"meter": "sizes", "properties": {"gb": "1e-13"}}, "usage_property_not_number"),
        ],
    )
    def test_reasons(
        self, seller: Seller, meter: Meter, subscription: Subscription, given: Any, code: str
    ) -> None:
        factories.meter(seller, code="sizes", property="gb")

        send(seller, **given)
        work()

        assert [code for code, _ in open_failures()] == [code]

    def test_a_day_ahead_counts(
        self, seller: Seller, meter: Meter, subscription: Subscription
    ) -> None:
        send(seller, at=AT + timedelta(days=1))

        assert UsageRecord.objects.get().day == date(2026, 1, 2)

    def test_another_sellers_subscription_is_unknown(
        self, seller: Seller, meter: Meter, subscription: Subscription
    ) -> None:
        stranger = factories.seller()
        factories.meter(stranger, code="calls")

        for named in ("ext:S1", str(subscription.id)):
            send(stranger, subscription=named)
        work()

        codes = Failure.objects.filter(seller=stranger).values_list("code", flat=True)
        assert list(codes) == ["usage_subscription_unknown"] * 2
        assert not UsageRecord.objects.exists()

    def test_another_sellers_meter_is_unknown(
        self, seller: Seller, meter: Meter, subscription: Subscription
    ) -> None:
        stranger = factories.seller()
        contract = factories.contract(factories.customer(stranger))
        factories.subscription(contract, factories.plan(stranger), external_id="S1")

        send(stranger)
        work()

        assert Failure.objects.get().code == "usage_meter_unknown"

    def test_the_same_again_waits_once(self, seller: Seller) -> None:
        send(seller, key="k")
        send(seller, key="k")

        assert UnattributedRecord.objects.count() == 1


class TestRunning:
    """Which days are a subscription's own."""

    @pytest.fixture
    def clock(self, seller: Seller, meter: Meter, subscription: Subscription) -> Any:
        seller.test_clock.today = date(2026, 1, 10)
        seller.test_clock.save()

        def change(on: date, kind: str, **given: Any) -> None:
            request = ChangeRequest(kind=SubscriptionChange.Kind(kind), on=on, **given)
            change_subscription(subscription_id=subscription.id, request=request, at=AT)

        return change

    def sent(self, seller: Seller, *days: int) -> list[int]:
        for day in days:
            send(seller, at=AT.replace(day=day))
        return sorted(day.day for day in UsageRecord.objects.values_list("day", flat=True))

    def test_from_the_start_up_to_the_end(self, seller: Seller, clock: Any) -> None:
        clock(date(2026, 1, 10), "cancel")

        assert self.sent(seller, 1, 9, 10, 11) == [1, 9]

    def test_a_pause_counts(self, seller: Seller, clock: Any) -> None:
        clock(date(2026, 1, 10), "pause")

        assert self.sent(seller, 10, 11) == [10, 11]

    def test_an_end_that_was_undone_is_none(self, seller: Seller, clock: Any) -> None:
        clock(date(2026, 1, 11), "cancel")
        clock(date(2026, 1, 10), "undo")

        assert self.sent(seller, 10, 11) == [10, 11]


class TestReplay:
    def test_what_was_mended_counts(self, seller: Seller, subscription: Subscription) -> None:
        send(seller, 3, value=Decimal(2))
        work()

        factories.meter(seller, code="calls")
        retry_all()
        work()

        assert UsageBucket.objects.get().total == 6
        assert Failure.objects.get().state == "resolved"
        assert Event.objects.get(type="usage.unattributed").state == "handled"

    def test_it_counts_as_known_since_the_replay(
        self, seller: Seller, subscription: Subscription
    ) -> None:
        send(seller)
        work()
        factories.meter(seller, code="calls")
        seller.test_clock.today = date(2026, 1, 20)
        seller.test_clock.save()

        retry_all()
        work()

        record = UsageRecord.objects.get()
        assert (record.day, record.recorded_on) == (date(2026, 1, 1), date(2026, 1, 20))

    def test_what_is_not_mended_fails_again(
        self, seller: Seller, subscription: Subscription
    ) -> None:
        send(seller, 2)
        work()

        retry_all()
        work()

        assert [failure.state for failure in Failure.objects.order_by("id")] == ["retried", "open"]
        assert open_failures()[0][1].endswith("2 records wait to be attributed.")

    def test_a_part_counts_and_the_rest_waits_for_another_reason(
        self, seller: Seller, subscription: Subscription
    ) -> None:
        send(seller, 2)
        send(seller, subscription="ext:S2")
        work()
        factories.meter(seller, code="calls")

        retry_all()
        work()

        assert UsageRecord.objects.count() == 2
        assert open_failures() == [
            (
                "usage_subscription_unknown",
                "There is no subscription ext:S2. 1 record waits to be attributed.",
            )
        ]
        assert UnattributedRecord.objects.get(attributed_at=None).reason == "subscription_unknown"

    def test_many_are_replayed_in_chunks(
        self, seller: Seller, subscription: Subscription, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.usage.commands.attribute.CHUNK", 3)
        send(seller, 7)
        work()
        factories.meter(seller, code="calls")
        (failure,) = Failure.objects.all()

        retry(failure_ids=[failure.id], by="Ada", at=AT)
        count = attribute_waiting(event_id=failure.event_id, at=AT, worker="test")

        assert count == 7
        assert UnattributedUsage.objects.get().waiting == 0

    def test_a_handled_event_is_left_alone(
        self, seller: Seller, subscription: Subscription
    ) -> None:
        send(seller)
        work()
        event = Event.objects.get(type="usage.unattributed")

        assert attribute_waiting(event_id=event.id, at=AT, worker="test") == 0
        assert Failure.objects.count() == 1

    def test_after_the_end_the_next_gets_an_event_of_its_own(
        self, seller: Seller, subscription: Subscription
    ) -> None:
        send(seller, 2)
        work()
        write_off(failure_ids=[_failure()], by="Ada", at=AT, why="Rubbish")

        send(seller)
        work()

        assert UnattributedUsage.objects.get().waiting == 1
        assert open_failures()[0][1].endswith("1 record waits to be attributed.")
        assert Event.objects.filter(type="usage.unattributed").count() == 2

    def test_a_command_replays_a_class(self, seller: Seller, subscription: Subscription) -> None:
        send(seller)
        work()
        factories.meter(seller, code="calls")

        call_command("replay", "--class", "usage_meter_unknown")
        work()

        assert UsageRecord.objects.count() == 1

    def test_a_command_knows_the_classes_of_what_failed(
        self, seller: Seller, subscription: Subscription
    ) -> None:
        send(seller)
        work()

        with pytest.raises(CommandError, match="Open are: usage_meter_unknown"):
            call_command("replay", "--class", "nonsense")


def _failure() -> UUID:
    return Failure.objects.get(state="open").id
