"""Sending once more, because a human or an app asks for it: another delivery, no changed one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.events import commands as events
from billing.events import log
from billing.events.log import NewEvent
from billing.events.models import Event, Failure
from billing.ids import new_id
from billing.pricing.refused import Refused
from billing.sellers.queries import today
from invoices.delivery.catalogue import TEST_TYPE, message_of, trial_message
from invoices.delivery.commands.again import as_it_was, require_wanted, told_to
from invoices.delivery.commands.order import NewDelivery, order
from invoices.delivery.events import DELIVERY_DUE, DELIVERY_ORDERED
from invoices.delivery.models import Delivery, WebhookEndpoint
from invoices.delivery.queries.wanted import email_addresses
from invoices.documents.events import DOCUMENTS_RENDERED
from invoices.issuing.models import Invoice

WEBHOOK_TRIED = "webhook.tried"
ON_ITS_WAY = frozenset({Delivery.State.WAITING, Delivery.State.FAILED})


class DeliveryNotResendable(Refused):
    """A delivery can't be sent again; the text says why."""


class EventNotPublic(Refused):
    """Apps aren't told of events of this type."""


@transaction.atomic
def resend(*, delivery: Delivery, by: str, at: datetime, address: str = "") -> Delivery:
    """
    Send what a delivery holds once more; return the new delivery.

    An e-mail goes to `address`, else to where the customer's documents go today if the former
    address is not among these. A webhook goes to where its endpoint is today, under its first id.
    Open failures of the former, and of what repeated it, are closed: no retry sends it besides.

    :raises DeliveryNotResendable: if it, or what repeats it, is on its way, or nobody is to get it.
    :raises NotToldOf: if its endpoint asks for other types by now, or for another customer's.
    :raises EndpointNotEnabled: if its endpoint is told nothing.
    """
    same = _lock_settled(delivery)
    event = Event.objects.select_related("seller").get(pk=delivery.event_id)
    (made,) = order(event, [_again(delivery, address)], at=at)
    _close_failures(same, by=by, at=at, why=f"Sent again as delivery {made.pk}.")
    return made


@transaction.atomic
def send_invoice(
    *, invoice: Invoice, addresses: Sequence[str], by: str, at: datetime
) -> list[Delivery]:
    """
    Send an invoice's documents by e-mail, be they sent before or not; return the deliveries.

    They go to `addresses`, else to where the customer's documents go today. What went to one of
    them before is sent once more.

    :raises DeliveryNotResendable: if the documents aren't made yet, an e-mail with them to one of
        the addresses is on its way, or nobody is to get them.
    """
    to = list(dict.fromkeys(addresses)) or email_addresses(invoice.customer)
    if not to:
        raise DeliveryNotResendable(
            "The customer's documents go to no e-mail address: say to which `addresses`."
        )
    key = f"{DOCUMENTS_RENDERED}:{invoice.pk}"
    made = Event.objects.select_related("seller").filter(
        seller_id=invoice.seller_id, idempotency_key=key
    )
    told = made.first()
    if told is None:
        raise DeliveryNotResendable("The invoice's documents aren't made yet.")
    Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)  # One after the other.
    return [_sent_to(address, invoice, told, by=by, at=at) for address in to]


@transaction.atomic
def tell_event(*, endpoint: WebhookEndpoint, event: Event, at: datetime) -> Delivery:
    """
    Tell an endpoint of an event, be it told before or not.

    :raises EventNotPublic: if apps aren't told of such events.
    :raises NotToldOf: if the endpoint asks for other types, or for another customer's.
    :raises EndpointNotEnabled: if the endpoint is told nothing.
    """
    endpoint = _held(endpoint)
    message = message_of(event)
    if message is None:
        raise EventNotPublic(f"Apps are not told of {event.type}.", field="event")
    require_wanted(endpoint, message)
    known = Delivery.objects.filter(channel="webhook", event=event, endpoint=endpoint)
    to = told_to(endpoint, message, former=known.order_by("pk").first())
    (made,) = order(event, [to], at=at)
    return made


