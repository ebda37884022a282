"""Reads of the log."""

from collections.abc import Iterable
from uuid import UUID

from billing.events.log import NewEvent
from billing.events.models import Event


def is_settled(seller_id: UUID, *idempotency_keys: str) -> bool:
    """Return whether one of these facts is in the log and waits no more, failed or not."""
    told = Event.objects.filter(seller_id=seller_id, idempotency_key__in=idempotency_keys)
    return told.exclude(state=Event.State.WAITING).exists()


def transaction_ids(seller_id: UUID, told_by: Iterable[NewEvent]) -> dict[str, UUID]:
    """Return the transaction id of each fact in the log, by the idempotency key of its event."""
    keys = [event.idempotency_key for event in told_by]
    return dict(
        Event.objects.filter(seller_id=seller_id, idempotency_key__in=keys).values_list(
            "idempotency_key", "transaction_id"
        )
    )
