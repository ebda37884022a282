"""A seller whose invoices are delivered, to a real app and a real mail server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from billing.customers.models import Customer
from billing.events import log
from billing.events.models import Event
from billing.sellers.models import Seller
from config.flow import FLOW
from invoices.delivery.commands import create_endpoint, deliver, plan_deliveries
from invoices.delivery.commands.deliver import DELIVER
from invoices.delivery.commands.plan import PLAN
from invoices.delivery.models import Delivery, DeliveryAttempt, WebhookEndpoint
from invoices.documents.events import documents_rendered
from invoices.issuing.commands import bill
from invoices.issuing.models import Invoice
from tests import factories
from tests.delivery.servers import App, Mailbox

AT = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
PDF = b"%PDF-1.7 of a test"
DOCUMENTS = ("invoice.*", "credit_note.*")


@pytest.fixture(autouse=True)
def _strict(settings: Any) -> None:
    """As in production, unless a test says otherwise."""
    settings.WEBHOOKS_TO_LOOPBACK = settings.EMAIL_REACHES_NOBODY = False
    settings.PUBLIC_URL = settings.DEFAULT_FROM_EMAIL = ""


@pytest.fixture
def app(settings: Any, _strict: None) -> Iterator[App]:
    settings.WEBHOOKS_TO_LOOPBACK = True
    running = App()
    yield running
    running.stop()


@pytest.fixture
def mailbox(settings: Any, _strict: None) -> Iterator[Mailbox]:
    running = Mailbox()
    running.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_REACHES_NOBODY = True
    yield running
    running.stop()


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller(email="rechnung@seller.example", makes_documents=True)


@pytest.fixture
def endpoint(seller: Seller, app: App) -> WebhookEndpoint:
    return endpoint_of(seller, app.url)[0]


def endpoint_of(seller: Seller, url: str, *types: str) -> tuple[WebhookEndpoint, str]:
    return create_endpoint(
        seller=seller, url=url, event_types=types or DOCUMENTS, description="", at=AT
    )


def issue(seller: Seller, *, of: Customer | None = None, **customer: Any) -> Invoice:
    """An invoice of 99.00 EUR net with its documents, which are told of."""
    order = factories.order(of or factories.customer(seller, **customer))
    event = Event.objects.get(type="order.placed", payload__order_id=str(order.pk))
    (invoice,) = bill(event_id=event.pk, at=factories.AT, worker="test")
    documents = [factories.document(invoice, PDF)]
    with transaction.atomic():
        log.append([documents_rendered(invoice, documents, at=AT)], at=AT)
    return invoice


def plan(at: datetime = AT) -> list[Delivery]:
    """Order the deliveries of what waits to be told of."""
    return [
        delivery
        for event in waiting(PLAN)
        for delivery in plan_deliveries(event_id=event.pk, at=at, worker="test")
    ]


def try_all(at: datetime = AT) -> list[DeliveryAttempt]:
    """Try the deliveries that are asked for, as a worker would."""
    tried = [deliver(event_id=event.pk, at=at, worker="test") for event in waiting(DELIVER)]
    return [attempt for attempt in tried if attempt]


def waiting(task: str) -> list[Event]:
    types = [name for name, tasks in FLOW.items() if task in tasks]
    return list(Event.objects.filter(state="waiting", type__in=types).order_by("position"))


def the(channel: str) -> Delivery:
    """The latest delivery by a channel."""
    return Delivery.objects.filter(channel=channel).latest("pk")
