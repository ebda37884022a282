"""The tasks that messages wake: bill what events demand, settle what was decided on failures."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.utils import timezone

from billing.events import windows
from billing.events.patience import patiently
from invoices.issuing import commands
from invoices.issuing.commands.bill import BILL
from invoices.issuing.commands.deciding import SETTLE
from invoices.issuing.commands.due import BILL_DUE


@shared_task(name=BILL, bind=True)
def bill(self: Task[Any, Any], /, *, event_ids: list[str], **_newer: object) -> None:
    """Bill what single facts demand. Safe to run twice, late, and in any order."""
    _patiently(commands.bill_facts, event_ids, worker=self.request.hostname)


@shared_task(name=BILL_DUE, bind=True)
def bill_due(
    self: Task[Any, Any], /, *, event_ids: list[str], bulk_id: int | None = None, **_newer: object
) -> None:
    """Bill what is due by the calendar: many events in one transaction. Safe as `bill` is."""
    _patiently(commands.bill_due, event_ids, worker=self.request.hostname)
    if bulk_id is not None:
        patiently(lambda: windows.forget_if_done(bulk_id))


@shared_task(name=SETTLE, bind=True)
def settle_failures(self: Task[Any, Any], /, *, event_ids: list[str], **_newer: object) -> None:
    """Carry out what was decided on many failures. Safe to run twice."""
    _patiently(commands.settle_failures, event_ids, worker=self.request.hostname)


def _patiently(command: Callable[..., object], ids: list[str], *, worker: str | None) -> None:
    event_ids = [UUID(event_id) for event_id in ids]
    act = partial(command, event_ids=event_ids, worker=worker or "direct")
    patiently(lambda: act(at=timezone.now()))
