"""The story of a transaction: fact, event, each try, charges, invoice, documents, deliveries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, Q

from billing.contracts.events import SUBSCRIPTION_CHANGED
from billing.contracts.models import Contract, SubscriptionChange
from billing.events.archived import ArchiveUnreadable, archived_attempts
from billing.events.models import Attempt, Event, Failure
from billing.orders.events import ORDER_PLACED
from billing.orders.models import Order, OrderLine
from billing.sellers.models import Seller
from invoices.balances.models import BalanceMovement
from invoices.credit_notes.events import CORRECTION_ORDERED
from invoices.credit_notes.models import Correction
from invoices.delivery.models import Delivery, DeliveryAttempt
from invoices.documents.models import Document
from invoices.issuing.models import Charge, Invoice
from invoices.proving.queries import delivered, entries
from invoices.proving.queries.entries import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that carries one transaction id, in order of time; a cause before what it caused."""

    transaction_id: UUID
    seller_id: UUID
    seller_name: str
    entries: tuple[Entry, ...]


def story(transaction_id: UUID, *, seller_id: UUID | None = None) -> Story | None:
    """
    Return the story of a transaction, given its id or that of any event in it.

    None if there is no such story, or if it isn't `seller_id`'s (None: any seller's). The number
    of queries is constant, whatever the story holds.
    """
    begun = Event.objects.filter(pk=transaction_id).values_list("transaction_id", flat=True).first()
    told = Event.objects.filter(transaction_id=begun or transaction_id).select_related("seller")
    if seller_id:
        told = told.filter(seller_id=seller_id)
    events = list(told.order_by("position"))
    if not events:
        return None
    found = [*_of_facts(events), *_of_events(events), *_of_documents(events[0])]
    found.sort(key=lambda entry: (entry.at, entries.RANK[entry.kind], entry.ordinal))
    seller: Seller = events[0].seller
    return Story(
        transaction_id=events[0].transaction_id,
        seller_id=seller.id,
        seller_name=seller.name,
        entries=tuple(found),
    )


def _of_facts(events: Iterable[Event]) -> Iterable[Entry]:
    """Yield the orders and changes that the events tell of, and the contracts that came due."""
    ids: dict[str, list[str]] = defaultdict(list)
    for event in events:
        for name, value in event.payload.items():
            ids[f"{event.type} {name}"].append(value)
    lines = OrderLine.objects.select_related("product").order_by("position")
    orders = Order.objects.filter(id__in=ids[f"{ORDER_PLACED} order_id"]).select_related("customer")
    yield from map(entries.of_order, orders.prefetch_related(Prefetch("lines", lines)))
    changes = SubscriptionChange.objects.filter(id__in=ids[f"{SUBSCRIPTION_CHANGED} change_id"])
    yield from map(
        entries.of_change,
        changes.select_related("plan", "subscription__contract__customer").order_by("position"),
    )
    corrections = Correction.objects.filter(id__in=ids[f"{CORRECTION_ORDERED} correction_id"])
    yield from map(entries.of_correction, corrections.select_related("invoice"))


def _of_events(events: Sequence[Event]) -> Iterable[Entry]:
    """Yield the events, their sending, each try, and each failure with what became of it."""
    streams = {event.stream_id for event in events}
    contracts = Contract.objects.filter(id__in=streams).select_related("customer").in_bulk()
    for event in events:
        yield from entries.of_event(event, contracts.get(event.stream_id))
    tries = Attempt.objects.filter(event__in=events).select_related("event").order_by("id")
    yield from _of_archived(events)
    yield from map(entries.of_attempt, tries)
    for failure in Failure.objects.filter(event__in=events).order_by("opened_at", "id"):
        yield from entries.of_failure(failure)


def _of_archived(events: Sequence[Event]) -> Iterable[Entry]:
    """Yield the tries that lie in files; where one can't be read, an entry that says so."""
    try:
        yield from map(entries.of_attempt, archived_attempts(events))
    except ArchiveUnreadable as unreadable:
        yield entries.of_unreadable(events[0], str(unreadable))


def _of_documents(first: Event) -> Iterable[Entry]:
    """
    Yield charges, invoices, movements of balances, documents and deliveries of the transaction.

    A charge that was collected brings its invoice along, and an invoice what was collected on it.
    """
    same, seller_id = Q(transaction_id=first.transaction_id), first.seller_id
    of_seller = Charge.objects.filter(seller=seller_id).select_related("invoice")
    collected = Invoice.objects.filter(same, seller=seller_id).values("pk")
    charges = list(of_seller.filter(same | Q(invoice__in=collected)).order_by("ordinal"))
    yield from map(entries.of_charge, charges)
    invoices = {charge.invoice.pk: charge.invoice for charge in charges if charge.invoice}
    yield from map(entries.of_invoice, (invoices[pk] for pk in sorted(invoices)))
    movements = BalanceMovement.objects.filter(same, seller=seller_id).select_related("customer")
    yield from map(entries.of_movement, movements.order_by("id"))
    made = Document.objects.filter(same, seller=seller_id).order_by("id")
    yield from map(delivered.of_document, made)
    deliveries = Delivery.objects.filter(same, seller=seller_id).order_by("id")
    yield from map(delivered.of_delivery, deliveries)
    tries = DeliveryAttempt.objects.filter(delivery__in=deliveries.values("pk"), seller=seller_id)
    yield from map(delivered.of_try, tries.select_related("delivery").order_by("id"))
