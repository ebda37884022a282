"""Keys that many use, rotate and revoke at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from billing.sellers.models import ApiKey
from tests import factories
from tests.api.conftest import Answer, App
from tests.api.test_idempotency import together


@pytest.fixture
def key(committed: None) -> str:
    """A key that was never used, on a database whose commits are real."""
    return factories.api_key(factories.seller(), last_used_at=None, last_used_ip=None)


class TestUse:
    def test_nobody_waits_to_note_it(self, key: str) -> None:
        """Though a rotation, for one, has the row locked for as long as it likes."""

        def request() -> Answer:
            try:
                return App(key).get("/seller")
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            ApiKey.objects.select_for_update().get()
            answer = pool.submit(request).result(timeout=20)

        assert answer.status == 200
        assert ApiKey.objects.get().last_used_at is None

    def test_of_many_at_once_each_is_answered(self, key: str) -> None:
        answers = together(*[lambda: App(key).get("/seller")] * 8)

        assert {answer.status for answer in answers} == {200}
        assert ApiKey.objects.get().last_used_at is not None


class TestRotation:
    def test_of_many_at_once_one_makes_the_new_key(self, key: str) -> None:
        path = f"/api-keys/{ApiKey.objects.get().pk}/rotate"

        answers = together(*[lambda: App(key).post(path, {})] * 6)

        assert sorted(answer.status for answer in answers) == [201, *[409] * 5]
        assert {each.code for each in answers if each.status == 409} == {"api_key_ended"}
        assert ApiKey.objects.count() == 2
