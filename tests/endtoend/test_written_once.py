"""Over the running website: however often a request comes, whatever is killed, it counts once."""

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from typing import Any

import pytest
from django.db import connection, connections, transaction

from billing.api.idempotency import REPLAYED
from billing.customers.models import Customer
from billing.events.models import Event
from billing.orders.models import Order
from billing.sellers.models import Seller
from tests import factories
from tests.chaos.engine import Engine, free_port

MANY = 50
KEYS = 6
LINE = {"text": "Boots", "quantity": "1", "unit_price": "89.90", "tax_class": "standard"}
Answer = tuple[int, bytes, dict[str, str]]


class Shop:
    """An app that orders for one customer, each time over a connection of its own."""

    def __init__(self, engine: Engine) -> None:
        seller: Seller = factories.seller()
        self.customer: Customer = factories.customer(seller, external_id="C1")
        self.key = factories.api_key(seller)
        self._engine, self._port = engine, free_port()
        self.start()

    def start(self) -> None:
        self._engine.serve(self._port)

    def kill(self) -> None:
        self._engine.kill("web")

    def order(self, number: str) -> Answer | None:
        """Order under the key that is the order's number; None if no answer comes."""
        body = json.dumps({"customer": "ext:C1", "external_id": number, "lines": [LINE]})
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "Idempotency-Key": number,
        }
        try:
            website = HTTPConnection("127.0.0.1", self._port, timeout=60)
            website.request("POST", "/api/v1/orders", body, headers)
            answer = website.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        except (OSError, HTTPException):
            return None


@pytest.fixture
def shop(engine: Engine) -> Iterator[Shop]:
    yield Shop(engine)
    connections.close_all()


def all_at_once(shop: Shop, numbers: Sequence[str]) -> list[Answer | None]:
    """Order all of them at the same moment."""
    barrier = threading.Barrier(len(numbers))

    def order(number: str) -> Answer | None:
        barrier.wait()
        return shop.order(number)

    with ThreadPoolExecutor(len(numbers)) as clients:
        return list(clients.map(order, numbers))


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def the_one_order(number: str) -> dict[str, Any]:
    """Return the order as it stands in the database: once, with one event."""
    found = Order.objects.get(external_id=number)
    assert Event.objects.filter(idempotency_key__contains=str(found.pk)).count() == 1
    return {"id": str(found.pk), "external_id": number}


class TestWrittenOnce:
    def test_of_fifty_at_once_one_is_carried_out(self, shop: Shop) -> None:
        answers = [answer for answer in all_at_once(shop, ["O1"] * MANY) if answer]
        later = shop.order("O1")

        assert len(answers) == MANY
        assert later
        taken = [answer for answer in answers if answer[0] == 201]
        in_flight = [answer for answer in answers if answer[0] != 201]
        assert {body for _, body, _ in [*taken, later]} == {later[1]}
        assert sum(REPLAYED not in headers for _, _, headers in taken) == 1
        for status, body, headers in in_flight:
            assert (status, json.loads(body)["code"]) == (409, "idempotency_key_in_flight")
            assert headers["Retry-After"] == "1"
        assert json.loads(later[1]).items() >= the_one_order("O1").items()

    def test_a_kill_amid_the_transaction_leaves_nothing(self, shop: Shop, engine: Engine) -> None:
        with ThreadPoolExecutor(1) as client, transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE billing_event IN SHARE MODE")
            broken_off = client.submit(shop.order, "O1")
            engine.wait_until(waits_for_a_lock, within=30, what="the event waits for the lock")
            shop.kill()
            assert broken_off.result(timeout=30) is None
        assert not Order.objects.exists()
        shop.start()

        first, again = shop.order("O1"), shop.order("O1")

        assert first
        assert again
        assert (first[0], again[:2]) == (201, first[:2])
        assert REPLAYED not in first[2]
        assert json.loads(first[1]).items() >= the_one_order("O1").items()

    def test_a_kill_between_commit_and_answer_loses_no_answer(
        self, shop: Shop, engine: Engine
    ) -> None:
        with ThreadPoolExecutor(1) as client, transaction.atomic():
            # The database looks at the order's customer as the last thing, when it commits.
            Customer.objects.select_for_update().get(pk=shop.customer.pk)
            broken_off = client.submit(shop.order, "O1")
            engine.wait_until(waits_for_a_lock, within=30, what="the commit waits for the lock")
            shop.kill()
            assert broken_off.result(timeout=30) is None
        engine.wait_until(Order.objects.exists, within=30, what="it is committed")
        shop.start()

        again = shop.order("O1")

        assert again
        assert (again[0], again[2][REPLAYED]) == (201, "true")
        assert json.loads(again[1]).items() >= the_one_order("O1").items()

    def test_a_kill_amid_many_loses_and_doubles_none(self, shop: Shop) -> None:
        numbers = [f"O{index % KEYS}" for index in range(MANY)]
        killer = threading.Timer(0.15, shop.kill)
        killer.start()
        before = all_at_once(shop, numbers)
        killer.join()
        shop.start()

        for number in set(numbers):
            answer = shop.order(number)
            assert answer
            assert answer[0] == 201
            told = [one for sent, one in zip(numbers, before, strict=True) if sent == number]
            assert {one[1] for one in told if one and one[0] == 201} <= {answer[1]}
            assert json.loads(answer[1]).items() >= the_one_order(number).items()
        assert None in before
