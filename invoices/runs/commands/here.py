"""Billing in this very process what waits, without workers."""

from datetime import date, datetime
from functools import partial

from billing.events.patience import patiently
from billing.sellers.models import Seller
from invoices.issuing.commands import bill
from invoices.runs.queries.progress import waiting_until

AT_ONCE = 100


def bill_here(seller: Seller, *, until: date, at: datetime, worker: str) -> int:
    """
    Bill some of what is due to a seller by a day, and return how much; 0 if nothing waits.

    Workers may be at the same events: each is billed once.
    """
    waiting = waiting_until(seller, until=until).order_by("as_of_date", "position")
    ids = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
    for event_id in ids:
        patiently(partial(bill, event_id=event_id, at=at, worker=worker))
    return len(ids)
