"""The test clock's way: from one due day to the next, as if the days had passed."""

from datetime import datetime
from typing import Protocol

from django.db import transaction

from billing.contracts.commands.due import append_kind
from billing.contracts.queries import DueKind, next_due_day
from billing.events.models import OF_UNSETTLED, Event
from billing.sellers.models import Seller, TestClock


class Append(Protocol):
    """Appends what is due to a seller by now, and returns how many events were new."""

    def __call__(self, seller: Seller, kind: DueKind, /, *, at: datetime) -> int:
        """Append it; safe to do twice."""
        ...


@transaction.atomic
def step_test_clock(*, seller: Seller, at: datetime, append: Append = append_kind) -> bool:
    """
    Take a seller's test clock one due day nearer to its target; return whether it is on its way.

    It doesn't step while an event of the seller waits, so that documents come in order of date.
    Before it leaves a day, that day ends for the customers whose charges are collected. `append`
    appends what is due.
    """
    clock = TestClock.objects.select_for_update().filter(seller=seller).first()
    if clock is None or clock.target_date is None:
        return False
    if Event.objects.filter(OF_UNSETTLED, seller=seller, state=Event.State.WAITING).exists():
        return True
    _release(clock)
    if not (append(seller, DueKind.PERIODS, at=at) or append(seller, DueKind.DAYS, at=at)):
        _move(clock)
        append(seller, DueKind.PERIODS, at=at)
    return clock.target_date is not None


def _release(clock: TestClock) -> None:
    """Let what is due today be billed, unless the clock was told to hold it."""
    if clock.is_held and clock.held_date != clock.today:
        clock.is_held = False
        clock.save(update_fields=["is_held"])


def _move(clock: TestClock) -> None:
    if clock.today == clock.target_date:
        clock.target_date = None
    elif clock.target_date:
        due_day = next_due_day(clock.seller, after=clock.today)
        clock.today = min(due_day or clock.target_date, clock.target_date)
        clock.is_held = clock.today == clock.held_date
    clock.save(update_fields=["today", "target_date", "is_held"])
