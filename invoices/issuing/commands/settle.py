"""Settling what can't be billed: a human's decision, and what becomes of the contract."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.contracts import commands as contracts
from billing.contracts.events import PERIOD_ENDED, SUBSCRIPTION_CHANGED
from billing.contracts.models import Contract
from billing.customers import commands as customers
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.customers.models import Customer
from billing.customers.queries import collection_day
from billing.events import commands as events
from billing.events.models import Event
from billing.periods import day_after
from invoices.issuing.events import CONTRACT_REOPENED
from invoices.issuing.queries.waiting import oldest_day

_OF_CONTRACTS = (PERIOD_ENDED, SUBSCRIPTION_CHANGED, CONTRACT_REOPENED)


@transaction.atomic
def write_off(
    *, failure_ids: Sequence[UUID], by: str, at: datetime, why: str, held_too: bool = False
) -> int:
    """
    Close open failures for good: their events will not be billed. Return how many.

    What waits for approval is left out unless `held_too`, as by `events.write_off`.

    A contract goes on all the same: what it owes stays owed, and is charged with its next event.
    What shall not be paid must be cancelled, or credited. Charges that wait are collected later.
    """
    told = list(
        Event.objects.filter(
            failures__in=failure_ids, type__in=(*_OF_CONTRACTS, CUSTOMER_DAY_ENDED)
        ).distinct()
    )
    _lock(told)
    count = events.write_off(failure_ids=failure_ids, by=by, at=at, why=why, held_too=held_too)
    for event in told:
        event.refresh_from_db()
        if event.state == Event.State.WRITTEN_OFF:
            _pass_over(event, at=at)
    return count


def _lock(told: Iterable[Event]) -> None:
    """Lock customers, then contracts, then (by the caller) their events, as everywhere."""
    streams = [event.stream_id for event in told]
    customer_ids = {
        *Contract.objects.filter(pk__in=streams).values_list("customer_id", flat=True),
        *Customer.objects.filter(pk__in=streams).values_list("pk", flat=True),
    }
    for customer_id in sorted(customer_ids):
        customers.lock_customer(customer_id)
    of_streams = Contract.objects.filter(pk__in=streams)
    list(of_streams.select_for_update().order_by("pk").values_list("pk"))


def _pass_over(event: Event, *, at: datetime) -> None:
    day = event.as_of_date
    due = Contract.objects.select_related("seller", "customer")
    if event.type in _OF_CONTRACTS:
        contracts.pass_over(due.get(pk=event.stream_id), day=day, at=at)
        return
    for contract in due.filter(customer=event.stream_id, next_billing_date__lte=day).order_by("pk"):
        contracts.pass_over(contract, day=day, at=at)
    customer = Customer.objects.get(pk=event.stream_id)
    oldest = oldest_day(customer, after=None)
    following = collection_day(customer, on=max(day_after(day), oldest)) if oldest else None
    customers.note_collected(customer, next_collection_date=following)
