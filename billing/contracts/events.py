"""Facts that this stage adds to the log."""

from datetime import date, datetime
from uuid import UUID

from billing.contracts.models import Contract, SubscriptionChange
from billing.events.log import NewEvent
from billing.ids import new_id

SUBSCRIPTION_CHANGED = "subscription.changed"
PERIOD_ENDED = "period.ended"
CONTRACT_CREATED = "contract.created"
CONTRACT_CHANGED = "contract.changed"


def subscription_changed(change: SubscriptionChange) -> NewEvent:
    """Return the event that tells of a new change of a subscription."""
    return NewEvent(
        seller_id=change.seller_id,
        type=SUBSCRIPTION_CHANGED,
        stream_id=change.subscription.contract_id,
        payload={
            "change_id": str(change.id),
            "subscription_id": str(change.subscription_id),
            "contract_id": str(change.subscription.contract_id),
        },
        as_of_date=change.recorded_on,
        occurred_at=change.recorded_at,
        idempotency_key=f"{SUBSCRIPTION_CHANGED}:{change.id}",
        is_public=True,
    )


def contract_created(contract: Contract, *, on: date, at: datetime) -> NewEvent:
    """Return the event that tells of a new contract."""
    return _told(CONTRACT_CREATED, contract, on=on, at=at)


def contract_changed(contract: Contract, *, on: date, at: datetime) -> NewEvent:
    """Return the event that tells of other references on a contract."""
    return _told(CONTRACT_CHANGED, contract, on=on, at=at)


def _told(event_type: str, contract: Contract, *, on: date, at: datetime) -> NewEvent:
    return NewEvent(
        seller_id=contract.seller_id,
        type=event_type,
        stream_id=contract.pk,
        payload={"contract_id": str(contract.pk)},
        as_of_date=on,
        occurred_at=at,
        idempotency_key=f"{event_type}:{new_id()}",
        is_public=True,
        is_only_told=True,
    )


def period_ended(*, seller_id: UUID, contract_id: UUID, due_on: date, at: datetime) -> NewEvent:
    """Return the event that a contract's day has come on which something is due."""
    return NewEvent(
        seller_id=seller_id,
        type=PERIOD_ENDED,
        stream_id=contract_id,
        payload={"contract_id": str(contract_id)},
        as_of_date=due_on,
        occurred_at=at,
        idempotency_key=period_key(contract_id, due_on),
    )


def period_key(contract_id: UUID, due_on: date) -> str:
    """Return the idempotency key of the event of a contract's due day."""
    return f"{PERIOD_ENDED}:{contract_id}:{due_on}"
