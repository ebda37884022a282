"""A register of VAT ids that speaks as VIES does, and sellers who ask it."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

from billing.sellers.models import Seller
from tests import factories

FRENCH_ID = "FR40303265045"


class Register:
    """What the register answers, and what it was asked."""

    def __init__(self) -> None:
        """Know one French company."""
        self.asked: list[dict[str, Any]] = []
        self.valid = {FRENCH_ID}
        self.status = 200
        self.error = ""
        self.content: bytes | None = None
        self.meanwhile: Callable[[], None] = lambda: None  # Happens before it answers.

    def answer(self, body: dict[str, Any]) -> tuple[int, bytes]:
        """Return status and content, in the form of VIES' REST interface."""
        self.asked.append(body)
        self.meanwhile()
        if self.content is not None:
            return self.status, self.content
        if self.error:
            told: dict[str, Any] = {
                "actionSucceed": False,
                "errorWrappers": [{"error": self.error}],
            }
            return self.status, json.dumps(told).encode()
        number = body["countryCode"] + body["vatNumber"]
        is_valid = number in self.valid
        told = {
            "countryCode": body["countryCode"],
            "vatNumber": body["vatNumber"],
            "requestDate": "2026-01-01T09:00:00.000Z",
            "valid": is_valid,
            "requestIdentifier": "WAPIAAAAW1" if "requesterNumber" in body else "",
            "name": "SA EXEMPLE" if is_valid else "---",
            "address": "1 RUE DE LA PAIX\n75002 PARIS" if is_valid else "---",
        }
        return 200, json.dumps(told).encode()


@pytest.fixture
def register(settings: Settings) -> Iterator[Register]:
    """A running register, and the setting that names it."""
    mine = Register()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, content = mine.answer(body)
            self.send_response(status if self.path == "/rest-api/check-vat-number" else 404)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    settings.VIES_URL = f"http://127.0.0.1:{server.server_port}/rest-api"
    settings.VIES_TIMEOUT_SECONDS = 2
    yield mine
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()
