"""What is collected is proven too."""

from datetime import date

import pytest

from billing.customers.models import Customer
from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.issuing.models import Charge
from invoices.proving.queries.story import story
from tests import factories
from tests.proving.conftest import Tamper, advance, verify


@pytest.fixture
def customer(seller: Seller) -> Customer:
    """A customer with a collected invoice of January, and charges that wait for February's."""
    customer = factories.customer(seller, grouping="monthly", invoice_day=31)
    plan = factories.plan(seller)
    factories.subscription(factories.contract(customer, external_id="C-1"), plan)
    factories.order(customer, external_id="O-1")
    advance(seller, date(2026, 2, 2))
    factories.order(customer, external_id="O-2")
    advance(seller, date(2026, 2, 10))
    return customer


# What is done to the books, the check that finds it among others, and what the finding names.
TAMPERED = [
    (
        "UPDATE billing_customer SET next_collection_date = NULL",
        "charges_invoiced",
        "Training: stands on no invoice",
    ),
    (
        "UPDATE billing_customer SET next_collection_date = '2026-02-09'",
        "charges_invoiced",
        "it was to be collected on 2026-02-09",
    ),
    (
        "UPDATE invoices_charge SET transaction_id = id WHERE invoice_id IS NOT NULL",
        "charges_invoiced",
        "its event or transaction is not that of R2026-000001",
    ),
    (
        "UPDATE invoices_invoice SET contract_id = (SELECT id FROM billing_contract)",
        "parties_agree",
        "another customer or contract than its event and lines",
    ),
    ("DELETE FROM invoices_charge WHERE invoice_id IS NULL", "orders_invoiced", "order O-2"),
    (
        "UPDATE billing_contract SET next_billing_date = '2026-02-09'",
        "due_told",
        "contract C-1: is due since 2026-02-09, but no event tells of it",
    ),
    (
        "UPDATE billing_contract SET next_billing_date = '2026-01-01'",
        "due_told",
        "that day is settled already",
    ),
    (
        "UPDATE billing_contract SET billed_date = '2026-02-03'",
        "subscriptions_recomputed",
        "but says 2026-02-03",
    ),
    (
        "UPDATE billing_contract SET next_billing_date = NULL, billed_date = NULL",
        "subscriptions_recomputed",
        "but says None",
    ),
]


@pytest.mark.django_db
class TestCollected:
    def test_what_waits_and_what_is_collected_is_proven(self, customer: Customer) -> None:
        assert Charge.objects.filter(invoice=None).count() == 2
        assert verify().problems == []

    @pytest.mark.parametrize(("statement", "check", "named"), TAMPERED)
    def test_what_was_tampered_with_is_found(
        self, customer: Customer, tamper: Tamper, statement: str, check: str, named: str
    ) -> None:
        tamper(statement)

        found = [problem for problem in verify().problems if problem.check == check]

        assert any(named in f"{problem.object}: {problem.message}" for problem in found), found

    def test_the_story_of_a_day_holds_what_it_collected(self, customer: Customer) -> None:
        day = Event.objects.get(type="customer.day_ended", as_of_date="2026-01-31")

        told = story(day.id)

        assert told is not None
        titles = [entry.title for entry in told.entries]
        assert any("Training" in title for title in titles)
        assert any(title.startswith("Invoice R2026-000001 issued") for title in titles)

    def test_the_story_of_what_waits_says_so(self, customer: Customer) -> None:
        order = Event.objects.filter(type="order.placed").latest("position")

        told = story(order.id)

        assert told is not None
        assert any(entry.title.endswith("waits to be collected") for entry in told.entries)
