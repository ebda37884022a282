"""Settling what can't be billed: a human's decision, and what becomes of the contract."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.contracts import commands as contracts
from billing.contracts.events import PERIOD_ENDED, SUBSCRIPTION_CHANGED
from billing.contracts.models import Contract
from billing.events import commands as events
from billing.events.models import Event

_OF_CONTRACTS = (PERIOD_ENDED, SUBSCRIPTION_CHANGED)


@transaction.atomic
def write_off(*, failure_ids: Sequence[UUID], by: str, at: datetime, why: str) -> int:
    """
    Close open failures for good: their events will not be billed. Return how many.

    A contract goes on all the same: what it owes stays owed, and is charged with its next event.
    What shall not be paid must be cancelled, or credited.
    """
    told = list(Event.objects.filter(failures__in=failure_ids, type__in=_OF_CONTRACTS).distinct())
    # Contracts before their events, as everywhere.
    locked = {
        contract.pk: contract
        for contract in Contract.objects.select_for_update(of=("self",))
        .select_related("seller")
        .filter(pk__in=[event.stream_id for event in told])
        .order_by("pk")
    }
    count = events.write_off(failure_ids=failure_ids, by=by, at=at, why=why)
    for event in told:
        event.refresh_from_db()
        if event.state == Event.State.WRITTEN_OFF:
            contracts.pass_over(locked[event.stream_id], day=event.as_of_date, at=at)
    return count
