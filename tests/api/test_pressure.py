"""Facts are refused for a while when what was stated before waits too long."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from billing.api.models import IdempotentRequest
from billing.events import commands as events
from billing.events import log, pressure
from billing.events.models import Event
from billing.events.tries import Trouble, Worker
from billing.orders.models import Order
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App

LINE = {"text": "x", "quantity": "1", "unit_price": "1", "tax_class": "standard"}
ORDER = {"customer": "ext:A1", "lines": [LINE]}


@pytest.fixture(autouse=True)
def impatient(settings: Settings) -> Iterator[None]:
    settings.BACKPRESSURE_EVENTS = 3
    settings.BACKPRESSURE_LOOK_SECONDS = 0
    pressure._Look.until = 0.0
    yield
    pressure._Look.until, pressure._Look.busy = 0.0, frozenset()


@pytest.fixture
def flood(seller: Seller) -> list[Event]:
    """Orders of the seller that have waited for months."""
    customer = factories.customer(seller, external_id="A1")
    for _ in range(6):
        factories.order(customer)
    return list(Event.objects.all())


class TestFlooded:
    def test_facts_are_refused_until_later(self, app: App, flood: list[Event]) -> None:
        answer = app.post("/orders", ORDER)

        assert (answer.status, answer.code) == (429, "too_busy")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert Order.objects.count() == len(flood)

    @pytest.mark.parametrize("path", ["/subscriptions", "/usage", "/subscriptions/x/changes"])
    def test_facts_of_all_kinds(self, app: App, flood: list[Event], path: str) -> None:
        assert app.post(path, {}).status == 429

    @pytest.mark.parametrize("path", ["/orders", "/events", "/customers/ext:A1", "/subscriptions"])
    def test_reads_are_never_refused(self, app: App, flood: list[Event], path: str) -> None:
        assert app.get(path).status == 200

    def test_what_bills_nothing_is_taken(self, app: App, flood: list[Event]) -> None:
        said = {"name": "Acme", "kind": "business", "country": "DE"}

        assert app.post("/customers", said).status == 201

    def test_the_refusal_is_not_kept(self, app: App, flood: list[Event]) -> None:
        assert app.post("/orders", ORDER, Idempotency_Key="k1").status == 429
        assert not IdempotentRequest.objects.exists()
        Event.objects.update(state="handled")

        assert app.post("/orders", ORDER, Idempotency_Key="k1").status == 201

    def test_an_earlier_answer_is_given_again(
        self, app: App, flood: list[Event], settings: Settings
    ) -> None:
        settings.BACKPRESSURE_SECONDS = 0
        first = app.post("/orders", ORDER, Idempotency_Key="k1")
        settings.BACKPRESSURE_SECONDS = 60

        assert app.post("/orders", ORDER, Idempotency_Key="k1").content == first.content

    def test_the_description_tells_of_it(self, app: App) -> None:
        told = app.get("/openapi.json").body["paths"]["/api/v1/orders"]

        assert "Retry-After" in told["post"]["responses"]["429"]["headers"]
        assert "too_busy" in told["post"]["responses"]["429"]["x-problem-codes"]
        assert told["get"]["responses"]["429"]["x-problem-codes"] == ["rate_limited"]


class TestWhoIsTheCause:
    def test_who_has_little_waiting_is_still_served(self, app: App, flood: list[Event]) -> None:
        other = factories.seller()
        customer = factories.customer(other, external_id="A1")
        factories.order(customer)

        assert App(factories.api_key(other)).post("/orders", ORDER).status == 201
        assert app.post("/orders", ORDER).status == 429

    def test_failures_do_not_count(self, app: App, flood: list[Event]) -> None:
        Event.objects.update(state="failed")

        assert app.post("/orders", ORDER).status == 201

    def test_what_was_just_retried_has_not_waited_long(self, app: App, flood: list[Event]) -> None:
        now = timezone.now()
        me = Worker(task="issuing.bill", name="w", at=flood[0].recorded_at)
        trouble = Trouble(code="defect", reason="x", remedy="y", error_class="z")
        failures = [
            events.fail(event_id=event.pk, tried=me.tried(), trouble=trouble) for event in flood
        ]
        events.retry(failure_ids=[made.pk for made in failures if made], by="me", at=now)

        assert app.post("/orders", ORDER).status == 201

    def test_documents_that_wait_do_not_count(self, app: App, flood: list[Event]) -> None:
        ids = [event.pk for event in flood]
        Event.objects.filter(pk__in=ids).update(state="handled")
        _append_waiting(flood[0], count=6)

        assert app.post("/orders", ORDER).status == 201

    def test_a_few_that_are_stuck_are_no_reason(
        self, app: App, flood: list[Event], settings: Settings
    ) -> None:
        settings.BACKPRESSURE_EVENTS = 7

        assert app.post("/orders", ORDER).status == 201


class TestLooking:
    def test_a_process_looks_once_a_second(
        self,
        flood: list[Event],
        seller: Seller,
        settings: Settings,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        settings.BACKPRESSURE_LOOK_SECONDS = 60
        now = timezone.now()
        with django_assert_num_queries(2):
            for _ in range(10):
                with pytest.raises(pressure.TooBusy):
                    pressure.refuse_if_too_busy(seller.pk, at=now)


def _append_waiting(like: Event, *, count: int) -> Any:
    return log.append(
        [
            log.NewEvent(
                seller_id=like.seller_id, type="invoice.issued", stream_id=like.stream_id,
                payload={}, as_of_date=like.as_of_date, occurred_at=like.occurred_at,
                idempotency_key=f"issued {number}",
            )
            for number in range(count)
        ],
        at=like.recorded_at,
    )  # fmt: skip
