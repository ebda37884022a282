"""
kombu's transport over SQS, whose workers outlive a call that failed.

kombu 5.7 takes a call that timed out or met a fault of the broker for an empty list where it needs
a mapping, and ends the worker over it; also over a message that can't be given back.
"""

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from kombu.transport import SQS

logger = logging.getLogger(__name__)

ASK_AGAIN_SECONDS = 1.0


class Channel(SQS.Channel):
    """A channel that asks again after a while, if the broker gave no answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with no queue whose latest call failed."""
        self._failed: set[str] = set()
        super().__init__(*args, **kwargs)

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
