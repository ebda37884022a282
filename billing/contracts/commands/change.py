"""Starting and changing subscriptions: each change is a new fact, checked against the others."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.catalog.models import Plan
from billing.catalog.queries import unpriced_terms
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.contracts.queries import as_change, unpriced_timeline
from billing.pricing.contradictions import check_change
from billing.pricing.due import effective_date
from billing.pricing.terms import When
from billing.pricing.timeline import ContradictoryTimeline
from billing.sellers.queries import today

LATEST = 2**63 - 1  # Behind every position that the database has given.


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """
    What shall change. `on` is the day (None: the seller's today); `when` moves it to the end of
    the period that it lies in.
    """

    kind: SubscriptionChange.Kind
    on: date | None = None
    when: When = When.NOW
    plan: Plan | None = None
    quantity: Decimal | None = None
    credit: str = "prorated"


@transaction.atomic
def start_subscription(
    *,
    contract: Contract,
    external_id: str | None,
    plan: Plan,
    quantity: Decimal,
    on: date | None,
    at: datetime,
) -> Subscription:
    """Start a subscription under a contract, today or on another day."""
    subscription = Subscription.objects.create(
        seller_id=contract.seller_id, contract=contract, external_id=external_id, created_at=at
    )
    request = ChangeRequest(kind=SubscriptionChange.Kind.START, on=on, plan=plan, quantity=quantity)
    change_subscription(subscription_id=subscription.id, request=request, at=at)
    return subscription


@transaction.atomic
def change_subscription(
    *, subscription_id: UUID, request: ChangeRequest, at: datetime
) -> SubscriptionChange:
    """
    Record a change of a subscription; the hook appends its event.

    :raises ContradictoryTimeline: if it contradicts what is known; the text names the remedy.
    """
    subscription = Subscription.objects.get(pk=subscription_id)
    contract = (
        Contract.objects.select_for_update(of=("self",))
        .select_related("seller")
        .get(pk=subscription.contract_id)
    )
    recorded_on = today(contract.seller, at=at)
    timeline = unpriced_timeline(contract, subscription.id)
    wanted_on = request.on or recorded_on
    if request.kind == SubscriptionChange.Kind.UNDO and wanted_on != recorded_on:
        raise ContradictoryTimeline(
            "An undo takes back what is pending on the day it is recorded: leave out the day."
        )
    change = SubscriptionChange(
        seller_id=contract.seller_id,
        subscription=subscription,
        position=LATEST,  # For the check; the database gives the real one.
        kind=request.kind,
        effective_on=effective_date(timeline.known(recorded_on), on=wanted_on, when=request.when),
        recorded_on=recorded_on,
        recorded_at=at,
        plan=request.plan,
        quantity=request.quantity,
        credit=request.credit,
    )
    terms = unpriced_terms(request.plan) if request.plan else None
    check_change(timeline, as_change(change, terms))
    change.save(force_insert=True)
    return change
