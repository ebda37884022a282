"""
kombu's transport over SQS: it sends many messages by few calls, and its workers outlive one.

kombu makes one call per message. Within `batching()` all that it does stays as it is, up to the
call: that is noted, and made for up to ten messages at once.

kombu 5.7 ends the worker over a call that timed out or was refused, and over a message that can't
be given back. Here it asks again, after longer and longer; what a worker has when it stops, others
get at once.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection
from kombu.transport import SQS

from billing.events.batch import Batch

logger = logging.getLogger(__name__)

BYTES_AT_MOST = 256 * 1024
# How long a queue that gave no answer is left alone: twice as long each time.
ASK_AGAIN_SECONDS = 1.0
ASK_AGAIN_SECONDS_AT_MOST = 30.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a queue gave no answer."""

    reason: str


class Connection(AsyncSQSConnection):
    """
    A connection that returns a refusal instead of raising it.

    A queue that is gone, credentials that were renewed, too many calls: all of it passes.
    """

    def _on_list_ready(self, parent: Any, markers: Any, operation: str, response: Any) -> Any:
        if response.status == self.STATUS_CODE_OK:
            ready = super()._on_list_ready  # type: ignore[misc]
            return ready(parent, markers, operation, response)
        said = response.read() or response.reason
        text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return Refusal(f"HTTP {response.status} {text[:300]}")


class _Recorder:
    """A client of SQS that notes messages instead of sending them."""

    def __init__(self, client: Any, batch: Batch) -> None:
        self._client = client
        self._batch = batch

    def send_message(self, **message: Any) -> None:
        self._batch.add(self._client, message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class QoS(SQS.QoS):
    """What a worker received and didn't end, which it gives back when it stops."""

    def restore_unacked(self) -> None:
        """Give back all of it at once; kombu hides it for another `wait_time_seconds`."""
        self._flush()  # type: ignore[attr-defined]
        while self._delivered:
            _, message = self._delivered.popitem()
            self.channel.give_back(message)  # type: ignore[attr-defined]


class Channel(SQS.Channel):
    """A channel that can gather what is put, and asks again if the broker gave no answer."""

    QoS = QoS
    _batch: Batch | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with no queue that refused to be asked."""
        self._refusals: dict[str, int] = {}
        self._asked_at = time.monotonic()
        super().__init__(*args, **kwargs)

    @contextmanager
    def batching(self) -> Iterator[Batch]:
        """
        Gather what is put within the block; the caller sends it by `Batch.send`.

        For one thread at a time, as a channel is.
        """
        limit = self.transport_options.get("message_bytes", BYTES_AT_MOST)
        self._batch = batch = Batch(bytes_at_most=limit)
        try:
            yield batch
        finally:
            self._batch = None

    def sqs(self, queue: str | None = None) -> Any:
        """Return the client for a queue; while a batch is gathered, one that notes messages."""
        client = super().sqs(queue)
        return client if self._batch is None else _Recorder(client, self._batch)

    def asynsqs(self, queue: str | None = None) -> Any:
        """Return the connection by which messages of a queue are waited for: one of ours."""
        theirs = super().asynsqs(queue=queue)
        if isinstance(theirs, Connection):
            return theirs
        ours = Connection(
            sqs_connection=theirs.sqs_connection,
            region=self.region,
            message_system_attribute_names=theirs.message_system_attribute_names,
            message_attribute_names=theirs.message_attribute_names,
        )
        # Where kombu keeps its own.
        if queue is not None and self.predefined_queues:
            self._predefined_queue_async_clients[queue] = ours
        else:
            self._asynsqs = ours
        return ours

    def asked_ago(self) -> float:
        """Return how many seconds ago messages were asked for last."""
        return time.monotonic() - self._asked_at

    # The stubs lack what is built upon here.
    def _schedule_queue(self, queue: str) -> None:
        if self.qos.can_consume():
            self._asked_at = time.monotonic()
        try:
            super()._schedule_queue(queue)  # type: ignore[misc]
        except (BotoCoreError, ClientError) as error:  # Such as credentials that are gone.
            self._note_refusal(queue, str(error))
            self._loop1(queue)

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> int:
        if isinstance(messages, Refusal):
            self._note_refusal(qname, messages.reason)
            return 0
        if self._refusals.pop(qname, 0):
            logger.warning("Queue %s answers again", qname)
        ready = super()._on_messages_ready  # type: ignore[misc]
        return int(ready(queue, qname, messages))

    def _note_refusal(self, queue: str, reason: str) -> None:
        if queue not in self._refusals:
            logger.error("Queue %s can't be asked, and is again and again: %s", queue, reason)
        self._refusals[queue] = self._refusals.get(queue, 0) + 1

    def _loop1(self, queue: str, messages_fetched: int | None = None) -> None:
        if times := self._refusals.get(queue):
            after = min(ASK_AGAIN_SECONDS * 2 ** min(times - 1, 10), ASK_AGAIN_SECONDS_AT_MOST)
            hub, again = self.hub, self._schedule_queue  # type: ignore[attr-defined]
            hub.call_later(after, again, queue)
        else:
            super()._loop1(queue, messages_fetched)  # type: ignore[misc]

    def _restore(self, message: Any) -> None:
        with _let_come_again():
            super()._restore(message)

    def give_back(self, message: Any) -> None:
        """Let others have a message at once that was received, and not begun."""
        told = message.delivery_info
        client = self.sqs(queue=self.canonical_queue_name(told["routing_key"]))
        with _let_come_again():
            client.change_message_visibility(
                QueueUrl=told["sqs_queue"],
                ReceiptHandle=told["sqs_message"]["ReceiptHandle"],
                VisibilityTimeout=0,
            )


@contextmanager
def _let_come_again() -> Iterator[None]:
    """Leave a message that can't be given back: it comes again by itself."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        # It was hidden for so long that others may have it, or the broker is away.
        logger.warning("A message was not given back: %s", error)


class Transport(SQS.Transport):
    """kombu's transport over SQS with these channels."""

    Channel = Channel
