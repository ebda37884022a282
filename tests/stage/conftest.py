"""Billing one event after the other, as workers would."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

import pytest

from billing.contracts.commands import step_test_clock
from billing.events.models import Event
from billing.sellers.commands import advance_test_clock
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from tests import factories
from tests.handling import handle

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)


def drain(events: Iterable[Event] | None = None) -> list[Invoice]:
    """Handle what waits, in the order given (by default that of the log); return what it issued."""
    waiting = Event.objects.filter(state="waiting").order_by("position")
    issued: list[Invoice] = []
    for event in waiting if events is None else events:
        issued += handle(event, at=AT)
    return issued


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture
def advance(seller: Seller) -> Callable[[date], list[Invoice]]:
    """Takes the test clock to a day, and returns what was issued on the way."""

    def go(to: date) -> list[Invoice]:
        issued = drain()
        advance_test_clock(seller=seller, to=to, at=AT)
        while step_test_clock(seller=seller, at=AT):
            issued += drain()
        return issued

    return go


def figures(invoices: Iterable[Invoice]) -> list[tuple[str, int, int, int]]:
    """Date, net, tax and gross of each document."""
    return [
        (str(invoice.issue_date), invoice.net_minor, invoice.tax_minor, invoice.gross_minor)
        for invoice in invoices
    ]
