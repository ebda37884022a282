"""What is appended is sent; what was not sent, or not finished, is sent again or told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from billing.events import dispatch, log, relay
from billing.events.models import Event, Failure
from billing.events.queues import create_queues, named_events
from billing.orders.events import order_placed
from billing.orders.models import Order
from billing.sellers.models import Seller
from tests import factories

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


class Queue:
    """The broker's queue, read past Celery."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.url = client.get_queue_url(QueueName=name)["QueueUrl"]

    def receive(self) -> list[dict[str, Any]]:
        """Receive without hiding: the message is back at once."""
        answer = self.client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def event_ids(self) -> list[list[str]]:
        """The events that the next messages name."""
        return [[str(one) for one in named_events(message["Body"])] for message in self.receive()]


@pytest.fixture
def queue() -> Iterator[Queue]:
    create_queues()
    with current_app.connection_for_write() as broker:
        channel = broker.default_channel
        found = Queue(channel.sqs(), channel.canonical_queue_name("billing"))
        found.client.purge_queue(QueueUrl=found.url)
        yield found
        found.client.purge_queue(QueueUrl=found.url)


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture
def order(seller: Seller) -> Order:
    return factories.order(factories.customer(seller))


class TestAppending:
    def test_it_is_refused_outside_a_transaction(self, committed: None) -> None:
        with transaction.atomic():
            order = factories.order(factories.customer(factories.seller()))

        with pytest.raises(log.OutsideTransaction):
            log.append([order_placed(order)], at=AT)

    def test_a_fact_is_appended_once(self, order: Order) -> None:
        with pytest.raises(IntegrityError, match="event_once"), transaction.atomic():
            log.append([order_placed(order)], at=AT)

    def test_what_is_known_is_passed_over(self, order: Order) -> None:
        assert log.append([order_placed(order)], at=AT, known_too=True) == []

    def test_an_event_without_listeners_is_noted(self, order: Order) -> None:
        silent = log.NewEvent(
            seller_id=order.seller_id, type="nobody.listens", stream_id=order.id, payload={},
            as_of_date=AT.date(), occurred_at=AT, idempotency_key="silent",
        )  # fmt: skip

        (event,) = log.append([silent], at=AT)

        assert event.state == "noted"

    def test_nothing_is_sent_if_the_transaction_is_rolled_back(
        self,
        queue: Queue,
        seller: Seller,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            factories.order(factories.customer(seller))
            transaction.set_rollback(True)

        assert queue.event_ids() == []


class TestSending:
    def test_the_message_names_the_event(
        self,
        queue: Queue,
        seller: Seller,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            factories.order(factories.customer(seller))

        event = Event.objects.get()
        assert queue.event_ids() == [[str(event.id)]]
        assert event.sends == 1

    def test_many_events_share_a_message(self, queue: Queue, seller: Seller) -> None:
        customer = factories.customer(seller)
        for _ in range(101):
            factories.order(customer)

        dispatch.publish(Event.objects.all())

        assert sorted(map(len, queue.event_ids())) == [1, 100]

    @pytest.mark.parametrize(("sends", "seconds"), [(0, 30), (1, 60), (2, 120), (30, 900)])
    def test_each_further_send_waits_longer(self, order: Order, sends: int, seconds: int) -> None:
        Event.objects.update(sends=sends)

        dispatch.mark_published(list(Event.objects.all()), at=AT)

        event = Event.objects.get()
        assert event.sends == sends + 1
        assert 0.8 * seconds <= (event.next_send_at - AT).total_seconds() <= 1.2 * seconds


class TestRelay:
    def test_it_sends_what_was_not_sent(self, queue: Queue, order: Order) -> None:
        assert relay.sweep(at=LATER) == 1

        event = Event.objects.get()
        assert queue.event_ids() == [[str(event.id)]]
        assert event.published_at == LATER

    def test_it_leaves_the_direct_send_its_time(self, order: Order) -> None:
        assert relay.sweep(at=AT) == 0

    def test_it_sends_once_until_the_next_time(self, queue: Queue, order: Order) -> None:
        relay.sweep(at=LATER)

        assert relay.sweep(at=LATER) == 0

    def test_it_leaves_out_what_is_settled(self, order: Order) -> None:
        Event.objects.update(state="failed")

        assert relay.sweep(at=LATER) == 0


class TestDeadLetters:
    def _die(self, queue: Queue) -> None:
        for _ in range(6):  # The sixth receive finds it in the dead-letter queue.
            queue.receive()

    def test_an_event_that_kills_its_worker_becomes_a_failure(
        self, queue: Queue, order: Order
    ) -> None:
        dispatch.publish(Event.objects.all())
        self._die(queue)

        assert relay.bury_dead_letters(at=LATER) == 1

        failure = Failure.objects.get()
        assert (failure.code, failure.event.state) == ("worker_lost", "failed")

    def test_of_several_events_each_is_tried_alone(self, queue: Queue, seller: Seller) -> None:
        customer = factories.customer(seller)
        for _ in range(3):
            factories.order(customer)
        dispatch.publish(Event.objects.all())
        self._die(queue)

        assert relay.bury_dead_letters(at=LATER) == 0
        assert sorted(map(len, queue.event_ids())) == [1, 1, 1]

    def test_a_message_that_can_not_be_read_is_dropped(self, queue: Queue, db: None) -> None:
        queue.client.send_message(QueueUrl=queue.url, MessageBody="nonsense")
        self._die(queue)

        assert relay.bury_dead_letters(at=LATER) == 0
        assert relay.bury_dead_letters(at=LATER) == 0
