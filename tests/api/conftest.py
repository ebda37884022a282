"""An app that calls the API, and the sellers it calls it for."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from tests import factories
from tests.api.described import check_answer
from tests.handling import handle

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

    def __init__(self, key: str | None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = Client(headers=headers, raise_request_exception=False)

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
        check_answer(
            method,
            urlsplit(address).path,
            status=answer.status,
            media_type=answer.headers.get("Content-Type", "").partition(";")[0],
            body=answer.content,
        )


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture
def app(seller: Seller) -> App:
    return App(factories.api_key(seller))


def bill_all(seller: Seller, *, at: datetime = factories.AT) -> list[Invoice]:
    """Handle what waits, as workers would."""
    waiting = Event.objects.filter(seller=seller, state="waiting").order_by("position")
    return [invoice for event in waiting for invoice in handle(event, at=at)]
