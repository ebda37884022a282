"""Past events are told again, or for the first time: in order, within bounds, under one id."""

import json
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.events.commands import retry
from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from invoices.delivery.catalogue import FACTS
from invoices.delivery.commands import (
    PRUNED_AT_ONCE,
    EndpointNotEnabled,
    NotOfCustomer,
    Replayed,
    Stretch,
    change_endpoint,
    disable_endpoint,
    enable_endpoint,
    prune_webhooks,
    replay,
    resend,
    try_endpoint,
)
from invoices.delivery.models import Delivery, DeliveryAttempt, WebhookEndpoint
from invoices.delivery.queries.past import past_facts
from tests import factories
from tests.api.conftest import App as Caller
from tests.delivery.conftest import AT, endpoint_of, issue, plan, the, try_all
from tests.delivery.servers import App

DAY = timedelta(days=1)
SECONDS = "SECONDS_AT_MOST"
ALL = Stretch(from_=AT - 400 * DAY, until=AT + DAY)


def replayed(endpoint: WebhookEndpoint, **stretch: object) -> Replayed:
    said = {"from_": ALL.from_, "until": ALL.until, **stretch}
    return replay(endpoint=endpoint, stretch=Stretch(**said), at=AT)  # type: ignore[arg-type]


class TestReplay:
    def test_an_endpoint_that_came_later_is_told_in_order(self, seller: Seller, app: App) -> None:
        invoices = [issue(seller) for _ in range(3)]
        plan()
        endpoint, _ = endpoint_of(seller, app.url)

        done = replayed(endpoint)
        try_all()

        told = [json.loads(taken.body)["data"]["object"]["id"] for taken in app.taken]
        assert told == [str(invoice.pk) for invoice in invoices]
        assert done.reached is None
        assert {taken.headers["webhook-replay"] for taken in app.taken} == {"true"}

    def test_what_was_told_comes_as_it_was_under_its_first_id(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        issue(endpoint.seller)
        plan()
        try_all()

        (made,) = replayed(endpoint).deliveries
        try_all()

        first, second = app.taken
        assert first.body == second.body
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert (made.is_replay, "webhook-replay" in first.headers) == (True, False)

    def test_two_endpoints_get_the_same_id(self, endpoint: WebhookEndpoint, app: App) -> None:
        endpoint_of(endpoint.seller, f"{app.url}/other")
        issue(endpoint.seller)
        plan()
        try_all()

        assert len(app.taken) == 2
        assert len({taken.headers["webhook-id"] for taken in app.taken}) == 1
        assert app.taken[0].body == app.taken[1].body

    def test_what_is_on_its_way_is_passed_over(self, endpoint: WebhookEndpoint) -> None:
        issue(endpoint.seller)
        plan()

        assert replayed(endpoint).deliveries == []

    def test_only_what_failed(self, endpoint: WebhookEndpoint, app: App) -> None:
        issue(endpoint.seller)
        plan()
        try_all()
        lost = issue(endpoint.seller)
        plan()
        Delivery.objects.filter(state="waiting").update(state="given_up", settled_at=AT)

        (made,) = replayed(endpoint, only_failed=True).deliveries

        assert made.invoice == lost

    def test_a_call_is_bounded_and_the_next_goes_on(self, seller: Seller, app: App) -> None:
        for _ in range(5):
            issue(seller)
        endpoint, _ = endpoint_of(seller, app.url)
        first = replayed(endpoint, limit=2)
        second = replayed(endpoint, limit=2, after=first.reached)
        third = replayed(endpoint, limit=2, after=second.reached)

        told = [each.event_id for done in (first, second, third) for each in done.deliveries]
        assert (len(told), len(set(told)), third.reached) == (5, 5, None)

    def test_only_types_that_are_asked_for(self, seller: Seller, app: App) -> None:
        issue(seller)
        endpoint, _ = endpoint_of(seller, app.url, "invoice.*", "order.*")

        made = replayed(endpoint, event_types=["order.received"]).deliveries

        assert [delivery.type for delivery in made] == ["order.received"]

    def test_what_is_not_asked_for_is_not_even_looked_at(self, seller: Seller, app: App) -> None:
        issue(seller)
        narrow, _ = endpoint_of(seller, app.url, "order.*")
        wide, _ = endpoint_of(seller, app.url, "*")

        assert replayed(narrow).looked_at == 1
        assert replayed(wide, event_types=["order.received"]).looked_at == 1
        assert replayed(wide, event_types=["customer.created"]).looked_at == 0

    def test_all_are_ordered_at_once(self, seller: Seller, app: App) -> None:
        for _ in range(3):
            issue(seller)
        endpoint, _ = endpoint_of(seller, app.url)

        with CaptureQueriesContext(connection) as queries:
            assert len(replayed(endpoint).deliveries) == 3

        ordered = [each for each in queries if 'INSERT INTO "invoices_delivery"' in each["sql"]]
        assert len(ordered) == 1

    def test_a_call_ends_after_a_while_too(
        self, seller: Seller, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        invoices = [issue(seller) for _ in range(3)]
        endpoint, _ = endpoint_of(seller, app.url)
        monkeypatch.setattr(import_module("invoices.delivery.commands.replay"), SECONDS, -1.0)

        done = [replayed(endpoint)]
        while reached := done[-1].reached:
            done.append(replayed(endpoint, after=reached))

        assert [each.looked_at for each in done] == [1, 1, 1]
        told = [delivery.invoice for each in done for delivery in each.deliveries]
        assert told == invoices

    def test_an_end_is_no_longer_wanted(self, seller: Seller, app: App) -> None:
        issue(seller)
        endpoint, _ = endpoint_of(seller, app.url)

        assert replayed(endpoint, until=AT).deliveries == []
        assert len(replayed(endpoint, from_=AT).deliveries) == 1

    def test_of_other_sellers_nothing_is_told(self, endpoint: WebhookEndpoint) -> None:
        issue(factories.seller(makes_documents=True))

        assert replayed(endpoint).looked_at == 0

    def test_one_that_is_disabled_is_not_told(self, endpoint: WebhookEndpoint) -> None:
        disable_endpoint(endpoint_id=endpoint.pk, at=AT)

        with pytest.raises(EndpointNotEnabled):
            replayed(endpoint)

    def test_past_facts_are_found_by_their_index(self, seller: Seller) -> None:
        for _ in range(3):
            issue(seller)
        asked = Event.objects.filter(pk__in=[e.pk for e in _past(seller)])
        assert asked.count() == 6  # Each order, and the documents of its invoice.

        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        assert "event_told" in _plan_of(seller)


def _past(seller: Seller) -> list[Event]:
    return list(past_facts(seller.pk, from_=ALL.from_, until=ALL.until, after=None, types=FACTS))


def _plan_of(seller: Seller) -> str:
    with CaptureQueriesContext(connection) as queries:
        _past(seller)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        return "\n".join(row[0] for row in cursor.fetchall())


class TestApi:
    @pytest.fixture
    def caller(self, seller: Seller) -> Caller:
        return Caller(factories.api_key(seller))

    def test_it_is_done_once_per_key(
        self, caller: Caller, endpoint: WebhookEndpoint, app: App
    ) -> None:
        issue(endpoint.seller)
        plan()
        try_all()
        path, body = (
            f"/webhook-endpoints/{endpoint.pk}/replay",
            {"from": "2020-01-01T00:00:00Z", "until": "2030-01-01T00:00:00Z"},
        )

        answers = [caller.post(path, body, Idempotency_Key="k") for _ in range(2)]

        assert answers[0].status == 202
        assert answers[0].body == answers[1].body
        assert (answers[0].body["replayed"], answers[0].body["next"]) == (1, None)
        assert Delivery.objects.filter(is_replay=True).count() == 1

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "from"),
            ({"from": "2026-01-01"}, "from"),
            ({"from": "2026-01-01T00:00:00"}, "from"),
            ({"from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "until"),
            ({"from": "2026-01-01T00:00:00Z", "limit": 501}, "limit"),
            ({"from": "2026-01-01T00:00:00Z", "event_types": ["x.*"]}, "event_types.0"),
            ({"from": "2026-01-01T00:00:00Z", "after": "0196c8d2-3a10-7b7e-8d41-0f6a2c4e8b11"},
             "after"),
        ],
    )  # fmt: skip
    def test_what_can_not_be_is_refused(
        self, caller: Caller, endpoint: WebhookEndpoint, body: dict[str, object], field: str
    ) -> None:
        answer = caller.post(f"/webhook-endpoints/{endpoint.pk}/replay", body)

        assert (answer.status, [*answer.errors]) == (400, [field])

    def test_a_test_has_the_example_of_a_type(
        self, caller: Caller, endpoint: WebhookEndpoint, app: App
    ) -> None:
        caller.post(f"/webhook-endpoints/{endpoint.pk}/test", {"type": "customer.created"})
        try_all()

        told = json.loads(app.taken[0].body)
        assert (told["type"], told["is_example"]) == ("customer.created", True)
        assert told["data"]["object"]["name"] == "Alice GmbH"

    def test_an_endpoint_is_limited_to_a_customer_and_no_longer(
        self, caller: Caller, seller: Seller, app: App
    ) -> None:
        alice = factories.customer(seller, external_id="alice")
        others = factories.contract(factories.customer(seller))
        made = caller.post("/webhook-endpoints", {"url": app.url, "customer": "ext:alice"}).body
        path = f"/webhook-endpoints/{made['id']}"

        assert (made["customer"], made["api_version"]) == (str(alice.pk), "v1")
        refused = caller.patch(path, {"contract": str(others.pk)})
        assert refused.code == "contract_of_other_customer"
        assert caller.patch(path, {"customer": None}).body["customer"] is None

    def test_who_lifts_one_limit_lifts_no_other(self, seller: Seller, app: App) -> None:
        alice, bob = factories.customer(seller), factories.customer(seller)
        endpoint, _ = endpoint_of(seller, app.url)

        change_endpoint(endpoint_id=endpoint.pk, limits={"customer": alice})
        changed = change_endpoint(endpoint_id=endpoint.pk, limits={"contract": None})

        assert changed.customer == alice
        with pytest.raises(NotOfCustomer):  # Of the customer by whom it is limited by now.
            change_endpoint(endpoint_id=endpoint.pk, limits={"contract": factories.contract(bob)})

    def test_a_limit_holds_for_what_is_told_and_sent_again_by_hand(
        self, caller: Caller, endpoint: WebhookEndpoint, app: App
    ) -> None:
        invoice = issue(endpoint.seller)
        plan()
        try_all()
        sent, path = the("webhook"), f"/webhook-endpoints/{endpoint.pk}"
        other = factories.customer(endpoint.seller)
        contract = factories.contract(invoice.customer)

        def asked() -> set[int | str]:
            answers = [
                caller.post(f"/deliveries/{sent.pk}/resend", {}),
                caller.post(f"{path}/tell", {"event": str(sent.event_id)}),
            ]
            return {each.status if each.status == 202 else each.code for each in answers}

        for limit in (
            {"customer": str(other.pk)},
            {"customer": None, "contract": str(contract.pk)},
            {"contract": None, "event_types": ["order.*"]},
        ):
            assert caller.patch(path, limit).status == 200
            assert asked() == {"webhook_endpoint_not_told_of"}
        assert len(app.taken) == 1
        caller.patch(path, {"customer": str(invoice.customer_id), "event_types": ["invoice.*"]})
        assert asked() == {202}


class TestLog:
    def test_a_try_keeps_what_was_said_without_what_proves_it(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        app.headers = {"X-Trace": "abc"}
        issue(endpoint.seller)
        plan()
        try_all()

        attempt = DeliveryAttempt.objects.get(delivery=the("webhook"))
        assert attempt.ip == "127.0.0.1"
        assert attempt.answer_headers["X-Trace"] == "abc"
        assert attempt.request_headers["webhook-id"] == the("webhook").message_id
        assert attempt.request_headers["webhook-signature"] == "v1,…"
        assert attempt.milliseconds is not None
        secret = endpoint.secrets.get().secret
        assert secret not in str(attempt.request_headers)

    def test_after_a_while_it_is_let_go_and_a_resend_is_made_anew(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        issue(endpoint.seller)
        plan()
        try_all()
        assert prune_webhooks(at=AT + 80 * DAY) == 0

        assert prune_webhooks(at=AT + 91 * DAY) == 1

        attempt = DeliveryAttempt.objects.get(delivery=the("webhook"))
        assert (the("webhook").body, attempt.answer, attempt.request_headers) == ("", "", {})
        assert (attempt.status, attempt.outcome) == (200, "sent")
        (made,) = replayed(endpoint).deliveries
        assert json.loads(made.body) == json.loads(app.taken[0].body)
        assert prune_webhooks(at=AT + 91 * DAY) == 0

    def test_so_many_at_once_are_let_go_so_that_a_scheduler_keeps_its_lease(
        self, endpoint: WebhookEndpoint
    ) -> None:
        settled = {"state": "sent", "settled_at": AT, "channel": "webhook", "endpoint": endpoint}
        event = try_endpoint(endpoint=endpoint, at=AT).event
        of = {"seller": endpoint.seller, "event": event, "transaction_id": event.pk, **settled}
        Delivery.objects.bulk_create(
            Delivery(idempotency_key=str(each), type="x", created_at=AT, body="{}", **of)
            for each in range(PRUNED_AT_ONCE + 1)
        )

        pruned = [prune_webhooks(at=AT + 91 * DAY) for _ in range(3)]

        assert pruned == [PRUNED_AT_ONCE, 1, 0]

    def test_what_was_given_up_is_kept_until_its_failure_is_closed(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        failure = _given_up(endpoint, app)

        assert prune_webhooks(at=AT + 200 * DAY) == 0
        retry(failure_ids=[failure.pk], by="ada", at=AT + 200 * DAY)
        assert prune_webhooks(at=AT + 200 * DAY) == 0
        try_all(AT + 200 * DAY)

        assert (the("webhook").state, app.taken[-1].body) == ("sent", app.taken[0].body)
        assert prune_webhooks(at=AT + 300 * DAY) == 1

    def test_a_retry_of_what_was_let_go_sends_nothing_and_says_so(
        self, endpoint: WebhookEndpoint, app: App
    ) -> None:
        failure = _given_up(endpoint, app)
        Delivery.objects.filter(channel="webhook").update(body="", pruned_at=AT + 100 * DAY)
        tries = len(app.taken)

        retry(failure_ids=[failure.pk], by="ada", at=AT + 200 * DAY)
        try_all(AT + 200 * DAY)

        again = Failure.objects.latest("pk")
        assert (again.code, again.state, len(app.taken)) == ("webhook_pruned", "open", tries)
        resend(delivery=the("webhook"), by="ada", at=AT + 200 * DAY)
        try_all(AT + 200 * DAY)
        again.refresh_from_db()
        assert (again.state, the("webhook").state) == ("written_off", "sent")
        assert app.taken[-1].body == app.taken[0].body


def _given_up(endpoint: WebhookEndpoint, app: App) -> Failure:
    """An invoice that an endpoint refused by 410, once, and that would be taken by now."""
    app.status = 410
    issue(endpoint.seller)
    plan()
    try_all()
    app.status = 200
    enable_endpoint(endpoint_id=endpoint.pk)
    return Failure.objects.get()
