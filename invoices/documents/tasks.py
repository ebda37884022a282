"""The task that messages wake: make the documents of invoices."""

from functools import partial
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.utils import timezone

from billing.events.patience import patiently
from invoices.documents import commands
from invoices.documents.commands.render import RENDER


@shared_task(name=RENDER, bind=True)
def render(self: Task[Any, Any], /, *, event_ids: list[str], **_newer: object) -> None:
    """Make the documents that each event asks for. Safe to run twice, late, and in any order."""
    worker = self.request.hostname or "direct"
    for event_id in event_ids:
        patiently(
            partial(
                commands.render_documents,
                event_id=UUID(event_id),
                at=timezone.now(),
                worker=worker,
            )
        )
