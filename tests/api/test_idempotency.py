"""A writing request is carried out once under its Idempotency-Key."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from billing.api.idempotency import forget_old_requests
from billing.api.models import IdempotentRequest
from billing.customers.models import Customer
from billing.events.models import Event
from billing.orders.models import Order, OrderLine
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import Answer, App

ACME = {"name": "Acme", "kind": "business", "country": "DE"}


class TestReplay:
    def test_the_first_answer_comes_again(self, app: App) -> None:
        first = app.post("/customers", ACME, Idempotency_Key="k1")
        second = app.post("/customers", ACME, Idempotency_Key="k1")

        assert (first.status, second.status) == (201, 201)
        assert second.content == first.content
        assert second.headers["Location"] == first.headers["Location"]
        assert second.headers["Content-Type"] == first.headers["Content-Type"]
        assert second.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
        assert Customer.objects.count() == 1

    def test_an_order_has_one_event(self, app: App, seller: Seller) -> None:
        factories.customer(seller, external_id="A1")
        line = {"text": "x", "quantity": "1", "unit_price": "1", "tax_class": "standard"}
        body = {"customer": "ext:A1", "external_id": "O1", "lines": [line]}

        answers = [app.post("/orders", body, Idempotency_Key="k1") for _ in range(3)]

        assert len({answer.content for answer in answers}) == 1
        assert (Order.objects.count(), Event.objects.count()) == (1, 1)

    def test_a_change_of_a_customer_too(self, app: App, seller: Seller) -> None:
        path = f"/customers/{factories.customer(seller).id}"
        first = app.patch(path, {"city": "Berlin"}, Idempotency_Key="k1")
        app.patch(path, {"city": "Köln"})

        again = app.patch(path, {"city": "Berlin"}, Idempotency_Key="k1")

        assert again.content == first.content
        assert app.get(path).body["city"] == "Köln"

    @pytest.mark.parametrize(
        "other",
        [("/customers", {**ACME, "name": "B"}), ("/products", ACME), ("/customers?a=1", ACME)],
    )
    def test_another_request_under_the_key_is_refused(
        self, app: App, other: tuple[str, dict[str, str]]
    ) -> None:
        app.post("/customers", ACME, Idempotency_Key="k1")

        answer = app.post(*other, Idempotency_Key="k1")

        assert (answer.status, answer.code) == (409, "idempotency_key_reused")
        assert Customer.objects.count() == 1

    def test_a_refusal_is_not_remembered(self, app: App) -> None:
        refused = app.post("/customers", {**ACME, "country": "XX"}, Idempotency_Key="k1")
        carried_out = app.post("/customers", ACME, Idempotency_Key="k1")

        assert (refused.status, carried_out.status) == (400, 201)

    def test_each_seller_has_its_own_keys(self, app: App) -> None:
        other = App(factories.api_key(factories.seller()))

        first = app.post("/customers", ACME, Idempotency_Key="k1")
        second = other.post("/customers", ACME, Idempotency_Key="k1")

        assert first.body["id"] != second.body["id"]

    @pytest.mark.parametrize("key", ["", " ", "x" * 256, "k\u00e4y", "a b", "\0"])
    def test_a_malformed_key_is_refused(self, app: App, key: str) -> None:
        answer = app.post("/customers", ACME, Idempotency_Key=key)

        assert (answer.status, answer.errors) == (400, {"Idempotency-Key": "malformed"})


@pytest.fixture
def committed_app(committed: None) -> App:
    """An app on a database whose commits are real."""
    return App(factories.api_key(factories.seller()))


def together(*requests: Any) -> list[Answer]:
    """Send requests at the same time, each on a connection of its own."""
    answers: list[Answer] = []
    barrier = threading.Barrier(len(requests))

    def send(request: Any) -> None:
        barrier.wait()
        try:
            answers.append(request())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=[request]) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class TestRace:
    def test_of_many_at_once_one_is_carried_out(self, committed_app: App) -> None:
        def request() -> Answer:
            return committed_app.post("/customers", ACME, Idempotency_Key="k1")

        answers = together(*[request] * 8)

        carried_out = [answer for answer in answers if answer.status == 201]
        refused = [answer for answer in answers if answer.status != 201]
        assert len({answer.content for answer in carried_out}) == 1
        assert sum("Idempotent-Replayed" not in answer.headers for answer in carried_out) == 1
        assert {answer.code for answer in refused} <= {"idempotency_key_in_flight"}
        assert Customer.objects.count() == 1

    def test_without_a_key_the_external_id_decides(self, committed_app: App) -> None:
        def request() -> Answer:
            return committed_app.post("/customers", {**ACME, "external_id": "A1"})

        answers = together(*[request] * 4)

        assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
        assert Customer.objects.count() == 1

    def test_while_the_first_goes_on_the_second_is_told_to_come_again(
        self, committed_app: App
    ) -> None:
        seller = Seller.objects.get()

        def request() -> Answer:
            return committed_app.post("/customers", ACME, Idempotency_Key="k1")

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{seller.pk} k1"]
            )
            (second,) = together(request)
        third = request()

        assert (second.status, second.code) == (409, "idempotency_key_in_flight")
        assert second.headers["Retry-After"] == "1"
        assert third.status == 201

    def test_what_fails_at_commit_is_not_remembered(
        self, committed_app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An order without lines is refused by the database, at commit."""
        factories.customer(Seller.objects.get(), external_id="A1")
        monkeypatch.setattr(OrderLine.objects, "bulk_create", lambda _: None)
        line = {"text": "x", "quantity": "1", "unit_price": "1", "tax_class": "standard"}

        answer = committed_app.post(
            "/orders", {"customer": "ext:A1", "lines": [line]}, Idempotency_Key="k1"
        )

        assert answer.status == 500
        assert not IdempotentRequest.objects.exists()
        assert not Order.objects.exists()


class TestForgetting:
    def test_after_a_day_the_key_is_free_again(self, app: App) -> None:
        first = app.post("/customers", ACME, Idempotency_Key="k1")
        age(hours=23)
        again = app.post("/customers", ACME, Idempotency_Key="k1")
        age(hours=1)
        next_day = app.post("/customers", {**ACME, "name": "Other"}, Idempotency_Key="k1")

        assert again.content == first.content
        assert (next_day.status, next_day.body["name"]) == (201, "Other")
        assert IdempotentRequest.objects.count() == 1

    def test_old_answers_are_deleted(self, app: App) -> None:
        app.post("/customers", ACME, Idempotency_Key="old")
        age(hours=24)
        app.post("/customers", ACME, Idempotency_Key="young")

        assert forget_old_requests(at=timezone.now()) == 1
        assert IdempotentRequest.objects.get().key == "young"


def age(**by: int) -> None:
    """Make all answers older."""
    IdempotentRequest.objects.update(created_at=F("created_at") - timedelta(**by))
