"""Apps are told what happened, signed, once, and again until they have got it."""

import json
import time
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from billing.events.commands import retry
from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from invoices.delivery.channels import webhook
from invoices.delivery.commands import (
    DeliveryNotResendable,
    EndpointNotEnabled,
    EventNotPublic,
    change_endpoint,
    deliver,
    enable_endpoint,
    order_due_tries,
    resend,
    rotate_secret,
    tell_event,
    try_endpoint,
)
from invoices.delivery.commands.deliver import DELIVER
from invoices.delivery.models import Delivery, DeliveryAttempt, WebhookEndpoint
from tests import factories
from tests.delivery.conftest import AT, endpoint_of, issue, plan, the, try_all, waiting
from tests.delivery.servers import App, Taken

module = import_module("invoices.delivery.commands.deliver")  # Its function has its name.


def verified(secret: str, taken: Taken, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Verify a message with the library's own receiver, whose clock stands at the message."""
    headers = {name.lower(): value for name, value in taken.headers.items()}
    monkeypatch.setattr(
        Webhook,
        "_Webhook__verify_timestamp",
        lambda _self, stamp: AT.fromtimestamp(int(stamp), tz=AT.tzinfo),
    )
    return Webhook(secret).verify(taken.body, headers)


class TestTold:
    def test_an_invoice_is_told_of_with_ids_and_links(
        self, seller: Seller, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, secret = endpoint_of(seller, app.url)
        invoice = issue(seller)
        plan()

        try_all()

        (taken,) = app.taken
        told = verified(secret, taken, monkeypatch)
        assert taken.path == "/hooks"
        assert (told["type"], told["api_version"]) == ("invoice.issued", "v1")
        assert told["data"]["object"]["id"] == str(invoice.pk)
        # 99.00 x 1.19
        assert told["data"]["object"]["gross"] == {"amount": "117.81", "currency": "EUR"}
        (document,) = told["data"]["object"]["documents"]
        assert document["link"].endswith(f"/invoices/{invoice.pk}/documents/{document['id']}")
        assert the("webhook").state == "sent"

    def test_a_message_that_was_changed_is_not_verified(
        self, seller: Seller, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, secret = endpoint_of(seller, app.url)
        issue(seller)
        plan()
        try_all()
        (taken,) = app.taken

        forged = Taken(taken.path, taken.headers, taken.body.replace(b"117.81", b"17.81"))

        with pytest.raises(Exception, match="No matching signature"):
            verified(secret, forged, monkeypatch)

    def test_only_endpoints_that_ask_for_a_type_are_told(self, seller: Seller, app: App) -> None:
        endpoint_of(seller, app.url + "?a", "balance.changed")
        endpoint_of(seller, app.url + "?b", "invoice.issued", "credit_note.issued")
        issue(seller)
        plan()

        try_all()

        assert [taken.path for taken in app.taken] == ["/hooks?b"]

    def test_sellers_never_meet(self, seller: Seller, app: App) -> None:
        endpoint_of(factories.seller(), app.url)
        issue(seller)

        plan()

        assert not Delivery.objects.filter(channel="webhook").exists()

    def test_a_balance_that_changed_is_told_of(self, seller: Seller, app: App) -> None:
        endpoint_of(seller, app.url, "balance.*")
        factories.money(factories.customer(seller), 12_34)
        plan()

        try_all()

        told = json.loads(app.taken[0].body)
        assert told["type"] == "balance.changed"
        assert told["data"]["object"]["amount"]["amount"] == "12.34"

    def test_a_trial_message_can_be_sent(self, endpoint: WebhookEndpoint, app: App) -> None:
        try_endpoint(endpoint=endpoint, at=AT)

        try_all()

        assert json.loads(app.taken[0].body)["type"] == "webhook.test"


class TestOnce:
    def test_a_message_that_comes_twice_sends_once(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        issue(endpoint.seller)
        plan()
        events = waiting(DELIVER)

        try_all()
        again = [deliver(event_id=event.pk, at=AT, worker="other") for event in events]

        assert again == [None, None]
        assert len(app.taken) == 1

    def test_planning_twice_orders_once(self, endpoint: WebhookEndpoint) -> None:
        issue(endpoint.seller)

        assert len(plan()) == 2  # The webhook and the download.
        assert plan() == []

    def test_a_worker_that_died_sends_once_more_under_the_same_id(
        self, endpoint: WebhookEndpoint, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        try_endpoint(endpoint=endpoint, at=AT)
        with monkeypatch.context() as patched:  # As if it had been killed after sending.
            patched.setattr(module, "_end", lambda *_: None)
            try_all()

        assert try_all(AT + timedelta(seconds=60)) == []  # It is still held.
        (second,) = try_all(AT + timedelta(seconds=121))

        assert [taken.headers["webhook-id"] for taken in app.taken] == [
            the("webhook").message_id
        ] * 2
        assert second.number == 2
        outcomes = DeliveryAttempt.objects.order_by("number").values_list("outcome", flat=True)
        assert list(outcomes) == ["unknown", "sent"]


class TestRetries:
    def test_a_failed_try_is_tried_later_with_the_same_id(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        try_endpoint(endpoint=endpoint, at=AT)
        app.status, app.answer = 503, b"busy"
        (first,) = try_all()
        delivery = the("webhook")
        assert (first.outcome, first.status, first.answer) == ("failed", 503, "busy")
        assert delivery.state == "failed"
        assert delivery.next_try_at is not None
        assert order_due_tries(at=AT) == 0

        app.status = 204
        assert order_due_tries(at=AT + timedelta(seconds=30)) == 1
        try_all(AT + timedelta(seconds=30))

        delivery.refresh_from_db()
        assert (delivery.state, delivery.tries) == ("sent", 2)
        assert app.taken[0].headers["webhook-id"] == app.taken[1].headers["webhook-id"]
        assert not Event.objects.filter(state="waiting").exists()

    def test_after_three_days_it_is_given_up_with_a_failure(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        try_endpoint(endpoint=endpoint, at=AT)
        app.status = 500
        at = AT
        while the("webhook").state != "given_up":
            try_all(at)
            at = the("webhook").next_try_at or at
            order_due_tries(at=at)

        assert timedelta(days=2) < at - AT < timedelta(days=4)
        assert the("webhook").tries == 10
        failure = Failure.objects.get()
        assert failure.code == "webhook_given_up"
        assert "500" in failure.reason

    def test_a_failure_that_is_retried_is_tried_anew(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        self.test_after_three_days_it_is_given_up_with_a_failure(endpoint, app)
        app.status = 200

        retry(failure_ids=[Failure.objects.get().pk], by="ada", at=AT)
        try_all(AT + timedelta(days=5))

        assert the("webhook").state == "sent"
        assert Failure.objects.get().state == "resolved"

    def test_an_endpoint_that_fails_for_five_days_is_disabled(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        app.status = 500
        try_endpoint(endpoint=endpoint, at=AT)
        try_all()
        try_endpoint(endpoint=endpoint, at=AT)

        try_all(AT + timedelta(days=5))

        endpoint.refresh_from_db()
        assert endpoint.state == "disabled"
        assert "failed since" in endpoint.disabled_reason
        assert Failure.objects.get().code == "webhook_disabled"
        assert plan() == []

    def test_to_retry_before_it_is_enabled_fails_again(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        self.test_an_endpoint_that_fails_for_five_days_is_disabled(endpoint, app)
        app.status = 200

        retry(failure_ids=[Failure.objects.get().pk], by="ada", at=AT)
        try_all(AT + timedelta(days=6))

        again = Failure.objects.latest("pk")
        assert (again.code, again.state) == ("webhook_disabled", "open")
        enable_endpoint(endpoint_id=endpoint.pk)
        retry(failure_ids=[again.pk], by="ada", at=AT)
        try_all(AT + timedelta(days=6))
        assert the("webhook").state == "sent"
        assert set(Failure.objects.values_list("state", flat=True)) == {"resolved"}

    def test_one_that_answers_gone_is_disabled_at_once(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        app.status = 410
        try_endpoint(endpoint=endpoint, at=AT)

        try_all()

        endpoint.refresh_from_db()
        assert endpoint.state == "disabled"
        with pytest.raises(EndpointNotEnabled):
            try_endpoint(endpoint=endpoint, at=AT)
        assert enable_endpoint(endpoint_id=endpoint.pk).state == "enabled"

    def test_a_try_goes_to_where_the_endpoint_is_now(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        app.status = 503
        try_endpoint(endpoint=endpoint, at=AT)
        try_all()
        change_endpoint(endpoint_id=endpoint.pk, url=f"{app.url}/new")

        app.status = 200
        order_due_tries(at=AT + timedelta(minutes=1))
        try_all(AT + timedelta(minutes=1))

        assert [taken.path for taken in app.taken] == ["/hooks", "/hooks/new"]
        tries = DeliveryAttempt.objects.order_by("number").values_list("address", flat=True)
        assert list(tries) == [app.url, f"{app.url}/new"]

    def test_what_its_former_address_answers_does_not_count(
        self, endpoint: WebhookEndpoint, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def moves_meanwhile(*sent: Any) -> Any:
            change_endpoint(endpoint_id=endpoint.pk, url=f"{app.url}/new")
            return send(*sent)

        send = webhook._post
        monkeypatch.setattr(webhook, "_post", moves_meanwhile)
        app.status = 410
        try_endpoint(endpoint=endpoint, at=AT)

        try_all()

        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.failing_since) == ("enabled", None)
        assert the("webhook").state == "failed"

    def test_a_new_address_fails_from_then_on(self, endpoint: WebhookEndpoint, app: App) -> None:
        app.status = 500
        try_endpoint(endpoint=endpoint, at=AT)
        try_all()

        changed = change_endpoint(endpoint_id=endpoint.pk, url=f"{app.url}/new")

        assert changed.failing_since is None

    def test_what_waits_for_a_disabled_endpoint_is_not_sent(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        try_endpoint(endpoint=endpoint, at=AT)
        WebhookEndpoint.objects.update(state="disabled", disabled_at=AT)

        assert try_all() == []

        assert the("webhook").state == "given_up"
        assert app.taken == []
        assert not Failure.objects.exists()


class TestAgain:
    def test_what_was_sent_is_sent_again_under_its_first_id(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        try_endpoint(endpoint=endpoint, at=AT)
        try_all()
        first = the("webhook")

        made = resend(delivery=first, by="ada", at=AT)
        try_all()

        assert made.pk != first.pk
        assert made.resends == first
        assert app.taken[0].headers["webhook-id"] == app.taken[1].headers["webhook-id"]
        assert app.taken[0].body == app.taken[1].body

    def test_what_is_on_its_way_is_not(self, endpoint: WebhookEndpoint) -> None:
        made = try_endpoint(endpoint=endpoint, at=AT)

        with pytest.raises(DeliveryNotResendable):
            resend(delivery=made, by="ada", at=AT)

    def test_an_event_is_told_to_an_endpoint_that_came_later(
        self, seller: Seller, app: App
    ) -> None:
        issue(seller)
        plan()
        endpoint, _ = endpoint_of(seller, app.url)
        event = Event.objects.get(type="documents.rendered")

        tell_event(endpoint=endpoint, event=event, at=AT)
        try_all()

        assert json.loads(app.taken[0].body)["type"] == "invoice.issued"

    def test_what_is_not_public_is_not_told(self, endpoint: WebhookEndpoint) -> None:
        issue(endpoint.seller)
        plan()
        inner = Event.objects.filter(type="delivery.ordered").latest("position")

        with pytest.raises(EventNotPublic):
            tell_event(endpoint=endpoint, event=inner, at=AT)


class TestSecrets:
    def test_both_secrets_sign_for_a_day_after_a_rotation(
        self, seller: Seller, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        endpoint, old = endpoint_of(seller, app.url)
        new = rotate_secret(endpoint=endpoint, at=AT)
        try_endpoint(endpoint=endpoint, at=AT)
        try_all()
        assert verified(old, app.taken[0], monkeypatch) == verified(new, app.taken[0], monkeypatch)

        later = AT + timedelta(hours=25)
        try_endpoint(endpoint=endpoint, at=later)
        try_all(later)

        verified(new, app.taken[1], monkeypatch)
        with pytest.raises(Exception, match="No matching signature"):
            verified(old, app.taken[1], monkeypatch)


class TestAnswers:
    def test_redirects_are_not_followed(self, endpoint: WebhookEndpoint, app: App) -> None:
        app.status, app.headers = 307, {"Location": f"http://127.0.0.1:{app.port}/elsewhere"}
        try_endpoint(endpoint=endpoint, at=AT)

        (attempt,) = try_all()

        assert (attempt.outcome, attempt.status) == ("failed", 307)
        assert [taken.path for taken in app.taken] == ["/hooks"]

    def test_of_a_long_answer_a_part_is_kept(self, endpoint: WebhookEndpoint, app: App) -> None:
        app.answer = b"x" * 5_000_000
        try_endpoint(endpoint=endpoint, at=AT)

        (attempt,) = try_all()

        assert attempt.outcome == "sent"
        assert len(attempt.answer) == 4096

    @pytest.mark.parametrize(
        ("begins", "drips", "outcome"),
        [
            (b"", b"H", "failed"),
            (b"HTTP/1.1 200 OK\r\n", b"X-Drop: x\r\n", "failed"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x", "sent"),
            (b"HTTP/1.1 500 No\r\n\r\n", b"x", "failed"),
        ],
    )
    def test_one_that_drips_its_answer_is_cut(
        self, endpoint: WebhookEndpoint, app: App, settings: Any,
        begins: bytes, drips: bytes, outcome: str,
    ) -> None:  # fmt: skip
        settings.WEBHOOK_SECONDS = 0.3
        app.begins, app.drips = begins, drips
        try_endpoint(endpoint=endpoint, at=AT)
        began = time.monotonic()

        (attempt,) = try_all()

        assert time.monotonic() - began < 2
        assert attempt.outcome == outcome

    def test_one_that_does_not_answer_fails(
        self, endpoint: WebhookEndpoint, app: App, settings: Any
    ) -> None:
        settings.WEBHOOK_SECONDS = 0.2
        app.before_answer = lambda: time.sleep(1)
        try_endpoint(endpoint=endpoint, at=AT)

        (attempt,) = try_all()

        assert attempt.outcome == "failed"
        assert "Timeout" in attempt.answer
