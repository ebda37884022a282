"""Many messages go out in few calls; what is not accepted is told from what is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.conf import settings

from billing.customers.models import Customer
from billing.events import dispatch, log, relay
from billing.events.models import Event, Failure
from billing.events.queues import named_events
from tests import factories
from tests.broker.conftest import Queue
from tests.broker.proxy import Body, Proxy

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
QueueOf = Callable[[str], Queue]


def refuse(positions: set[int], *, sender: bool) -> Callable[[str, Body], Body]:
    """Take entries of a batch for the broker's refusals: they are not passed on."""
    held: list[str] = []

    def drop(action: str, body: Body) -> Body:
        if action != "SendMessageBatch":
            return body
        held[:] = [body["Entries"][n]["Id"] for n in positions if n < len(body["Entries"])]
        kept = [entry for entry in body["Entries"] if entry["Id"] not in held]
        return {**body, "Entries": kept}

    def tell(action: str, body: Body) -> Body:
        if action != "SendMessageBatch":
            return body
        failed = [
            {"Id": each, "SenderFault": sender, "Code": "X", "Message": "no"} for each in held
        ]
        return {**body, "Failed": body.get("Failed", []) + failed}

    drop.tell = tell  # type: ignore[attr-defined]
    return drop


def let(proxy: Proxy, refusal: Any) -> None:
    proxy.before, proxy.after = refusal, refusal.tell


@pytest.fixture
def customer(db: None) -> Customer:
    return factories.customer(factories.seller())


@pytest.fixture
def orders(customer: Customer) -> list[Event]:
    for _ in range(30):
        factories.order(customer)
    return list(Event.objects.order_by("position"))


