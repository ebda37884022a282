"""The broker's queues: made with their dead-letter queues, measured, rid of dead letters."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from celery import current_app
from django.conf import settings

DEAD = "-dead"
KEPT_SECONDS = str(14 * 24 * 3600)  # The longest that SQS keeps a message.


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was received too often without being finished, and what it names."""

    queue_url: str
    receipt: str
    event_ids: tuple[UUID, ...]


class Depth(NamedTuple):
    """
    How many messages of a queue wait, how many a worker has taken and not finished.

    And how many can't be taken yet.
    """

    waiting: int
    in_flight: int
    delayed: int


@contextmanager
def _channel() -> Iterator[Any]:
    """Give the channel that is sent by, too: to make a client of SQS costs 0.2 s."""
    pool: Any = current_app.producer_pool
    with pool.acquire(block=True) as producer:
        yield producer.channel


def create_queues() -> list[str]:
    """
    Create the queues with their dead-letter queues, or set them right; return their names.

    Safe to run again. In production the queues are made with the infrastructure.
    """
    with _channel() as channel:
        names = list(_names(channel))
        for name in names:
            _create(channel.sqs(), name)
        return [each for name in names for each in (name, name + DEAD)]


def _names(channel: Any) -> Iterator[str]:
    yield from (channel.canonical_queue_name(queue) for queue in settings.QUEUES)


def _create(client: Any, name: str) -> None:
    dead_url = client.create_queue(QueueName=name + DEAD)["QueueUrl"]
    client.set_queue_attributes(
        QueueUrl=dead_url, Attributes={"MessageRetentionPeriod": KEPT_SECONDS}
    )
    attributes = client.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])
    redrive = {
        "deadLetterTargetArn": attributes["Attributes"]["QueueArn"],
        "maxReceiveCount": settings.BROKER_RECEIVES_AT_MOST,
    }
    client.set_queue_attributes(
        QueueUrl=client.create_queue(QueueName=name)["QueueUrl"],
        Attributes={
            "VisibilityTimeout": str(settings.BROKER_VISIBILITY_SECONDS),
            "MessageRetentionPeriod": KEPT_SECONDS,
            "RedrivePolicy": json.dumps(redrive),
        },
    )


def depths() -> dict[str, Depth]:
    """
    Return about how many messages lie in each queue, and in those of dead letters.

    :raises botocore.exceptions.ClientError: if a queue isn't there.
    """
    with _channel() as channel:
        client = channel.sqs()
        names = [each for name in _names(channel) for each in (name, name + DEAD)]
        return {name: _depth(client, name) for name in names}


def look_at_queue(queue: str) -> None:
    """
    Do nothing if the broker tells of a queue.

    :raises Exception: whatever kombu and botocore say of a broker or a queue that is away.
    """
    with _channel() as channel:
        channel.sqs().get_queue_url(QueueName=channel.canonical_queue_name(queue))


def depth(queue: str) -> int:
    """Return about how many messages lie in a queue, in flight or not."""
    with _channel() as channel:
        return sum(_depth(channel.sqs(), channel.canonical_queue_name(queue)))


def _depth(client: Any, name: str) -> Depth:
    attributes = client.get_queue_attributes(
        QueueUrl=client.get_queue_url(QueueName=name)["QueueUrl"],
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )["Attributes"]
    return Depth(
        waiting=int(attributes["ApproximateNumberOfMessages"]),
        in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        delayed=int(attributes.get("ApproximateNumberOfMessagesDelayed", 0)),
    )


@contextmanager
def dead_letters() -> Iterator[list[DeadLetter]]:
    """
    Give the next dead letters, ten of each queue at most; they are deleted if the block ends well.

    A message that can't be read is given with no event ids, and so deleted.
    """
    with _channel() as channel:
        client = channel.sqs()
        letters = [letter for name in _names(channel) for letter in _received(client, name + DEAD)]
        yield letters
        for letter in letters:
            client.delete_message(QueueUrl=letter.queue_url, ReceiptHandle=letter.receipt)


def _received(client: Any, queue: str) -> Iterator[DeadLetter]:
    url = client.get_queue_url(QueueName=queue)["QueueUrl"]
    answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
    for message in answer.get("Messages", []):
        yield DeadLetter(url, message["ReceiptHandle"], named_events(message["Body"]))


def named_events(body: str) -> tuple[UUID, ...]:
    """
    Return the ids of the events that a message names; none if it can't be read.

    Source: Celery's message protocol, version 2; kombu's SQS transport puts it in base64 twice.
    """
    try:
        text = body if body.startswith("{") else base64.b64decode(body).decode()
        message = json.loads(text)
        arguments = message["body"]
        if message["properties"].get("body_encoding") == "base64":
            arguments = base64.b64decode(arguments).decode()
        _, kwargs, _ = json.loads(arguments)
        return tuple(UUID(event_id) for event_id in kwargs["event_ids"])
    except (ValueError, KeyError, TypeError):
        return ()
