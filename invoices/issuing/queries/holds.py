"""Reads about holds: what waits for a decision, and who may not take it."""

from datetime import date

from django.db.models import Q, QuerySet

from billing.contracts.events import PERIOD_ENDED
from billing.contracts.models import Contract, SubscriptionChange
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.events.models import Event, Failure
from billing.orders.models import Order
from invoices.issuing.models import Hold, Invoice

_OF_THE_CALENDAR = (PERIOD_ENDED, CUSTOMER_DAY_ENDED)


def waiting() -> QuerySet[Hold]:
    """Return the holds of all sellers that nobody has decided yet."""
    return Hold.objects.filter(failure__state=Failure.State.OPEN)


def causers(hold: Hold) -> set[int]:
    """
    Return the ids of the users who caused what is held: they don't approve it.

    They stated the fact that began the transaction, or one of the same contract, order or customer
    on which this document rests: recorded since the latest invoice, or for its days, or a change
    that takes effect in them, whenever it was recorded. That days end is nobody's fact.
    """
    event = hold.event
    is_day = event.type == CUSTOMER_DAY_ENDED
    to_whom = {"customer": hold.customer_id} if is_day else {"contract": event.stream_id}
    contracts = Contract.objects.filter(customer=hold.customer_id, seller=hold.seller_id)
    orders = Order.objects.filter(customer=hold.customer_id, seller=hold.seller_id)
    rests_on = Q(stream_id=event.stream_id)
    if is_day:
        rests_on |= Q(stream_id__in=contracts.values("pk")) | Q(stream_id__in=orders.values("pk"))
    latest = Invoice.objects.filter(**to_whom, kind="invoice").order_by("-id").first()
    if latest:
        rests_on &= Q(recorded_at__gt=latest.issued_at) | _of_its_days(hold)
    stated = Event.objects.filter(caused_by__isnull=False, seller=hold.seller_id)
    found = stated.filter(rests_on | Q(transaction_id=event.transaction_id))
    named = found.exclude(type__in=_OF_THE_CALENDAR).values_list("caused_by", flat=True)
    return {user_id for user_id in named if user_id}


def _of_its_days(hold: Hold) -> Q:
    """Return which facts are of the days of what is held, or of days behind them."""
    starts = [line["starts_on"] for document in hold.documents for line in document["lines"]]
    if not starts:
        return Q()
    since = date.fromisoformat(min(starts))
    changes = SubscriptionChange.objects.filter(
        subscription__contract__customer=hold.customer_id, effective_on__gte=since
    )
    ids = [str(change_id) for change_id in changes.values_list("pk", flat=True)]
    return Q(as_of_date__gte=since) | Q(payload__change_id__in=ids)
