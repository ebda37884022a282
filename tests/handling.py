"""Handling an event as the workers do that listen to it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from billing.events.models import Event
from billing.sellers.models import Seller
from config.flow import BILL, BILL_DUE, CREDIT, DELIVER, FLOW, PLAN, RENDER, SETTLE
from invoices.credit_notes.commands import credit
from invoices.delivery.commands import deliver, plan_deliveries
from invoices.documents.commands import render_documents
from invoices.issuing.commands import bill, settle_failures
from invoices.issuing.models import Invoice
from tests import factories


def _credit(**which: Any) -> list[Invoice]:
    note = credit(**which)
    return [note] if note else []


def _settle(*, event_id: Any, **which: Any) -> None:
    settle_failures(event_ids=[event_id], **which)


COMMANDS: dict[str, Callable[..., Any]] = {
    BILL: bill, BILL_DUE: bill, CREDIT: _credit, RENDER: render_documents, PLAN: plan_deliveries,
    DELIVER: deliver, SETTLE: _settle,
}  # fmt: skip


def handle(event: Event, *, at: datetime, worker: str = "test") -> list[Invoice]:
    """Have all tasks of an event's flow act on it; return what was issued."""
    issued: list[Invoice] = []
    for task in FLOW[event.type]:
        made = COMMANDS[task](event_id=event.pk, at=at, worker=worker)
        issued += made if task in (BILL, BILL_DUE, CREDIT) else []
    return issued


def bill_all(seller: Seller, *, at: datetime = factories.AT) -> list[Invoice]:
    """Handle what waits, as workers would."""
    waiting = Event.objects.filter(seller=seller, state="waiting").order_by("position")
    return [invoice for event in waiting for invoice in handle(event, at=at)]
