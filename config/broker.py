"""
kombu's transport over SQS, which can send many messages by few calls.

kombu makes one call per message. Within `batching()` all that it does stays as it is, up to the
call: that is noted, and made for up to ten messages at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import SQS

from billing.events.batch import Batch

BYTES_AT_MOST = 256 * 1024


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
    """A channel that can gather what is put."""

    _batch: Batch | None = None

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


class Transport(SQS.Transport):
    """kombu's transport over SQS with these channels."""

    Channel = Channel
