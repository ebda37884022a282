"""Ordering the tries whose time has come: the scheduler's part."""

from datetime import datetime

from django.db import transaction

from billing.events import log
from billing.sellers.queries import today
from invoices.delivery.events import delivery_due
from invoices.delivery.models import Delivery

AT_ONCE = 500


def order_due_tries(*, at: datetime) -> int:
    """Ask for the tries that are due; return how many. Safe to run twice, and by several."""
    count = 0
    while ordered := _order_some(at):
        count += ordered
    return count


@transaction.atomic
def _order_some(at: datetime) -> int:
    due = list(
        Delivery.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=Delivery.State.FAILED, next_try_at__lte=at)
        .select_related("seller")
        .order_by("next_try_at")[:AT_ONCE]
    )
    days = {delivery.seller_id: today(delivery.seller, at=at) for delivery in due}
    log.append(
        [delivery_due(delivery, on=days[delivery.seller_id], at=at) for delivery in due], at=at
    )
    for delivery in due:
        delivery.state = Delivery.State.WAITING
        delivery.next_try_at = None
    Delivery.objects.bulk_update(due, ["state", "next_try_at"])
    return len(due)
