"""`/waiting-charges`."""

from datetime import date

import pytest

from billing.contracts.commands import append_days_ended
from billing.customers.models import Customer
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App, bill_all


@pytest.fixture
def _waiting(seller: Seller) -> None:
    """A training that waits for the invoice of the last of January."""
    customer = factories.customer(seller, external_id="A1", grouping="monthly", invoice_day=31)
    factories.order(customer)
    factories.order(factories.customer(seller, external_id="A2"))
    bill_all(seller)


@pytest.mark.usefixtures("_waiting")
class TestList:
    def test_what_waits_for_a_customer(self, app: App) -> None:
        answer = app.get("/waiting-charges?customer=ext:A1")

        (charge,) = answer.body["results"]
        assert (answer.status, charge["text"]) == (200, "Training")
        assert charge["net"] == {"amount": "99.00", "currency": "EUR"}
        assert charge["collected_on"] == "2026-01-31"

    def test_what_is_invoiced_does_not_wait(self, app: App) -> None:
        assert app.get("/waiting-charges?customer=ext:A2").body["results"] == []

    def test_pages_go_on_though_the_last_row_was_invoiced(self, app: App, seller: Seller) -> None:
        customer = Customer.objects.get(seller=seller, external_id="A1")
        factories.order(customer)
        bill_all(seller)
        first = app.get("/waiting-charges?customer=ext:A1&limit=1").body
        seller.test_clock.today = date(2026, 2, 1)
        seller.test_clock.save()
        append_days_ended(seller, at=factories.AT)
        bill_all(seller)

        assert app.get(first["next"]).body == {"results": [], "next": None}

    def test_the_customer_is_named(self, app: App) -> None:
        assert app.get("/waiting-charges").errors == {"customer": "required"}
