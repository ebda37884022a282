"""Indexing contracts: what they pay periodically rises, or falls, by percent from a day on."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.contracts.commands.change import ChangeRequest, change_subscription
from billing.contracts.models import Contract, SubscriptionChange
from billing.contracts.queries import unpriced_timeline
from billing.pricing.facts import facts_on
from billing.pricing.timeline import ContradictoryTimeline
from billing.sellers.queries import today


@transaction.atomic
def index_contract(
    *, contract: Contract, percent: Decimal, on: date, at: datetime
) -> list[SubscriptionChange]:
    """
    Index all subscriptions of a contract that run on a day, as far as is known today.

    Each gets a change of its own, in force from that day on; subscriptions that start later are
    agreed at the prices of their day.

    :raises ContradictoryTimeline: if none runs on that day.
    :raises PriceMissing: if one of them can't be priced.
    """
    locked = Contract.objects.select_for_update(of=("self",)).select_related("seller")
    contract = locked.get(pk=contract.pk)
    known_on = today(contract.seller, at=at)
    running = [
        subscription
        for subscription in contract.subscriptions.order_by("id")
        if _runs(contract, subscription.pk, known_on, on)
    ]
    if not running:
        raise ContradictoryTimeline(
            f"No subscription of the contract runs on {on}: choose a day on which one does.",
            field="on",
        )
    request = ChangeRequest(kind=SubscriptionChange.Kind.INDEX_PRICES, on=on, percent=percent)
    return [
        change_subscription(subscription_id=subscription.pk, request=request, at=at)
        for subscription in running
    ]


def _runs(contract: Contract, subscription_id: UUID, known_on: date, on: date) -> bool:
    timeline = unpriced_timeline(contract, subscription_id).known(known_on)
    return facts_on(timeline.changes, on).course.part_on(on) is not None
