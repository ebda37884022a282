"""What the calendar makes due is sent in windows, sellers in turn, and again only if lost."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from celery import current_app
from django.db import connection, transaction

from billing.contracts.commands import append_due
from billing.events import relay, windows
from billing.events.models import BulkMessage, Event
from billing.events.queues import create_queues, depth, named_events
from billing.events.windows import Turn
from billing.sellers.models import Seller
from tests import factories
from tests.vat.conftest import Settings

AT = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))

APPEND = """
WITH appended AS (
    INSERT INTO billing_event (
        id, seller_id, transaction_id, type, stream_id, payload, as_of_date, occurred_at,
        recorded_at, idempotency_key, queue, state, sends)
    SELECT gen_random_uuid(), %(seller)s, gen_random_uuid(), 'period.ended', gen_random_uuid(),
        '{}', '2026-02-01', %(at)s, %(at)s, 'due ' || n, 'bulk', 'waiting', 0
    FROM generate_series(1, %(count)s) n
    RETURNING id
), numbered AS (SELECT id, (row_number() OVER () - 1) / 500 AS nth FROM appended)
INSERT INTO billing_bulkmessage (seller_id, type, event_ids, size, next_send_at, sends)
SELECT %(seller)s, 'period.ended', array_agg(id), count(*), %(at)s, 0 FROM numbered GROUP BY nth
"""


def wait(seller: Seller, count: int, *, at: datetime = AT) -> None:
    """Let so many events of a seller's bulk wait."""
    with connection.cursor() as cursor:
        cursor.execute(APPEND, {"seller": seller.pk, "count": count, "at": at})


def on_its_way(seller: Seller) -> int:
    sent = BulkMessage.objects.filter(seller=seller, sends__gt=0)
    return sum(sent.values_list("size", flat=True))


def handle(messages: Iterable[BulkMessage]) -> None:
    """Let all events of messages be handled, as a worker does."""
    for message in messages:
        Event.objects.filter(id__in=message.event_ids).update(state="handled")
        windows.forget_if_done(message.pk)


@pytest.fixture
def queue() -> Iterator["Drained"]:
    create_queues()
    with current_app.connection_for_write() as broker:
        found = Drained(broker.default_channel)
        found.take()
        yield found
        found.take()


class Drained:
    """The queue of the bulk, read to its end."""

    def __init__(self, channel: Any) -> None:
        self._client = channel.sqs()
        name = channel.canonical_queue_name("bulk")
        self._url = self._client.get_queue_url(QueueName=name)["QueueUrl"]

    def take(self) -> list[tuple[UUID, ...]]:
        """Return what each message names, in their order, and delete them."""
        taken: list[tuple[UUID, ...]] = []
        while found := self._receive():
            for message in found:
                taken.append(named_events(message["Body"]))
                self._client.delete_message(
                    QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"]
                )
        return taken

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._client.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


class TestShares:
    def test_sellers_take_turns_until_the_relay_has_sent_enough(self) -> None:
        shares = windows.shares_of([Turn(ONE, 0), Turn(TWO, 0), Turn(THREE, 0)])

        # Ten messages of 500, in turn.
        assert shares == {ONE: 4, TWO: 3, THREE: 3}

    def test_who_has_the_least_on_its_way_comes_first(self) -> None:
        assert list(windows.shares_of([Turn(ONE, 900), Turn(TWO, 100)])) == [TWO, ONE]

    def test_a_window_ends_what_one_sends(self, settings: Settings) -> None:
        settings.BULK_WINDOW = 2000

        assert windows.shares_of([Turn(ONE, 1100), Turn(TWO, 2000)]) == {ONE: 1}

    def test_a_window_with_less_room_than_a_message_waits(self) -> None:
        assert windows.shares_of([Turn(ONE, 9_600)]) == {}

    def test_many_sellers_have_smaller_windows(self, settings: Settings) -> None:
        settings.BULK_WINDOW_OF_ALL = 3000

        # 3,000 / 2 = 1,500 each.
        assert windows.shares_of([Turn(ONE, 0), Turn(TWO, 1000)]) == {ONE: 3, TWO: 1}


