"""
kombu's transport over SQS: it sends many messages by few calls, and its workers outlive one.

kombu makes one call per message. Within `batching()` all that it does stays as it is, up to the
call: that is noted, and made for up to ten messages at once.

kombu 5.7 takes a call that timed out or met a fault of the broker for an empty list where it needs
a mapping, and ends the worker over it; also over a message that can't be given back.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from kombu.transport import SQS

from billing.events.batch import Batch

logger = logging.getLogger(__name__)

BYTES_AT_MOST = 256 * 1024
ASK_AGAIN_SECONDS = 1.0


class _Recorder:
    """A client of SQS that notes messages instead of sending them."""

    def __init__(self, client: Any, batch: Batch) -> None:
        self._client = client
        self._batch = batch

    def send_message(self, **message: Any) -> None:
        self._batch.add(self._client, message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class Channel(SQS.Channel):
    """A channel that can gather what is put, and asks again if the broker gave no answer."""

    _batch: Batch | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with no queue whose latest call failed."""
        self._failed: set[str] = set()
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

    # The stubs lack what is built upon here.
    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> int:
        if isinstance(messages, list):
            self._failed.add(qname)
            return 0
        ready = super()._on_messages_ready  # type: ignore[misc]
        return int(ready(queue, qname, messages))

    def _loop1(self, queue: str, messages_fetched: int | None = None) -> None:
        if queue in self._failed:
            self._failed.discard(queue)
            hub, again = self.hub, self._schedule_queue  # type: ignore[attr-defined]
            hub.call_later(ASK_AGAIN_SECONDS, again, queue)
        else:
            super()._loop1(queue, messages_fetched)  # type: ignore[misc]

    def _restore(self, message: Any) -> None:
        try:
            super()._restore(message)
        except (BotoCoreError, ClientError) as error:
            # It was hidden for so long that others may have it, or the broker is away: it comes
            # again by itself.
            logger.warning("A message was not given back: %s", error)


class Transport(SQS.Transport):
    """kombu's transport over SQS with these channels."""

    Channel = Channel
