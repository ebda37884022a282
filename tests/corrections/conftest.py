"""Invoices that someone takes back, and the workers who do it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from billing.contracts.commands import step_test_clock
from billing.customers.models import Customer
from billing.events.models import Event
from billing.sellers.commands import advance_test_clock
from billing.sellers.models import Seller
from config.flow import BILL, BILL_DUE, CREDIT, FLOW
from invoices.credit_notes.commands import credit, order_correction
from invoices.credit_notes.events import CORRECTION_ORDERED
from invoices.credit_notes.models import Correction
from invoices.credit_notes.queries.wanted import Wanted
from invoices.issuing.commands import bill
from invoices.issuing.models import Invoice
from tests import factories
from tests.contracts.conftest import sql
from tests.proving.conftest import tamper
from tests.stage.conftest import AT

__all__ = ["sql", "tamper"]  # Fixtures of others.

Advance = Callable[[date], list[Invoice]]


# What makes invoices and credit notes; nothing is printed or sent.
BILLED = [type_ for type_, tasks in FLOW.items() if {BILL, BILL_DUE, CREDIT} & set(tasks)]


def drain() -> list[Invoice]:
    """Bill and credit what waits until nothing does; return what was issued."""
    issued: list[Invoice] = []
    billed = Event.objects.filter(state="waiting", type__in=BILLED)
    while waiting := list(billed.order_by("position")):
        for event in waiting:
            issued += handled(event)
    return issued


def handled(event: Event) -> list[Invoice]:
    if event.type == CORRECTION_ORDERED:
        note = credit(event_id=event.pk, at=AT, worker="test")
        return [note] if note else []
    return bill(event_id=event.pk, at=AT, worker="test")


def ordered(invoice: Invoice, **wanted: Any) -> Correction:
    """A correction of an invoice: without parts or discount, of all of it."""
    said = Wanted(**{"reason": "Wrong", **wanted})
    return order_correction(invoice_id=invoice.pk, wanted=said, by="Ada", at=AT)


def corrected(invoice: Invoice, **wanted: Any) -> list[Invoice]:
    """Order a correction, and return what comes of it: the credit note, and what is billed anew."""
    ordered(invoice, **wanted)
    return drain()


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture
def customer(seller: Seller) -> Customer:
    return factories.customer(seller)


@pytest.fixture
def advance(seller: Seller) -> Advance:
    """Takes the test clock to a day, and returns what was issued on the way."""

    def go(to: date) -> list[Invoice]:
        issued = drain()
        advance_test_clock(seller=seller, to=to, at=AT)
        while step_test_clock(seller=seller, at=AT):
            issued += drain()
        return issued

    return go