class TestSending:
    def test_the_scheduler_leaves_its_events_to_the_relay(
        self, seller: Seller, queue: Drained, django_capture_on_commit_callbacks: Any
    ) -> None:
        seller = factories.seller(is_test=False, clock=None)  # On real time.
        contract = factories.contract(factories.customer(seller))
        type(contract).objects.update(next_billing_date=date(2026, 1, 1))

        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            append_due(seller, at=AT)

        event = Event.objects.get(type="period.ended")
        assert BulkMessage.objects.get().sends == 0
        assert (event.queue, event.next_send_at) == ("bulk", None)
        assert relay.sweep(at=AT) == 0
        assert relay.sweep_bulk(at=AT) == 1
        assert queue.take() == [(event.id,)]

    def test_a_hundred_events_never_stand_behind_a_million(
        self, seller: Seller, queue: Drained
    ) -> None:
        small = factories.seller()
        wait(seller, 8000)
        assert relay.sweep_bulk(at=AT) == 5000
        wait(small, 100)

        # Five portions each: the small one needs one of them, and it is first.
        assert relay.sweep_bulk(at=AT) == 2600

        sellers = dict(Event.objects.values_list("id", "seller_id"))
        of_messages = [{sellers[event_id] for event_id in named} for named in queue.take()]
        assert small.pk in set.union(*of_messages[10:12])
        assert set(map(len, of_messages)) == {1}

    def test_a_window_is_filled_as_it_empties(
        self, seller: Seller, queue: Drained, settings: Settings
    ) -> None:
        settings.BULK_WINDOW = 1000
        wait(seller, 3000)
        assert [relay.sweep_bulk(at=AT) for _ in range(2)] == [1000, 0]

        first, _ = BulkMessage.objects.filter(sends=1)
        Event.objects.filter(id__in=first.event_ids[:499]).update(state="handled")
        windows.forget_if_done(first.pk)
        assert relay.sweep_bulk(at=AT) == 0
        handle([first])

        assert relay.sweep_bulk(at=AT) == 500
        assert on_its_way(seller) == 1000

    def test_what_is_spread_waits_for_its_time(self, seller: Seller, queue: Drained) -> None:
        wait(seller, 10, at=AT + timedelta(minutes=5))

        assert relay.sweep_bulk(at=AT) == 0
        assert relay.sweep_bulk(at=AT + timedelta(minutes=5)) == 10


class TestResending:
    LATER = AT + timedelta(minutes=5)

    def test_what_lies_in_the_queue_is_not_sent_again(self, seller: Seller, queue: Drained) -> None:
        wait(seller, 700)
        relay.sweep_bulk(at=AT)

        assert depth("bulk") == 2
        assert relay.sweep_lost(at=self.LATER) == 0

    def test_what_was_lost_is_sent_again(self, seller: Seller, queue: Drained) -> None:
        wait(seller, 700)
        relay.sweep_bulk(at=AT)
        queue.take()

        assert relay.sweep_lost(at=AT + timedelta(seconds=5)) == 0  # Its time hasn't come.
        assert relay.sweep_lost(at=self.LATER) == 700
        assert set(BulkMessage.objects.values_list("sends", flat=True)) == {2}

    def test_what_is_done_is_forgotten(self, seller: Seller, queue: Drained) -> None:
        wait(seller, 700)
        relay.sweep_bulk(at=AT)
        queue.take()
        Event.objects.update(state="handled")  # By a worker that was killed then.

        assert relay.sweep_lost(at=self.LATER) == 0
        assert not BulkMessage.objects.exists()

    def test_an_event_that_no_message_names_is_sent_too(
        self, seller: Seller, queue: Drained
    ) -> None:
        wait(seller, 10)
        BulkMessage.objects.all().delete()
        retried = Event.objects.earliest("position")
        Event.objects.filter(pk=retried.pk).update(next_send_at=AT)

        assert relay.sweep(at=AT) == 0  # Orders come first.
        assert [relay.sweep_lost(at=AT) for _ in range(2)] == [1, 0]
        assert queue.take() == [(retried.pk,)]

    def test_what_waits_too_long_is_sent_again_in_any_case(
        self, seller: Seller, queue: Drained
    ) -> None:
        wait(seller, 10)
        relay.sweep_bulk(at=AT)

        assert relay.sweep_lost(at=AT + timedelta(minutes=16)) == 10

    def test_two_relays_never_send_the_same(self, committed: None, queue: Drained) -> None:
        wait(factories.seller(), 10)
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('send_bulk', 0))")
                assert relay.sweep_bulk(at=AT) == 0
                cursor.execute("ROLLBACK")
        finally:
            other.close()
        assert relay.sweep_bulk(at=AT) == 10


@pytest.mark.slow
class TestAMillion:
    def test_a_turn_costs_what_it_sends(self, committed: None, queue: Drained) -> None:
        small, large = factories.seller(), factories.seller()
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # Spares foreign keys' checks.
        wait(large, 1_000_000)
        wait(small, 100)
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("ANALYZE billing_event, billing_bulkmessage")
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + windows._TURNS, {"at": AT})
            plan = cursor.fetchone()[0][0]

        touched = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
        assert touched < 200, plan
        assert plan["Execution Time"] < 50
        assert relay.sweep_bulk(at=AT) == 2600
        assert on_its_way(small) == 100
