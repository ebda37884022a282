"""Workers that meet at one delivery send it once; who is killed sends once more at most."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from billing.api.answers.versions import lock
from billing.customers.commands import change_customer
from billing.customers.models import Customer
from billing.events.commands import retry
from billing.events.models import Event, Failure
from billing.events.queues import create_queues
from billing.sellers.models import Seller
from invoices.delivery.commands import (
    DeliveryNotResendable,
    Stretch,
    deliver,
    order_due_tries,
    plan_deliveries,
    replay,
    resend,
    set_mail_style,
    set_wish,
    try_endpoint,
)
from invoices.delivery.commands.deliver import DELIVER
from invoices.delivery.models import Delivery, DeliveryAttempt, DeliveryWish, MailStyle
from tests import factories
from tests.chaos.engine import COMMANDS, Engine
from tests.delivery.conftest import AT, endpoint_of, issue, plan, the, try_all, waiting
from tests.delivery.servers import App

THREADS = 4


def at_once(*actions: object) -> None:
    """Do things in threads of their own, all at the same moment."""
    start = threading.Barrier(len(actions))

    def run(action: object) -> None:
        start.wait()
        try:
            action()  # type: ignore[operator]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def rival(committed: None) -> Seller:
    return factories.seller(makes_documents=True)


class TestRaces:
    def test_two_workers_send_once(self, rival: Seller, app: App) -> None:
        endpoint, _ = endpoint_of(rival, app.url)
        try_endpoint(endpoint=endpoint, at=AT)
        (event,) = waiting(DELIVER)
        app.before_answer = lambda: time.sleep(0.3)

        at_once(*[lambda: deliver(event_id=event.pk, at=AT, worker="w")] * THREADS)

        assert len(app.taken) == 1
        assert DeliveryAttempt.objects.count() == 1
        assert the("webhook").state == "sent"

    def test_two_planners_order_once(self, rival: Seller, app: App) -> None:
        endpoint_of(rival, app.url)
        issue(rival)
        event = Event.objects.get(type="documents.rendered")

        at_once(*[lambda: plan_deliveries(event_id=event.pk, at=AT, worker="w")] * THREADS)

        assert Delivery.objects.filter(channel="webhook").count() == 1

    def test_two_schedulers_order_a_try_once(self, rival: Seller, app: App) -> None:
        endpoint, _ = endpoint_of(rival, app.url)
        app.status = 500
        try_endpoint(endpoint=endpoint, at=AT)
        deliver(event_id=waiting(DELIVER)[0].pk, at=AT, worker="w")

        at_once(*[lambda: order_due_tries(at=AT + timedelta(minutes=1))] * THREADS)

        assert len(waiting(DELIVER)) == 1

    def test_two_clerks_send_it_again_once(self, rival: Seller, app: App) -> None:
        endpoint, _ = endpoint_of(rival, app.url)
        try_endpoint(endpoint=endpoint, at=AT)
        deliver(event_id=waiting(DELIVER)[0].pk, at=AT, worker="w")
        first, refused = the("webhook"), []

        def send_again() -> None:
            try:
                resend(delivery=Delivery.objects.get(pk=first.pk), by="ada", at=AT)
            except DeliveryNotResendable as told:
                refused.append(told)

        at_once(*[send_again] * THREADS)

        assert Delivery.objects.filter(resends=first).count() == 1
        assert len(refused) == THREADS - 1

    def test_a_retry_and_a_clerk_send_it_once(self, rival: Seller, settings: Any) -> None:
        settings.EMAIL_HOST, settings.EMAIL_REACHES_NOBODY = "", True
        issue(rival, email="alice@customer.example")
        plan()
        try_all()
        failure, email = Failure.objects.get(code="email_given_up"), the("email")

        def send_again() -> None:
            with suppress(DeliveryNotResendable):
                resend(delivery=email, by="ada", at=AT)

        at_once(send_again, lambda: retry(failure_ids=[failure.pk], by="bob", at=AT))

        assert len(waiting(DELIVER)) == 1


class TestConditions:
    """A change with `If-Match` holds the owner while it looks: one without waits for it."""

    def test_a_wish_waits_for_one_that_looks_first(self, rival: Seller) -> None:
        customer = factories.customer(rival)
        plain = _in_background(set_wish, customer=customer, details={"emails": ["b@c.de"]})

        with transaction.atomic():
            lock(customer)
            plain.start()
            plain.join(timeout=1.5)
            assert not DeliveryWish.objects.exists()
            set_wish(customer=customer, details={"emails": ["a@c.de"]})
        plain.join()

        assert DeliveryWish.objects.get().emails == ["b@c.de"]

    def test_a_style_of_mails_too(self, rival: Seller) -> None:
        plain = _in_background(set_mail_style, seller=rival, details={"sender_name": "B"})

        with transaction.atomic():
            lock(rival)
            plain.start()
            plain.join(timeout=1.5)
            assert not MailStyle.objects.exists()
            set_mail_style(seller=rival, details={"sender_name": "A"})
        plain.join()

        assert MailStyle.objects.get().sender_name == "B"


def _in_background(action: Callable[..., object], **said: object) -> threading.Thread:
    def act() -> None:
        try:
            action(**said)
        finally:
            connections.close_all()

    return threading.Thread(target=act)


class TestSequence:
    def test_the_greatest_tells_of_the_latest_state_however_many_write(
        self, rival: Seller, app: App
    ) -> None:
        endpoint_of(rival, app.url, "customer.changed")
        customer = factories.customer(rival)
        names = [f"Alice {number}" for number in range(THREADS * 3)]

        at_once(*[partial(_rename, customer, names[start::THREADS]) for start in range(THREADS)])
        plan()
        try_all()

        told = [json.loads(taken.body) for taken in app.taken]
        by_sequence = sorted(told, key=lambda each: each["sequence"])
        assert len({each["sequence"] for each in told}) == len(names)
        customer.refresh_from_db()
        assert by_sequence[-1]["data"]["object"]["name"] == customer.name

    def test_it_grows_in_the_order_of_the_writes(self, rival: Seller, app: App) -> None:
        endpoint_of(rival, app.url, "customer.changed")
        customer = factories.customer(rival)
        facts = []

        def rename_and_note() -> None:
            for number in range(5):
                with transaction.atomic():  # Whoever holds the customer appends next.
                    Customer.objects.select_for_update().get(pk=customer.pk)
                    _rename(customer, [f"{threading.get_ident()} {number}"])
                    fact = Event.objects.filter(type="customer.changed").latest("position")
                    facts.append(fact.position)

        at_once(*[rename_and_note] * THREADS)

        assert facts == sorted(set(facts))

    def test_two_replays_at_once_tell_once(self, rival: Seller, app: App) -> None:
        issue(rival)
        endpoint, _ = endpoint_of(rival, app.url)
        stretch = Stretch(from_=AT - timedelta(days=1), until=AT + timedelta(days=1))

        at_once(*[partial(replay, endpoint=endpoint, stretch=stretch, at=AT)] * THREADS)

        assert Delivery.objects.filter(is_replay=True).count() == 1


def _rename(customer: Customer, names: list[str]) -> None:
    for name in names:
        change_customer(customer_id=customer.pk, details={"name": name}, at=AT)


@pytest.mark.slow
class TestKilled:
    def test_a_worker_killed_between_sending_and_noting_sends_once_more_with_the_same_id(
        self, rival: Seller, app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create_queues()
        worker = [*COMMANDS["worker-1"]]
        worker[worker.index("billing,bulk")] = "delivery"
        monkeypatch.setitem(COMMANDS, "courier", worker)
        monkeypatch.setenv("WEBHOOKS_TO_LOOPBACK", "1")
        engine = Engine(tmp_path)
        app.before_answer = lambda: _once(app, lambda: engine.kill("courier"))
        endpoint, _ = endpoint_of(rival, app.url)
        try:
            engine.start("courier", "relay")
            try_endpoint(endpoint=endpoint, at=timezone.now())
            engine.wait_until(lambda: len(app.taken) == 1, within=60, what="it is sent")
            engine.wait_until(lambda: not engine.runs("courier"), within=10, what="it is killed")
            engine.start("courier")
            engine.wait_until(lambda: the("webhook").state == "sent", within=90, what="noted")
        finally:
            engine.close()

        assert [each.headers["webhook-id"] for each in app.taken] == [the("webhook").message_id] * 2
        outcomes = DeliveryAttempt.objects.order_by("number").values_list("outcome", flat=True)
        assert list(outcomes) == ["unknown", "sent"]
        connection.close()


def _once(app: App, action: object) -> None:
    if len(app.taken) == 1:
        action()  # type: ignore[operator]
