"""An app that calls the API of a running website."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What the website answered."""

    status: int
    body: Any


class WebApp:
    """Speaks JSON with the API for one seller, over a connection of its own that is kept."""

    def __init__(self, url: str, key: str) -> None:
        """Take the address of the site and the seller's API key."""
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def get(self, path: str) -> WebAnswer:
        return self._send("GET", path, None)

    def post(self, path: str, body: Any = None) -> WebAnswer:
        return self._send("POST", path, json.dumps(body))

    def close(self) -> None:
        self._connection.close()

    def _send(self, method: str, path: str, body: str | None) -> WebAnswer:
        self._connection.request(method, f"/api/v1{path}", body, self._headers)
        answer = self._connection.getresponse()
        return WebAnswer(answer.status, json.loads(answer.read()))
