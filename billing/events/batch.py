"""Messages that are sent together: as many to a call of SQS as it takes."""

import logging
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any

from botocore.exceptions import ClientError

logger = logging.getLogger(__name__)

ENTRIES_AT_MOST = 10  # Source: Amazon SQS API reference, SendMessageBatch.


class Outcome(Enum):
    """What became of a message."""

    ACCEPTED = auto()
    REFUSED = auto()  # The message is to blame: sent again, it is refused again.
    NOT_SENT = auto()  # The broker is to blame, or wasn't reached: sent again, it may be accepted.


class Batch:
    """Messages in the order in which they were put, each with its outcome."""

    def __init__(self, *, bytes_at_most: int) -> None:
        """Bound the sum of the bodies of one call."""
        self._bytes_at_most = bytes_at_most
        self._messages: list[tuple[Any, dict[str, Any]]] = []

    def add(self, client: Any, message: dict[str, Any]) -> None:
        """Note what kombu would send by `client.send_message`."""
        self._messages.append((client, message))

    def send(self) -> list[Outcome]:
        """
        Send what was put, and return what became of each message.

        A queue that the broker refuses (it is gone, or forbidden) doesn't hold up the others. If
        nothing at all was accepted or refused, the first error is raised.

        :raises botocore.exceptions.BotoCoreError: if the broker is away.
        :raises botocore.exceptions.ClientError: if it refuses every call.
        """
        outcomes = [Outcome.NOT_SENT] * len(self._messages)
        faults: list[Exception] = []
        refusing: set[str] = set()
        for url, numbers in self._calls():
            if url in refusing:
                continue
            try:
                self._send(url, numbers, outcomes)
            except ClientError as error:
                faults.append(error)
                refusing.add(url)
            except Exception as error:
                # The broker can't be reached: no further call is tried.
                faults.append(error)
                break
        if faults and all(outcome is Outcome.NOT_SENT for outcome in outcomes):
            raise faults[0]
        for fault in faults:
            logger.warning("Sent in part: %s", fault)
        return outcomes

    def _calls(self) -> Iterator[tuple[str, list[int]]]:
        """Yield what goes into one call: the address of the queue, and numbers of messages."""
        by_queue: dict[str, list[int]] = {}
        for number, (_, message) in enumerate(self._messages):
            by_queue.setdefault(message["QueueUrl"], []).append(number)
        for url, numbers in by_queue.items():
            call: list[int] = []
            size = 0
            for number in numbers:
                own = len(self._messages[number][1]["MessageBody"])  # ASCII: JSON or base64.
                if call and (len(call) == ENTRIES_AT_MOST or size + own > self._bytes_at_most):
                    yield url, call
                    call, size = [], 0
                call.append(number)
                size += own
            yield url, call

    def _send(self, url: str, numbers: list[int], outcomes: list[Outcome]) -> None:
        client = self._messages[numbers[0]][0]
        entries = [
            {"Id": str(number), **_without_queue(self._messages[number][1])} for number in numbers
        ]
        answer = client.send_message_batch(QueueUrl=url, Entries=entries)
        for entry in answer.get("Successful", []):
            outcomes[int(entry["Id"])] = Outcome.ACCEPTED
        for entry in answer.get("Failed", []):
            if entry.get("SenderFault"):
                outcomes[int(entry["Id"])] = Outcome.REFUSED
            logger.warning("Not accepted: %s %s", entry.get("Code"), entry.get("Message"))


def _without_queue(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "QueueUrl"}
