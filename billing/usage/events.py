"""Facts that this stage adds to the log."""

from datetime import date, datetime
from uuid import UUID

from billing.events.log import NewEvent

USAGE_RECORDED = "usage.recorded"
USAGE_UNATTRIBUTED = "usage.unattributed"


def usage_recorded(
    *,
    seller_id: UUID,
    contract_id: UUID,
    subscription_id: UUID,
    batch_id: UUID,
    as_of_date: date,
    at: datetime,
) -> NewEvent:
    """Return the event that usage came of days up to which the contract is billed already."""
    return NewEvent(
        seller_id=seller_id,
        type=USAGE_RECORDED,
        stream_id=contract_id,
        payload={
            "subscription_id": str(subscription_id),
            "contract_id": str(contract_id),
            "batch_id": str(batch_id),
        },
        as_of_date=as_of_date,
        occurred_at=at,
        idempotency_key=f"{USAGE_RECORDED}:{batch_id}:{subscription_id}",
    )


def usage_unattributed(
    *, seller_id: UUID, unattributed_id: UUID, batch_id: UUID, as_of_date: date, at: datetime
) -> NewEvent:
    """Return the event that records came which can't be attributed, all for one reason."""
    return NewEvent(
        seller_id=seller_id,
        type=USAGE_UNATTRIBUTED,
        stream_id=unattributed_id,
        payload={"unattributed_id": str(unattributed_id)},
        as_of_date=as_of_date,
        occurred_at=at,
        idempotency_key=f"{USAGE_UNATTRIBUTED}:{unattributed_id}:{batch_id}",
        is_public=True,
    )
