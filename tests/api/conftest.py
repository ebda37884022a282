"""An app that calls the API, and the sellers it calls it for."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.test.client import ClientHandler
from pytest_django import DjangoDbBlocker

from billing.sellers.models import Seller
from tests import factories
from tests.api.described import check_answer
from tests.api.routes import make_house
from tests.handling import bill_all

__all__ = ["bill_all"]

UNKNOWN = "00000000-0000-7000-8000-000000000000"


class Answer:
    """What the API answered."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.content: bytes = response.content

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json"
        return str(self.body["code"])

    @property
    def errors(self) -> dict[str, str]:
        """Field → code."""
        return {error["field"]: error["code"] for error in self.body["errors"]}

    @property
    def without_request_id(self) -> Any:
        return {**self.body, "request_id": ""}


class App:
    """An app with a seller's API key."""

    _handler = ClientHandler(enforce_csrf_checks=False)  # Loads the middleware once for all.

    def __init__(self, key: str | None, **environ: str) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = Client(headers=headers, raise_request_exception=False, **environ)
        self._client.handler = self._handler

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, json.dumps(body), **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("PATCH", path, json.dumps(body), **headers)

    def send(self, method: str, path: str, body: str | bytes = "", **headers: str) -> Answer:
        """Headers are named like this: Idempotency_Key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content_type = named.pop("Content-Type", "application/json")
        address = path if path.startswith("http") else f"/api/v1{path}"
        answer = Answer(
            self._client.generic(method, address, body, content_type=content_type, headers=named)
        )
        self._check_description(method, address, answer)
        return answer

    def _check_description(self, method: str, address: str, answer: Answer) -> None:
        parts = urlsplit(address)
        check_answer(
            method,
            f"{parts.path}?{parts.query}",
            status=answer.status,
            media_type=answer.headers.get("Content-Type", "").partition(";")[0],
            body=answer.content,
            is_partial="fields" in parse_qs(urlsplit(address).query),
        )


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture
def app(seller: Seller) -> App:
    return App(factories.api_key(seller))


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Seller]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_house()
        transaction.set_rollback(True)


@pytest.fixture
def house(built: Seller, db: None) -> Seller:
    """A seller that has one of everything; what a test writes besides is rolled back."""
    return deepcopy(built)


@pytest.fixture
def stranger(db: None) -> App:
    """An app of another seller."""
    return App(factories.api_key(factories.seller()))