@transaction.atomic
def try_endpoint(
    *, endpoint: WebhookEndpoint, at: datetime, public_type: str = TEST_TYPE
) -> Delivery:
    """
    Send a message that only says that it is one, or the example of a type; signed as all are.

    :raises EndpointNotEnabled: if the endpoint is told nothing.
    """
    tried = NewEvent(
        seller_id=endpoint.seller_id,
        type=WEBHOOK_TRIED,
        stream_id=endpoint.pk,
        payload={"endpoint_id": str(endpoint.pk)},
        as_of_date=today(endpoint.seller, at=at),
        occurred_at=at,
        idempotency_key=f"{WEBHOOK_TRIED}:{new_id()}",
    )
    (appended,) = log.append([tried], at=at)
    event = Event.objects.select_related("seller").get(pk=appended.pk)  # Its position too.
    (made,) = order(event, [told_to(endpoint, trial_message(event, public_type))], at=at)
    return made


def _sent_to(address: str, invoice: Invoice, told: Event, *, by: str, at: datetime) -> Delivery:
    emails = Delivery.objects.filter(invoice=invoice, channel="email", address=address)
    if former := emails.order_by("pk").first():
        return resend(delivery=former, by=by, at=at, address=address)
    new = NewDelivery(
        channel="email",
        type=f"{invoice.kind}.issued",
        invoice=invoice,
        address=address,
        is_extra=True,
    )
    (made,) = order(told, [new], at=at)
    return made


def _lock_settled(delivery: Delivery) -> list[Delivery]:
    """
    Return a delivery's first one and all that repeat it, none of them on its way.

    They stay so until the transaction ends. Events are locked before deliveries, as workers do.

    :raises DeliveryNotResendable: if one is on its way, be it by a retry of its failure.
    """
    first = delivery
    while first.resends is not None:
        first = first.resends
    _hold_tries([first.pk])
    Delivery.objects.select_for_update().get(pk=first.pk)  # Those who send it again queue here.
    same = _with_repeats(first.pk)
    under_way = _hold_tries([each.pk for each in same])
    for each in same:
        if each.state in ON_ITS_WAY or each.pk in under_way:
            what = "It" if each.pk == delivery.pk else f"It was sent again: delivery {each.pk}"
            raise DeliveryNotResendable(f"{what} is still on its way.")
    return same


def _with_repeats(delivery_id: UUID) -> list[Delivery]:
    found = latest = list(Delivery.objects.filter(pk=delivery_id))
    while latest:
        latest = list(Delivery.objects.filter(resends__in=latest).order_by("pk"))
        found = [*found, *latest]
    return found


def _hold_tries(delivery_ids: Sequence[UUID]) -> set[UUID]:
    """Return which deliveries a worker is about to try, and keep that until the end."""
    tries = Event.objects.filter(
        stream_id__in=delivery_ids,
        type__in=(DELIVERY_ORDERED, DELIVERY_DUE),
        state__in=(Event.State.WAITING, Event.State.FAILED),
    )
    of = dict(tries.values_list("pk", "stream_id"))
    return {of[key] for key, state in events.hold(of).items() if state == Event.State.WAITING}


def _again(delivery: Delivery, address: str) -> NewDelivery:
    if delivery.endpoint is not None:
        return _webhook_again(delivery, delivery.endpoint)
    assert delivery.invoice is not None, "the database demands one"
    if delivery.channel == "email":
        known = email_addresses(delivery.invoice.customer)
        address = address or (delivery.address if delivery.address in known else "")
        address = address or next(iter(known), "")
        if not address:
            raise DeliveryNotResendable("The customer's documents go to no e-mail address.")
    return NewDelivery(
        channel=delivery.channel,
        type=delivery.type,
        invoice=delivery.invoice,
        address=address,
        resends=delivery,
        is_extra=True,
    )


def _webhook_again(delivery: Delivery, endpoint: WebhookEndpoint) -> NewDelivery:
    """Return the same message: as it was, or made anew where what was sent is pruned."""
    endpoint = _held(endpoint)
    event = Event.objects.select_related("seller").get(pk=delivery.event_id)
    message = message_of(event)
    if message is not None:
        require_wanted(endpoint, message)
    if delivery.pruned_at is None:  # What tried the endpoint, too: it is no message of the log.
        return as_it_was(endpoint, delivery)
    if message is None:
        raise DeliveryNotResendable("What was sent is no longer kept.")
    return told_to(endpoint, message, former=delivery)


def _held(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Return an endpoint as it is now, and keep it so until the transaction ends."""
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)


def _close_failures(deliveries: Sequence[Delivery], *, by: str, at: datetime, why: str) -> None:
    ids = [delivery.pk for delivery in deliveries]
    told = Failure.objects.filter(event__stream_id__in=ids, state=Failure.State.OPEN)
    events.write_off(failure_ids=told.values_list("pk", flat=True), by=by, at=at, why=why)
