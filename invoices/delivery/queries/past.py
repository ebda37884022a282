"""Past facts that apps may be told of."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from billing.events.models import Event
from invoices.delivery.catalogue import FACTS
from invoices.issuing.events import INVOICE_ISSUED

SCANNED_AT_MOST = 1000

# As the index `event_told` says it, so that the planner takes it.
_TOLD = Q(type__in=sorted(set(FACTS) - {INVOICE_ISSUED})) | Q(type=INVOICE_ISSUED, queue="")


def past_facts(
    seller_id: UUID,
    *,
    from_: datetime,
    until: datetime,
    after: Event | None,
    types: Collection[str],
) -> Sequence[Event]:
    """
    Return a seller's facts of `[from_, until)` in order; at most so many as are read.

    Of the `types`, as the log calls them, that apps may be told of.
    """
    facts = Event.objects.filter(
        _TOLD,
        seller=seller_id,
        occurred_at__gte=from_,
        occurred_at__lt=until,
        type__in=sorted(types),
    )
    if after:
        facts = facts.filter(
            Q(occurred_at__gt=after.occurred_at)
            | Q(occurred_at=after.occurred_at, position__gt=after.position),
            occurred_at__gte=after.occurred_at,
        )
    ordered = facts.select_related("seller").order_by("occurred_at", "position")
    return list(ordered[:SCANNED_AT_MOST])
