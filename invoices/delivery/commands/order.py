"""Ordering deliveries: the rows, and the events that ask for their first try."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings

from billing.events import log
from billing.events.models import Event
from billing.ids import new_id
from billing.sellers.queries import today
from invoices.delivery.events import delivery_ordered
from invoices.delivery.models import Delivery, DownloadLink, WebhookEndpoint
from invoices.issuing.models import Invoice

LINKS_LAST = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """
    Something that is to reach someone.

    `is_extra` says that someone asked for it, be it sent before or not; `resends` is what it
    repeats, if it was. A webhook's `message_id` is the same whoever is told, and however often.
    """

    channel: str
    type: str
    invoice: Invoice | None = None
    endpoint: WebhookEndpoint | None = None
    address: str = ""
    body: str = ""
    resends: Delivery | None = None
    is_extra: bool = False
    is_replay: bool = False
    message_id: str = ""


def order(event: Event, new: Sequence[NewDelivery], *, at: datetime) -> list[Delivery]:
    """
    Record deliveries of what `event` tells of, and ask for their first try.

    The caller has opened a transaction.
    """
    return order_all([(event, each) for each in new], at=at)


def order_all(new: Sequence[tuple[Event, NewDelivery]], *, at: datetime) -> list[Delivery]:
    """Record deliveries of what a seller's events tell of, as `order` does: all at once."""
    if not new:
        return []
    made = Delivery.objects.bulk_create(_row(event, each, at=at) for event, each in new)
    DownloadLink.objects.bulk_create(
        DownloadLink(
            seller_id=delivery.seller_id,
            invoice=delivery.invoice,
            delivery=delivery,
            created_at=at,
            expires_at=at + LINKS_LAST,
        )
        for delivery in made
        if delivery.channel != "webhook"
    )
    on = today(new[0][0].seller, at=at)
    log.append([delivery_ordered(delivery, on=on, at=at) for delivery in made], at=at)
    return made


def _row(event: Event, new: NewDelivery, *, at: datetime) -> Delivery:
    delivery_id = new_id()
    target = new.endpoint.pk if new.endpoint else new.address
    key = f"{event.pk}:{new.channel}:{target}"
    row = Delivery(
        id=delivery_id,
        seller_id=event.seller_id,
        invoice=new.invoice,
        endpoint=new.endpoint,
        event=event,
        channel=new.channel,
        type=new.type,
        address=new.address,
        body=new.body,
        idempotency_key=f"{key}:{delivery_id}" if new.is_extra else key,
        resends=new.resends,
        is_replay=new.is_replay,
        transaction_id=event.transaction_id,
        created_at=at,
    )
    sender = event.seller.email or settings.DEFAULT_FROM_EMAIL
    row.message_id = new.message_id or _mail_id(row, sender=sender)
    return row


def _mail_id(row: Delivery, *, sender: str) -> str:
    """
    Return the id that goes with every try.

    An e-mail that a human sends again has an id of its own: else the mailbox would hide it.
    """
    domain = parseaddr(sender)[1].rpartition("@")[2] or "anlass.invalid"
    return f"<{row.pk.hex}@{domain}>"
