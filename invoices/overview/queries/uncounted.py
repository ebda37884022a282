"""What isn't counted by day yet."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from billing.sellers.models import Seller
from invoices.issuing.models import NumberSeries


def series_to_count() -> Iterable[int]:
    """Return the number series with documents that aren't counted: a probe of each series."""
    return _uncounted().values_list("pk", flat=True)


def uncounted_documents(seller: Seller) -> int:
    """Return how many documents of a seller aren't counted yet."""
    found = _uncounted().filter(seller=seller)
    return sum(found.values_list(F("latest_sequence") - F("until"), flat=True))


def logs_to_count(*, until: datetime) -> list[UUID]:
    """Return the sellers with events or failures of before `until` that aren't counted."""
    with connection.cursor() as cursor:
        cursor.execute(_LOGS, {"until": until})
        return [seller_id for (seller_id,) in cursor.fetchall()]


def _uncounted() -> QuerySet[NumberSeries]:
    marked = NumberSeries.objects.annotate(until=Coalesce("counted__sequence", 0))
    return marked.filter(latest_sequence__gt=F("until"))


# Two probes of indexes per seller: its next event and its next failure.
_LOGS = """
    SELECT s.id FROM billing_seller s
    LEFT JOIN invoices_countedlog l ON l.seller_id = s.id
    LEFT JOIN LATERAL (
        SELECT e.recorded_at FROM billing_event e
        WHERE e.seller_id = s.id AND e.position > coalesce(l.event_position, 0)
        ORDER BY e.position LIMIT 1
    ) AS event ON true
    LEFT JOIN LATERAL (
        SELECT f.opened_at FROM billing_failure f
        WHERE f.seller_id = s.id
          AND f.id > coalesce(l.failure_id, '00000000-0000-0000-0000-000000000000')
        ORDER BY f.id LIMIT 1
    ) AS failure ON true
    WHERE event.recorded_at < %(until)s OR failure.opened_at < %(until)s
"""
