"""What apps are told of facts: each type is described, and its messages are as described."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from billing.contracts.commands import NewContract, change_references, make_contract
from billing.contracts.queries import DueKind
from billing.customers.commands import change_customer, create_customer
from billing.events import commands as events
from billing.events import log
from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from billing.usage.commands import record_usage
from invoices.balances.commands import expire_lots
from invoices.credit_notes.commands import credit, order_correction
from invoices.credit_notes.queries.wanted import Wanted
from invoices.delivery.catalogue import FACTS, TYPES, example_of, message_of, schema_of
from invoices.delivery.commands import (
    Only,
    Stretch,
    create_endpoint,
    disable_endpoint,
    replay,
    try_endpoint,
)
from invoices.delivery.models import Delivery
from invoices.documents.events import documents_rendered
from invoices.issuing.commands import bill
from invoices.issuing.models import Invoice
from invoices.runs.commands import append_runs, finish_runs
from invoices.runs.models import BillingRun
from tests import factories
from tests.delivery.conftest import AT, endpoint_of, issue, plan, try_all
from tests.delivery.servers import App
from tests.runs.conftest import FEBRUARY, JANUARY


@pytest.fixture
def seller(db: None, settings: Any) -> Seller:
    """In earnest, so that days pass and e-mails are tried; no mail server takes them."""
    settings.EMAIL_HOST = ""
    return factories.seller(
        clock=None, is_test=False, email="rechnung@seller.example", makes_documents=True
    )


def _change_customer(seller: Seller) -> None:
    change_customer(customer_id=factories.customer(seller).pk, details={"name": "New"}, at=AT)


def _create_customer(seller: Seller) -> None:
    details = {"name": "Alice", "kind": "business", "country": "DE"}
    create_customer(seller=seller, details=details, at=AT)


def _change_contract(seller: Seller) -> None:
    contract = make_contract(
        customer=factories.customer(seller), new=NewContract(currency="EUR"), at=AT
    )
    change_references(contract=contract, details={"purchase_order": "4711"}, at=AT)


def _change_subscription(seller: Seller) -> None:
    contract = factories.contract(factories.customer(seller))
    subscription = factories.subscription(contract, factories.plan(seller))
    factories.fact(subscription, kind="change_quantity", quantity=5)


def _credit(seller: Seller) -> None:
    order_correction(invoice_id=issue(seller).pk, wanted=Wanted(reason="Wrong"), by="Ada", at=AT)
    event = Event.objects.get(type="correction.ordered")
    note = credit(event_id=event.pk, at=AT, worker="test")
    assert note is not None
    _rendered(note)


def _rendered(invoice: Invoice) -> None:
    documents = [factories.document(invoice, b"%PDF-1.7")]
    append([documents_rendered(invoice, documents, at=AT)])


def _expire(seller: Seller) -> None:
    factories.money(factories.customer(seller), expires_on=date(2026, 2, 1))
    expire_lots(seller=seller, at=AT)


def _give_up_a_mail(seller: Seller) -> None:
    issue(seller, email="alice@customer.example")
    plan()
    try_all()


def _write_off(seller: Seller) -> None:
    _give_up_a_mail(seller)
    failure = Failure.objects.get(code="email_given_up")
    events.write_off(failure_ids=[failure.pk], by="ada", at=AT, why="Sent by hand.")


def _finish_a_run(seller: Seller) -> None:
    contract = factories.contract(factories.customer(seller))
    factories.subscription(contract, factories.plan(seller))
    bill(event_id=Event.objects.get(type="subscription.changed").pk, at=JANUARY, worker="test")
    append_runs(seller, DueKind.PERIODS, at=FEBRUARY)
    while waiting := Event.objects.filter(state="waiting", type="period.ended").first():
        bill(event_id=waiting.pk, at=FEBRUARY, worker="test")
    assert finish_runs(at=FEBRUARY + timedelta(minutes=1))


def _disable(seller: Seller, app: App) -> None:
    gone = App()
    gone.status = 410
    try_endpoint(endpoint=endpoint_of(seller, gone.url)[0], at=AT)
    try_all()
    gone.stop()


Cause = Callable[[Seller], object]
CAUSES: dict[str, Cause] = {
    "customer.created": _create_customer,
    "customer.changed": _change_customer,
    "contract.created": _change_contract,
    "contract.changed": _change_contract,
    "subscription.created": _change_subscription,
    "subscription.changed": _change_subscription,
    "order.received": lambda seller: factories.order(factories.customer(seller)),
    "usage.waiting": lambda seller: record_usage(seller=seller, records=[factories.usage()], at=AT),
    "invoice.issued": issue,
    "credit_note.issued": _credit,
    "balance.changed": lambda seller: factories.money(factories.customer(seller)),
    "balance.expired": _expire,
    "delivery.given_up": _give_up_a_mail,
    "failure.opened": _give_up_a_mail,
    "failure.closed": _write_off,
    "billing_run.finished": _finish_a_run,
    "webhook_endpoint.disabled": lambda seller: _disable(seller, App()),
}


class TestTypes:
    @pytest.mark.parametrize("name", CAUSES)
    def test_a_fact_is_told_as_its_schema_and_example_say(
        self, seller: Seller, app: App, name: str
    ) -> None:
        endpoint_of(seller, app.url, name)
        CAUSES[name](seller)
        plan()
        try_all()

        told = [json.loads(taken.body) for taken in app.taken]
        assert {each["type"] for each in told} == {name}
        example = example_of(TYPES[name])
        for each in told:
            Draft202012Validator(schema_of(TYPES[name])).validate(each)
            assert list(each) == list(example)
            assert list(each["data"]["object"]) == list(example["data"]["object"])
        assert told[0]["seller"] == str(seller.pk)

    @pytest.mark.parametrize("name", TYPES)
    def test_an_example_is_as_the_schema_says(self, name: str) -> None:
        Draft202012Validator.check_schema(schema_of(TYPES[name]))
        Draft202012Validator(schema_of(TYPES[name])).validate(example_of(TYPES[name]))

    def test_each_type_is_tried(self) -> None:
        # `delivery.sent` shows the same as `delivery.given_up`, and test_emails has it sent.
        assert {*CAUSES, "delivery.sent"} == set(TYPES)

    def test_each_type_comes_of_a_fact(self) -> None:
        assert {name for fact in FACTS.values() for name in fact.types} == set(TYPES)

    def test_the_description_of_the_api_has_them(self) -> None:
        described = SchemaGenerator().get_schema(public=True)["webhooks"]

        assert set(described) == set(TYPES)
        body = described["invoice.issued"]["post"]["requestBody"]["content"]["application/json"]
        assert body["schema"]["$ref"].endswith("/InvoiceIssuedMessage")
        (example,) = body["examples"].values()
        assert example["value"]["data"]["object"]["number"] == "R2026-000042"


class TestNothingWanted:
    def test_without_endpoints_nothing_is_added_to_the_log(self, seller: Seller) -> None:
        _change_contract(seller)
        _create_customer(seller)
        factories.order(factories.customer(seller))

        assert list(Event.objects.values_list("type", flat=True)) == ["order.placed"]

    def test_what_an_endpoint_does_not_ask_for_neither(self, seller: Seller, app: App) -> None:
        endpoint_of(seller, app.url, "balance.*")
        factories.order(factories.customer(seller))

        assert list(Event.objects.values_list("type", flat=True)) == ["order.placed"]

    def test_an_endpoint_that_is_disabled_asks_for_nothing(self, seller: Seller, app: App) -> None:
        endpoint, _ = endpoint_of(seller, app.url, "*")
        disable_endpoint(endpoint_id=endpoint.pk, at=AT)
        _create_customer(seller)

        assert not Event.objects.exists()

    def test_of_failed_webhooks_nothing_is_told_by_webhooks(self, seller: Seller, app: App) -> None:
        endpoint, _ = endpoint_of(seller, app.url, "failure.*")
        app.status = 410
        try_endpoint(endpoint=endpoint, at=AT)
        try_all()

        assert Failure.objects.get().code == "webhook_disabled"
        assert plan() == []
        opened = Event.objects.filter(type="failure.opened").first()
        assert opened is None or message_of(opened) is None


class TestWithoutDocuments:
    def test_an_invoice_is_told_of_at_once(self, db: None, app: App) -> None:
        seller = factories.seller(makes_documents=False)
        endpoint_of(seller, app.url)
        factories.order(factories.customer(seller))
        placed = Event.objects.get(type="order.placed")
        (invoice,) = bill(event_id=placed.pk, at=factories.AT, worker="test")
        (delivery,) = plan()
        try_all()

        (taken,) = app.taken
        assert (delivery.type, delivery.invoice) == ("invoice.issued", invoice)
        assert json.loads(taken.body)["data"]["object"]["id"] == str(invoice.pk)
        assert "webhook-replay" not in taken.headers

    def test_nobody_is_told_where_nobody_asks(self, db: None, app: App) -> None:
        seller = factories.seller(makes_documents=False)
        endpoint_of(seller, app.url, "customer.*")
        factories.order(factories.customer(seller))
        placed = Event.objects.get(type="order.placed")
        bill(event_id=placed.pk, at=factories.AT, worker="test")

        assert not Event.objects.filter(type="event.announced").exists()

    def test_whose_documents_are_made_waits_for_them_without_a_query(self, seller: Seller) -> None:
        endpoint_of(seller, "https://1.1.1.1/hooks")
        factories.order(factories.customer(seller))
        placed = Event.objects.get(type="order.placed")

        with CaptureQueriesContext(connection) as queries:
            bill(event_id=placed.pk, at=factories.AT, worker="test")

        assert not [each for each in queries if "invoices_webhookendpoint" in each["sql"]]
        assert not Event.objects.filter(type="event.announced").exists()

    def test_an_invoice_is_told_of_by_a_replay(self, db: None, app: App) -> None:
        seller = factories.seller(makes_documents=False)
        factories.order(factories.customer(seller))
        bill(event_id=Event.objects.get(type="order.placed").pk, at=factories.AT, worker="test")
        endpoint, _ = endpoint_of(seller, app.url)
        stretch = Stretch(from_=factories.AT, until=AT)
        replay(endpoint=endpoint, stretch=stretch, at=AT)
        try_all()

        (taken,) = app.taken
        assert json.loads(taken.body)["data"]["object"]["documents"] == []


class TestOnly:
    def test_an_endpoint_of_a_customer_is_told_of_that_one_alone(
        self, seller: Seller, app: App
    ) -> None:
        alice, bob = factories.customer(seller), factories.customer(seller)
        _endpoint(seller, app, only=Only(customer=alice))
        invoice = issue(seller, of=alice)
        issue(seller, of=bob)
        plan()

        told = Delivery.objects.filter(type="invoice.issued", channel="webhook")
        assert [delivery.invoice for delivery in told] == [invoice]

    def test_an_endpoint_of_a_contract_too(self, seller: Seller, app: App) -> None:
        mine, others = (factories.contract(factories.customer(seller)) for _ in range(2))
        _endpoint(seller, app, only=Only(contract=mine))
        for contract in (mine, others):
            factories.subscription(contract, factories.plan(seller))
        plan()

        (told,) = Delivery.objects.filter(channel="webhook")
        assert json.loads(told.body)["data"]["object"]["contract"] == str(mine.pk)

    def test_what_is_of_no_customer_is_not_told(self, seller: Seller, app: App) -> None:
        _endpoint(seller, app, only=Only(customer=factories.customer(seller)))
        _finish_a_run(seller)

        assert all(delivery.type != "billing_run.finished" for delivery in plan())
        assert BillingRun.objects.exists()


def _endpoint(seller: Seller, app: App, *, only: Only) -> None:
    create_endpoint(seller=seller, url=app.url, event_types=["*"], description="", at=AT, only=only)


def append(new: list[Any]) -> None:
    with transaction.atomic():
        log.append(new, at=AT)