class TestBatches:
    def test_ten_messages_go_out_in_one_call(
        self, orders: list[Event], queue_of: QueueOf, proxy: Proxy
    ) -> None:
        queue = queue_of("billing")

        sent = dispatch.publish(orders[:25], alone=True)

        assert [len(call["Entries"]) for call in proxy.of("SendMessageBatch")] == [10, 10, 5]
        assert proxy.of("SendMessage") == []
        assert sent.accepted == orders[:25]
        assert sorted(queue.take()) == sorted((event.id,) for event in orders[:25])

    def test_no_call_is_larger_than_allowed(
        self, orders: list[Event], proxy: Proxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(current_app.conf.broker_transport_options, "message_bytes", 6000)

        dispatch.publish(orders[:10], alone=True)

        calls = proxy.of("SendMessageBatch")
        sizes = [sum(len(each["MessageBody"]) for each in call["Entries"]) for call in calls]
        assert len(calls) > 1
        assert max(sizes) <= 6000
        assert sum(len(call["Entries"]) for call in calls) == 10

    def test_a_message_names_events_of_one_seller(
        self, orders: list[Event], queue_of: QueueOf
    ) -> None:
        queue = queue_of("billing")
        factories.order(factories.customer(factories.seller()))

        dispatch.publish(Event.objects.all())

        assert sorted(map(len, queue.take())) == [1, 30]


class TestLargest:
    @pytest.mark.parametrize("task", ["issuing.bill", "issuing.bill_due"])
    @pytest.mark.parametrize("limit", [16 * 1024, 256 * 1024])
    def test_the_longest_message_fits(
        self, db: None, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, task: str, limit: int
    ) -> None:
        monkeypatch.setattr(settings, "BROKER_MESSAGE_BYTES", limit)
        monkeypatch.setattr(settings, "EVENTS_PER_MESSAGE_OF", {task: 1_000_000})
        count = dispatch.events_per_message(task)
        ids = tuple(Event().id for _ in range(count))

        dispatch._send([dispatch.Message(task, ids)])

        (call,) = proxy.of("SendMessageBatch")
        (entry,) = call["Entries"]
        # It fits, and no room for another tenth is left unused beside what is kept free.
        assert len(entry["MessageBody"]) <= limit
        assert count * dispatch.BYTES_PER_ID >= limit - 2 * dispatch.BYTES_BESIDE_IDS

    def test_as_many_as_a_task_can_do_if_they_fit(self) -> None:
        assert dispatch.events_per_message("issuing.bill_due") == 500
        assert dispatch.events_per_message("issuing.bill") == 100


class TestRefusals:
    def test_what_was_accepted_is_marked_and_the_rest_left(
        self, orders: list[Event], queue_of: QueueOf, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue = queue_of("billing")
        monkeypatch.setattr(settings, "EVENTS_PER_MESSAGE", 10)
        let(proxy, refuse({1}, sender=False))

        assert relay.sweep(at=LATER) == 20

        assert sum(map(len, queue.take())) == 20
        left = Event.objects.filter(sends=0)
        assert left.count() == 10
        assert set(left.values_list("published_at", "next_send_at")) == {
            (None, LATER + timedelta(seconds=30))
        }
        assert not Failure.objects.exists()

    def test_the_direct_send_leaves_to_the_relay_what_was_not_accepted(
        self, orders: list[Event], proxy: Proxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "EVENTS_PER_MESSAGE", 10)
        let(proxy, refuse({0}, sender=False))

        dispatch.send_now(orders)

        assert Event.objects.filter(sends=1).count() == 20
        assert Event.objects.filter(sends=0, published_at=None).count() == 10

    def test_a_message_that_is_to_blame_is_halved_down_to_its_event(
        self, orders: list[Event], queue_of: QueueOf, proxy: Proxy
    ) -> None:
        queue = queue_of("billing")
        culprit = orders[7]
        upstream = proxy.before

        def refuse_culprit(action: str, body: Body) -> Any:
            entries = body.get("Entries", [])
            blamed = [e for e in entries if culprit.id in named_events(e["MessageBody"])]
            proxy.after = lambda _, answer: {
                **answer,
                "Failed": [
                    {"Id": e["Id"], "SenderFault": True, "Code": "InvalidMessageContents"}
                    for e in blamed
                ],
            }
            kept = [e for e in entries if e not in blamed]
            if blamed and not kept:
                return 200, proxy.after(action, {})
            return upstream(action, {**body, "Entries": kept} if blamed else body)

        proxy.before = refuse_culprit

        assert relay.sweep(at=LATER) == 29

        assert sum(map(len, queue.take())) == 29
        failure = Failure.objects.get()
        assert (failure.code, failure.event) == ("message_refused", culprit)

    def test_a_queue_that_is_gone_does_not_hold_up_the_others(
        self, orders: list[Event], queue_of: QueueOf, proxy: Proxy
    ) -> None:
        queue = queue_of("billing")
        gone = {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "gone"}
        issued = log.NewEvent(
            seller_id=orders[0].seller_id, type="invoice.issued", stream_id=orders[0].id,
            payload={}, as_of_date=AT.date(), occurred_at=AT, idempotency_key="issued",
        )  # fmt: skip
        (of_documents,) = log.append([issued], at=AT)
        proxy.before = lambda action, body: (
            (400, gone)
            if action == "SendMessageBatch" and "documents" in body["QueueUrl"]
            else body
        )

        assert relay.sweep(at=LATER) == 30

        assert sum(map(len, queue.take())) == 30
        assert Event.objects.get(sends=0) == of_documents

    def test_a_broker_that_hangs_up_leaves_all_as_it_was(
        self, orders: list[Event], proxy: Proxy
    ) -> None:
        proxy.before = lambda action, body: None if action == "SendMessageBatch" else body

        with pytest.raises(Exception, match="Connection was closed"):
            relay.sweep(at=LATER)

        assert set(Event.objects.values_list("sends", "published_at", "next_send_at")) == {
            (0, None, LATER)
        }

    def test_an_answer_that_is_lost_sends_again(
        self, orders: list[Event], queue_of: QueueOf, proxy: Proxy
    ) -> None:
        queue = queue_of("billing")

        def lose(action: str, answer: Body) -> Body:
            if action == "SendMessageBatch":
                raise ConnectionError
            return answer

        proxy.after = lose
        with pytest.raises(Exception, match="Connection was closed"):
            relay.sweep(at=LATER)
        proxy.after = lambda _, answer: answer

        assert relay.sweep(at=LATER) == 30
        assert {id for named in queue.take() for id in named} == {event.id for event in orders}
