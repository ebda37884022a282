"""Queues read to their end, and a proxy on the way to the broker."""

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from celery import current_app

from billing.events import dispatch
from billing.events.queues import create_queues, named_events
from tests.broker.proxy import Proxy


class Queue:
    """A queue of the broker, read past Celery."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.url = client.get_queue_url(QueueName=name)["QueueUrl"]

    def take(self) -> list[tuple[UUID, ...]]:
        """Return what each message names, and delete them."""
        taken: list[tuple[UUID, ...]] = []
        while found := self.receive():
            for message in found:
                taken.append(named_events(message["Body"]))
                self.client.delete_message(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
                )
        return taken

    def receive(self, **how: int) -> list[dict[str, Any]]:
        answer = self.client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, **how)
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found


@pytest.fixture
def queue_of() -> Iterator[Callable[[str], Queue]]:
    """Gives empty queues by their names, and empties them again."""
    create_queues()
    with current_app.connection_for_write() as broker:
        channel = broker.default_channel
        taken: list[Queue] = []

        def find(name: str) -> Queue:
            found = Queue(channel.sqs(), channel.canonical_queue_name(name))
            found.take()
            taken.append(found)
            return found

        yield find
        for queue in taken:
            queue.take()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy that all that is published goes through."""
    create_queues()
    parts = urlsplit(os.environ["BROKER_URL"])
    with Proxy(f"http://{parts.hostname}:{parts.port}/").serving() as running:
        ours = urlsplit(running.url)
        login = f"{parts.username}:{parts.password}"
        _publish_by(f"sqs://{login}@{ours.hostname}:{ours.port}")
        yield running
        _publish_by(None)
    dispatch._Outage.until = 0.0


def _publish_by(url: str | None) -> None:
    current_app.conf.broker_write_url = url
    current_app.amqp._producer_pool = None
    current_app._pool = None
