"""Going around the ORM: plain SQL against the facts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from billing.contracts.models import Contract
from billing.events.models import Event
from billing.orders.models import Order
from billing.sellers.models import Seller
from invoices.issuing.commands import bill
from invoices.issuing.models import Invoice
from tests import factories

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def sql(db: None) -> Callable[..., None]:
    """Runs a statement, and checks at once what is otherwise checked at commit."""

    def run(statement: str, *values: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    return run


@contextmanager
def refused(name: str) -> Iterator[None]:
    """Expects that the database refuses, by the constraint or trigger of this name."""
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        yield


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture
def order(seller: Seller) -> Order:
    return factories.order(factories.customer(seller))


@pytest.fixture
def contract(seller: Seller) -> Contract:
    return factories.contract(factories.customer(seller))


@pytest.fixture
def invoice(order: Order) -> Invoice:
    event = Event.objects.get(payload__order_id=str(order.id))
    (issued,) = bill(event_id=event.id, at=AT, worker="test")
    return issued
