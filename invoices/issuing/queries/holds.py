"""Reads about holds: what waits for a decision, and who may not take it."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from billing.contracts.models import Contract
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.events.models import Event, Failure
from billing.orders.models import Order
from invoices.issuing.models import Hold, Invoice


def waiting() -> QuerySet[Hold]:
    """Return the holds of all sellers that nobody has decided yet."""
    return Hold.objects.filter(failure__state=Failure.State.OPEN)


def causers(hold: Hold) -> set[int]:
    """
    Return the ids of the users who caused what is held: they don't approve it.

    They stated the fact that began the transaction, or one of the same contract, order or customer
    since the latest invoice: that is what this one rests on.
    """
    event = hold.event
    is_day = event.type == CUSTOMER_DAY_ENDED
    to_whom = {"customer": hold.customer_id} if is_day else {"contract": event.stream_id}
    latest = Invoice.objects.filter(**to_whom, kind="invoice").order_by("-id").first()
    rests_on = Q(stream_id__in=[event.stream_id, *(_streams(hold) if is_day else ())])
    if latest:
        rests_on &= Q(recorded_at__gt=latest.issued_at)
    stated = Event.objects.filter(caused_by__isnull=False, seller=hold.seller_id)
    found = stated.filter(rests_on | Q(transaction_id=event.transaction_id))
    return {user_id for user_id in found.values_list("caused_by", flat=True) if user_id}


def _streams(hold: Hold) -> Iterable[UUID]:
    """Return what may lie on the document of a customer's day."""
    yield from Contract.objects.filter(customer=hold.customer_id).values_list("pk", flat=True)
    orders = Order.objects.filter(customer=hold.customer_id).order_by("-pk")
    yield from orders.values_list("pk", flat=True)[:1000]
