"""An app of a seller: it tells its facts in their order, each until the website has taken it."""

import json
import threading
import time
from http.client import HTTPConnection, HTTPException

from tests.chaos.world import Fact, House

PATIENCE = 10.0  # Seconds for one answer.
PAUSE = 0.1
WITHIN = 120.0
TAKEN, TRY_AGAIN = (200, 201, 202), (429, 500, 502, 503, 504)


class Teller(threading.Thread):
    """Tells the facts of a house; whether the website is there or not is no concern of others."""

    def __init__(self, house: House, *, port: int) -> None:
        """Nothing is told yet."""
        super().__init__(daemon=True)
        self.refused = ""
        self._house = house
        self._port = port
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def run(self) -> None:
        """Tell all, one after the other; end at the first that is refused."""
        deadline = time.monotonic() + WITHIN
        for number, fact in enumerate(self._house.facts):
            while not self._is_taken(fact, f"fact-{number}") and not self.refused:
                if time.monotonic() > deadline:
                    self.refused = f"not taken within {WITHIN:.0f} s: {fact}"
                time.sleep(PAUSE)
            if self.refused:
                break
        self._connection.close()

    def _is_taken(self, fact: Fact, key: str) -> bool:
        headers = {
            "Authorization": f"Bearer {self._house.key}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        try:
            self._connection.request("POST", f"/api/v1{fact.path}", json.dumps(fact.body), headers)
            answer = self._connection.getresponse()
            status, body = answer.status, answer.read()
        except (OSError, HTTPException):
            self._connection.close()  # Nobody knows whether it was taken: tell it again.
            return False
        if status not in (*TAKEN, *TRY_AGAIN):
            self.refused = f"{status} for {fact}: {body.decode(errors='replace')}"
        return status in TAKEN
