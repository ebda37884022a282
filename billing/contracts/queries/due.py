"""Which contracts are due, and when."""

from collections.abc import Iterator
from datetime import date
from itertools import islice

from django.db.models import Min

from billing.contracts.models import Contract
from billing.sellers.models import Seller


def contracts_due(seller: Seller, *, on: date, at_once: int) -> Iterator[list[Contract]]:
    """Yield the seller's contracts that are due on a day or before, in chunks, by date."""
    due = (
        Contract.objects.filter(seller=seller, next_billing_date__lte=on)
        .only("id", "seller_id", "next_billing_date")
        .order_by("next_billing_date", "id")
    )
    rows = due.iterator(chunk_size=at_once)
    while chunk := list(islice(rows, at_once)):
        yield chunk


def next_due_day(seller: Seller, *, after: date) -> date | None:
    """Return the first day after a day on which one of the seller's contracts is due."""
    later = Contract.objects.filter(seller=seller, next_billing_date__gt=after)
    first: date | None = later.aggregate(first=Min("next_billing_date"))["first"]
    return first
