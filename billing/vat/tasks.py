"""The task that messages wake: ask the register about VAT ids."""

import time
from functools import partial
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.utils import timezone

from billing.events.patience import patiently
from billing.vat import commands
from billing.vat.commands import CHECK_VAT_ID

# What a message holds beyond that still waits, and the relay sends it again.
SECONDS_AT_MOST = 30.0


@shared_task(name=CHECK_VAT_ID, bind=True)
def check_vat_id(self: Task[Any, Any], /, *, event_ids: list[str], **_newer: object) -> None:
    """Ask about the VAT id that each event tells of. Safe to run twice, late, in any order."""
    worker, until = self.request.hostname or "direct", time.monotonic() + SECONDS_AT_MOST
    for event_id in event_ids:
        if time.monotonic() > until:
            return
        patiently(
            partial(
                commands.check_vat_id, event_id=UUID(event_id), at=timezone.now(), worker=worker
            )
        )
