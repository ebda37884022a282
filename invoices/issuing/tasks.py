"""The tasks that messages wake: bill what the named events demand."""

import logging
from functools import partial
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.utils import timezone

from billing.events.patience import patiently
from invoices.issuing import commands
from invoices.issuing.commands.bill import BILL
from invoices.issuing.commands.chunk import BILL_DUE

logger = logging.getLogger(__name__)


@shared_task(name=BILL, bind=True)
def bill(self: Task[Any, Any], /, *, event_ids: list[str], **_newer: object) -> None:
    """Bill each event in a transaction of its own. Safe to run twice, late, and in any order."""
    _bill_each(event_ids, worker=self.request.hostname or "direct")


@shared_task(name=BILL_DUE, bind=True)
def bill_due(self: Task[Any, Any], /, *, event_ids: list[str], **_newer: object) -> None:
    """Bill what is due by the calendar: many events in one transaction. Safe as `bill` is."""
    worker = self.request.hostname or "direct"
    ids = [UUID(event_id) for event_id in event_ids]
    patiently(partial(commands.bill_due, event_ids=ids, at=timezone.now(), worker=worker))


def _bill_each(event_ids: list[str], *, worker: str) -> None:
    for event_id in event_ids:
        patiently(partial(commands.bill, event_id=UUID(event_id), at=timezone.now(), worker=worker))
