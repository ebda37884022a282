"""Facts that the log adds to itself: what of it stands before a human, and no longer does."""

from datetime import datetime

from billing.events.log import NewEvent
from billing.events.models import Event, Failure

FAILURE_OPENED = "failure.opened"
FAILURE_CLOSED = "failure.closed"


def failure_opened(failure: Failure, event: Event) -> NewEvent:
    """Return the event that tells that an event can't be handled."""
    return _told(FAILURE_OPENED, failure, event, at=failure.opened_at)


def failure_closed(failure: Failure, event: Event, *, at: datetime) -> NewEvent:
    """Return the event that tells that a failure is resolved, or written off."""
    return _told(FAILURE_CLOSED, failure, event, at=at)


def _told(event_type: str, failure: Failure, event: Event, *, at: datetime) -> NewEvent:
    return NewEvent(
        seller_id=failure.seller_id,
        type=event_type,
        stream_id=failure.pk,
        payload={"failure_id": str(failure.pk), "event_id": str(event.pk)},
        as_of_date=event.as_of_date,
        occurred_at=at,
        idempotency_key=f"{event_type}:{failure.pk}",
        transaction_id=event.transaction_id,
        is_public=True,
        is_only_told=True,
    )
