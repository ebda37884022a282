"""The task that messages wake: attribute what waits."""

from functools import partial
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.utils import timezone

from billing.events.patience import patiently
from billing.usage import commands
from billing.usage.commands.attribute import ATTRIBUTE


@shared_task(name=ATTRIBUTE, bind=True)
def attribute(self: Task[Any, Any], /, *, event_ids: list[str], **_newer: object) -> None:
    """Attribute the records that each event tells of. Safe to run twice, late, in any order."""
    worker = self.request.hostname or "direct"
    for event_id in event_ids:
        patiently(
            partial(
                commands.attribute_waiting,
                event_id=UUID(event_id),
                at=timezone.now(),
                worker=worker,
            )
        )
