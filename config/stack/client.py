"""A small client of the REST API, for what measures and tries a running stack."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

Answer = dict[str, Any]

WAIT_AT_MOST_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.02


class Refused(Exception):
    """The API refused a request; the text is its problem document."""


class Client:
    """Speaks JSON with the API of one seller."""

    def __init__(self, *, url: str, key: str) -> None:
        """Take the address of the site and the seller's API key."""
        self._url = f"{url}/api/v1"
        self._key = key

    def get(self, path: str) -> Answer:
        """
        Return what is at a path.

        :raises Refused: if the API answers with an error.
        """
        return self._send("GET", path, None)

    def post(self, path: str, **body: Any) -> Answer:
        """
        State something.

        :raises Refused: if the API answers with an error.
        """
        return self._send("POST", path, body)

    def wait_for_transaction(self, transaction_id: str) -> Answer:
        """
        Return the story's first event once it waits no more.

        :raises TimeoutError: if it still waits after a minute.
        """
        return self._wait(f"/events/{transaction_id}", lambda event: event["state"] != "waiting")

    def wait_for_clock(self) -> Answer:
        """
        Return the test clock once it has reached its day.

        :raises TimeoutError: if it is still on its way after a minute.
        """
        return self._wait("/test-clock", lambda clock: not clock["is_moving"])

    def _wait(self, path: str, is_done: Callable[[Answer], bool]) -> Answer:
        deadline = time.monotonic() + WAIT_AT_MOST_SECONDS
        while time.monotonic() < deadline:
            answer = self.get(path)
            if is_done(answer):
                return answer
            time.sleep(LOOK_EVERY_SECONDS)
        raise TimeoutError(f"{path} is not done after {WAIT_AT_MOST_SECONDS:.0f} s.")

    def _send(self, method: str, path: str, body: Answer | None) -> Answer:
        request = urllib.request.Request(  # noqa: S310  The address is the stack's own.
            self._url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                found: Answer = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}: {error.read().decode()}") from error
