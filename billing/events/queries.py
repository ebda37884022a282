"""Reads of the log."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Min, Q

from billing.events.log import NewEvent
from billing.events.models import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days in order: the first, the one after each, and the keys of the facts that close it."""

    first: date
    following: Callable[[date], date]
    closed_by: Callable[[date], Collection[str]]


def first_open(seller_id: UUID, asked: Sequence[Days]) -> list[date]:
    """
    Return the first day of each that isn't closed: none of its facts is settled, failed or not.

    As many queries for many as for the one of which most days are closed.
    """
    found = [days.first for days in asked]
    places = list(range(len(asked)))
    while places:
        keys = {place: asked[place].closed_by(found[place]) for place in places}
        settled = _settled(seller_id, [key for mine in keys.values() for key in mine])
        places = [place for place, mine in keys.items() if not settled.isdisjoint(mine)]
        for place in places:
            found[place] = asked[place].following(found[place])
    return found


def transaction_ids(seller_id: UUID, told_by: Iterable[NewEvent]) -> dict[str, UUID]:
    """Return the transaction id of each fact in the log, by the idempotency key of its event."""
    keys = [event.idempotency_key for event in told_by]
    return dict(
        Event.objects.filter(seller_id=seller_id, idempotency_key__in=keys).values_list(
            "idempotency_key", "transaction_id"
        )
    )


def relay_lag(*, at: datetime) -> timedelta:
    """Return how long the event waits that is due to be sent first, bulk aside; zero if none."""
    waiting = Event.objects.filter(~Q(queue=settings.BULK_QUEUE), state=Event.State.WAITING)
    first: datetime | None = waiting.aggregate(first=Min("next_send_at"))["first"]
    return max(at - first, timedelta()) if first else timedelta()


def _settled(seller_id: UUID, idempotency_keys: Iterable[str]) -> set[str]:
    """Return those of these facts that are in the log and wait no more."""
    told = Event.objects.filter(seller_id=seller_id, idempotency_key__in=list(idempotency_keys))
    settled = told.exclude(state=Event.State.WAITING)
    return set(settled.values_list("idempotency_key", flat=True))
