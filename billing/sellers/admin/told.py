"""From a fact to the transaction that it began."""

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat

from billing.events.models import Event


def transaction_told_by(event_type: str) -> Subquery:
    """
    Return the id of the transaction whose event of this type tells of the row, for an annotation.

    An event's idempotency key is its type and the id of its fact.
    """
    key = Concat(Value(f"{event_type}:"), Cast(OuterRef("pk"), CharField()))
    told = Event.objects.filter(seller_id=OuterRef("seller_id"), idempotency_key=key)
    return Subquery(told.values("transaction_id")[:1])
