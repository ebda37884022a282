"""Documents of several taxes, and the books of a seller."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import SubscriptionChange
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from invoices.reports.models import Bookkeeping
from tests import factories
from tests.stage.conftest import drain

AT = datetime(2026, 2, 3, 10, 15, 30, 123000, tzinfo=UTC)


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller(name="Alpha GmbH", oss=True)


@pytest.fixture
def books(seller: Seller) -> Bookkeeping:
    return Bookkeeping.objects.create(seller=seller, consultant_number=29098, client_number=55003)


def order(seller: Seller, *lines: Any, **customer: Any) -> Invoice:
    """An invoice of some lines (net amount, tax class) to a customer made for it."""
    made = factories.customer(seller, **customer)
    factories.order(
        made,
        *(
            factories.line(text=f"Line {n}", unit_price=Decimal(net), tax_class=tax_class)
            for n, (net, tax_class) in enumerate(lines, start=1)
        ),
    )
    (invoice,) = drain()
    return invoice


def story(seller: Seller) -> list[Invoice]:
    """Of all taxes, then a credit note that stays on the balance, and an invoice that uses it."""
    issued = [
        order(
            seller,
            ("100.00", "standard"),
            ("10.00", "reduced"),
            name="Weber & Söhne KG",
            external_id="W",
        ),
        order(seller, ("50.00", "exempt"), name="Clinic"),
        order(seller, ("200.00", "standard"), name="Société", country="FR", vat_id="FR40303265045"),
        order(seller, ("20.00", "standard"), name="Łucja", country="PL", kind="consumer"),
        order(seller, ("300.00", "standard"), name="Swiss AG", country="CH"),
    ]
    customer = factories.customer(seller, name="Meier GmbH")
    made = factories.subscription(factories.contract(customer), factories.plan(seller))
    issued += drain()
    request = ChangeRequest(kind=SubscriptionChange.Kind.CANCEL)
    change_subscription(subscription_id=made.id, request=request, at=factories.AT)
    issued += drain()
    factories.order(customer)
    return [*issued, *drain()]


FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)
