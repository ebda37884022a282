"""The task that messages wake: issue the credit notes of corrections."""

from functools import partial
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.utils import timezone

from billing.events.patience import patiently
from invoices.credit_notes import commands
from invoices.credit_notes.commands.credit import CREDIT


@shared_task(name=CREDIT, bind=True)
def credit(self: Task[Any, Any], /, *, event_ids: list[str], **_newer: object) -> None:
    """Issue the credit note of each event. Safe to run twice, late, and in any order."""
    worker = self.request.hostname or "direct"
    for event_id in event_ids:
        patiently(
            partial(commands.credit, event_id=UUID(event_id), at=timezone.now(), worker=worker)
        )
