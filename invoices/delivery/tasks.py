"""The tasks that messages wake: plan deliveries, and make them."""

from functools import partial
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.utils import timezone

from billing.events.patience import patiently
from invoices.delivery import commands
from invoices.delivery.commands.deliver import DELIVER
from invoices.delivery.commands.plan import PLAN


@shared_task(name=PLAN, bind=True)
def plan(self: Task[Any, Any], /, *, event_ids: list[str], **_newer: object) -> None:
    """Order the deliveries that each event makes due. Safe to run twice, late, in any order."""
    worker = self.request.hostname or "direct"
    for event_id in event_ids:
        patiently(
            partial(
                commands.plan_deliveries,
                event_id=UUID(event_id),
                at=timezone.now(),
                worker=worker,
            )
        )


@shared_task(name=DELIVER, bind=True)
def deliver(self: Task[Any, Any], /, *, event_ids: list[str], **_newer: object) -> None:
    """Try the delivery that each event asks for. Run twice, it sends once."""
    worker = self.request.hostname or "direct"
    for event_id in event_ids:
        patiently(
            partial(commands.deliver, event_id=UUID(event_id), at=timezone.now(), worker=worker)
        )
