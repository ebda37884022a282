"""Letting go of what webhooks said, once nobody asks for it any more: the scheduler's part."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from billing.events.models import Event
from invoices.delivery.events import DELIVERY_DUE, DELIVERY_ORDERED
from invoices.delivery.models import Delivery, DeliveryAttempt

AT_ONCE = 500


@transaction.atomic
def prune_webhooks(*, at: datetime) -> int:
    """
    Let go of bodies, headers and answers of webhooks that ended long ago; return of how many.

    At most `AT_ONCE`: where it was so many there may be more, and the caller comes again.

    That each was sent, when, where to, and with which status, stays; and what was given up keeps
    all, as long as its failure is open: a retry sends it. Safe to run twice, and by several.
    """
    before = at - timedelta(days=settings.WEBHOOK_LOG_DAYS)
    old = (
        Delivery.objects.select_for_update(skip_locked=True)
        .filter(channel="webhook", pruned_at__isnull=True, settled_at__lt=before)
        .exclude(Q(state=Delivery.State.GIVEN_UP) & _still_to_be_tried())
        .order_by("settled_at")
    )
    ids = list(old.values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        tries = DeliveryAttempt.objects.filter(delivery__in=ids).exclude(outcome="unknown")
        tries.update(answer="", request_headers={}, answer_headers={})
        Delivery.objects.filter(pk__in=ids).update(body="", pruned_at=at)
    return len(ids)


def _still_to_be_tried() -> Exists:
    """Return whether a delivery's failure is open, or being retried: by the story's index."""
    return Exists(
        Event.objects.filter(
            transaction_id=OuterRef("transaction_id"),
            stream_id=OuterRef("pk"),
            type__in=(DELIVERY_ORDERED, DELIVERY_DUE),
            state__in=(Event.State.WAITING, Event.State.FAILED),
        )
    )
