"""Books of some months, and ways around everything that protects them."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from billing.catalog.models import Plan
from billing.contracts.commands import change_subscription, step_test_clock
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import SubscriptionChange
from billing.events.commands import retry
from billing.events.models import Event
from billing.pricing.terms import When
from billing.sellers.commands import advance_test_clock
from billing.sellers.models import Seller
from billing.usage.commands import attribute_waiting, record_usage
from invoices.issuing.models import Invoice
from invoices.proving.queries.verification import Listener, Verification
from invoices.proving.queries.verification import verify as verify_books
from tests import factories
from tests.stage.conftest import AT, drain

Tamper = Callable[..., None]
KIND = SubscriptionChange.Kind


def advance(seller: Seller, to: date) -> list[Invoice]:
    """Take the test clock to a day, billing what comes due on the way."""
    issued = drain()
    advance_test_clock(seller=seller, to=to, at=AT)
    while step_test_clock(seller=seller, at=AT):
        issued += drain()
    return issued


def verify(*sellers: Seller) -> Verification:
    chosen = sellers or tuple(Seller.objects.all())
    return verify_books(sellers=chosen, at=AT, listener=SILENT)


SILENT = Listener(begins=lambda _: None, heard=lambda _: None, ended=lambda _: None)


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture(scope="module")
def _books(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Seller]:
    """Books that are written once for all tests of a module, and taken back behind them."""
    with django_db_blocker.unblock(), transaction.atomic():
        seller = factories.seller(name="Alpha GmbH")
        _months_of_a_contract(seller)
        going_on = factories.contract(factories.customer(seller), external_id="C-2")
        factories.subscription(going_on, seller.plans.get(code="small"), external_id="S-2")
        _usage(seller)
        _order(seller)
        advance(seller, date(2026, 7, 31))
        yield seller
        transaction.set_rollback(True)


@pytest.fixture
def books(_books: Seller, db: None) -> Seller:
    """Seven months of two contracts, with credit notes, and an order of three tax terms."""
    return _books


def _months_of_a_contract(seller: Seller) -> None:
    """A subscription that grows, shrinks, pauses, changes its plan and ends."""
    contract = factories.contract(factories.customer(seller), external_id="C-1")
    small, large = factories.plan(seller, code="small"), _large(seller)
    subscription = factories.subscription(contract, small, external_id="S-1", quantity=Decimal(3))
    for to, request in (
        (date(2026, 1, 11), ChangeRequest(kind=KIND.CHANGE_QUANTITY, quantity=Decimal(5))),
        (date(2026, 2, 14), ChangeRequest(kind=KIND.CHANGE_QUANTITY, quantity=Decimal(2))),
        (date(2026, 3, 3), ChangeRequest(kind=KIND.PAUSE)),
        (date(2026, 3, 20), ChangeRequest(kind=KIND.RESUME)),
        (date(2026, 4, 9), ChangeRequest(kind=KIND.CHANGE_PLAN, plan=large)),
        (date(2026, 5, 10), ChangeRequest(kind=KIND.CANCEL, when=When.PERIOD_END)),
    ):
        advance(seller, to)
        change_subscription(subscription_id=subscription.id, request=request, at=AT)
    advance(seller, date(2026, 6, 30))


def _usage(seller: Seller) -> None:
    """Usage of two days, added up and told apart, and a record that waited for its meter."""
    factories.meter(seller, code="calls", dimensions=["region"])
    factories.meter(seller, code="users", aggregation="unique", property="user")
    june = datetime(2026, 6, 30, 8, tzinfo=UTC)
    sent = [
        factories.usage(
            subscription="ext:S-2",
            meter=meter,
            key=f"{meter}-{number}",
            at=june + timedelta(hours=number),
            properties={"region": "eu", "user": f"u{number}"},
        )
        for meter in ("calls", "users", "late")
        for number in range(3)
    ]
    record_usage(seller=seller, records=sent, at=AT)
    event = Event.objects.get(type="usage.unattributed")
    attribute_waiting(event_id=event.id, at=AT, worker="test")
    factories.meter(seller, code="late")
    retry(failure_ids=[event.failures.get().id], by="Ada", at=AT)
    attribute_waiting(event_id=event.id, at=AT, worker="test")


def _order(seller: Seller) -> None:
    book = factories.product(seller, code="book")
    factories.price_of(of=book, unit_price=Decimal("12.99"), tax_class="reduced", text="A book")
    factories.order(
        factories.customer(seller, external_id="K-7", name="Weber KG"),
        factories.line(),
        factories.NewLine(quantity=Decimal(3), product=book),
        factories.line(text="Lamp", unit_price=Decimal("19.99"), tax_included=True),
        external_id="O-1",
    )


@pytest.fixture
def tamper(db: None) -> Tamper:
    """Runs a statement past all triggers and foreign keys."""

    def run(statement: str, *, counts: bool = True) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement)
            assert cursor.rowcount > 0 or not counts, "nothing was tampered with"
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    return run


def _large(seller: Seller) -> Plan:
    price = {"amount": Decimal("49.00"), "model": "flat", "code": "fee"}
    large = factories.plan(seller, code="large", price=price)
    factories.price_of(large, code="seat", timing="arrears", unit_price=Decimal("7.77"))
    return large
