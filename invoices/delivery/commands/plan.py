"""
`plan_deliveries`: what happened is to reach whom, by which channel.

A customer's documents go by each channel that it wants; an event goes to each endpoint of the
seller's apps that asks for its type. Each is a delivery, ordered by an event of its own.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.events import commands as events
from billing.events.announcing import ANNOUNCED
from billing.events.causes import place_of
from billing.events.happened import handling
from billing.events.models import Attempt, Event
from billing.events.patience import PASSING
from billing.events.tries import Trouble, Worker
from invoices.delivery.catalogue import message_of
from invoices.delivery.commands.order import NewDelivery, order
from invoices.delivery.models import Delivery
from invoices.delivery.queries.wanted import email_addresses, endpoints_for
from invoices.documents.events import DOCUMENTS_RENDERED
from invoices.issuing.models import Invoice

logger = logging.getLogger(__name__)

PLAN = "delivery.plan"
_DEFECT = "Report it to the developers with the transaction id; retry once it is mended."


def plan_deliveries(*, event_id: UUID, at: datetime, worker: str) -> list[Delivery]:
    """Order what an event makes due; return it. Nothing if the event is handled already."""
    me = Worker(task=PLAN, name=worker, at=at)
    try:
        return _plan(event_id, me)
    except PASSING:
        raise
    except Exception as error:
        logger.exception("Defect while planning the deliveries of event %s", event_id)
        trouble = Trouble(
            code="defect",
            reason=f"{type(error).__name__}: {error}",
            remedy=_DEFECT,
            error_class=type(error).__name__,
            place=place_of(error),
        )
        events.fail(event_id=event_id, tried=me.tried(), trouble=trouble)
        return []


@transaction.atomic
def _plan(event_id: UUID, me: Worker) -> list[Delivery]:
    event = Event.objects.select_for_update(of=("self",)).select_related("seller").get(pk=event_id)
    if event.state != Event.State.WAITING or _is_planned(event):
        return []
    fact = _fact(event)
    with handling(event, task=PLAN):
        new = [*_to_customer(fact), *_to_endpoints(fact)]
        ordered = order(fact, new, at=me.at)
        events.complete(event, tried=me.tried())
        return ordered


def _fact(event: Event) -> Event:
    """Return what is to be told: what an event announces, else itself."""
    if event.type != ANNOUNCED:
        return event
    return Event.objects.select_related("seller").get(pk=event.payload["event_id"])


def _is_planned(event: Event) -> bool:
    done = Attempt.objects.filter(event=event, task=PLAN, outcome=Attempt.Outcome.SUCCEEDED)
    return done.exists()


def _to_customer(event: Event) -> Iterator[NewDelivery]:
    if event.type != DOCUMENTS_RENDERED:
        return
    invoice = Invoice.objects.select_related("customer", "seller").get(
        pk=event.payload["invoice_id"], seller_id=event.seller_id
    )
    kind = f"{invoice.kind}.issued"
    yield NewDelivery(channel="download", type=kind, invoice=invoice)
    for address in email_addresses(invoice.customer):
        yield NewDelivery(channel="email", type=kind, invoice=invoice, address=address)


def _to_endpoints(event: Event) -> Sequence[NewDelivery]:
    message = message_of(event)
    if message is None:
        return []
    return [
        NewDelivery(
            channel="webhook",
            type=message.type,
            invoice=message.invoice,
            endpoint=endpoint,
            address=endpoint.url,
            body=message.body(endpoint.api_version),
            message_id=message.id,
        )
        for endpoint in endpoints_for(event.seller, message)
    ]
