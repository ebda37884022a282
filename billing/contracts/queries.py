"""Reads of contracts: timelines as the pure engine's values, and what is due."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from uuid import UUID

from django.db.models import Min, Q

from billing.catalog.models import Price
from billing.catalog.queries import Agreed, PriceMissing, plan_terms, unpriced_terms
from billing.contracts.events import SUBSCRIPTION_CHANGED
from billing.contracts.models import Contract, SubscriptionChange
from billing.events.models import Failure
from billing.pricing.due import effective_date
from billing.pricing.prices import PlanTerms
from billing.pricing.terms import Change, ChangeKind, Credit, When
from billing.pricing.timeline import ContradictoryTimeline, Timeline, standing
from billing.sellers.models import Seller


@dataclass(frozen=True, slots=True)
class Known:
    """What is known when a contract is billed: the facts up to a day, and up to a position."""

    on: date
    position: int

    def of(self, timeline: Timeline) -> Timeline:
        """Return what is known of a timeline."""
        return timeline.known(self.on, position=self.position)


def known_to_change(contract: Contract, change: SubscriptionChange) -> Known:
    """
    Return what is known when a change is billed: the facts recorded up to it.

    A change that comes late, since it had failed, is billed as of the day up to which the contract
    is billed by now: what was charged in the meantime rests on later facts, and stays.
    """
    return Known(
        max(change.recorded_on, contract.billed_date or change.recorded_on),
        max(change.position, contract.billed_position),
    )


def known_on(contract: Contract, timelines: Iterable[Timeline], *, on: date) -> Known:
    """Return what is known when a day is billed: all facts recorded up to it; later if late."""
    if contract.billed_date and contract.billed_date > on:
        return Known(contract.billed_date, contract.billed_position)
    recorded = [
        change.position
        for timeline in timelines
        for change in timeline.changes
        if change.recorded_on <= on
    ]
    return Known(on, max([*recorded, contract.billed_position]))


def timelines(
    contract: Contract, *, only: UUID | None = None, passes_over_failed: bool = False
) -> dict[UUID, Timeline]:
    """
    Return the whole timeline of each of the contract's subscriptions, or of `only` that one.

    A plan's terms hold the version of each price that was on sale, when the change was recorded,
    for the day from which the plan holds, in the contract's currency.

    :raises PriceMissing: if a plan lacks such a version of one of its prices. With
        `passes_over_failed`, a subscription with a change that failed is left out instead.
    """
    changes = _changes(contract, only)
    prices: dict[UUID | None, list[Price]] = defaultdict(list)
    for price in Price.objects.filter(plan_id__in={change.plan_id for change in changes}):
        prices[price.plan_id].append(price)
    known: dict[UUID, list[SubscriptionChange]] = defaultdict(list)
    for change in changes:
        known[change.subscription_id].append(change)
    found: dict[UUID, Timeline] = {}
    for subscription_id, mine in known.items():
        try:
            found[subscription_id] = priced_timeline(contract, mine, prices=prices)
        except PriceMissing:
            if not passes_over_failed or subscription_id not in _failed_subscriptions(contract):
                raise
    return found


def priced_timeline(
    contract: Contract,
    changes: Sequence[SubscriptionChange],
    *,
    prices: Mapping[UUID | None, Sequence[Price]],
) -> Timeline:
    """
    Return a subscription's timeline from its changes and the prices of their plans.

    A change that was undone needs no prices.

    :raises PriceMissing: if a plan lacks one of its prices.
    """
    unpriced = [as_change(change, _unpriced(change)) for change in changes]
    kept = {change.id for change in standing(unpriced)}
    priced = []
    for row, change in zip(changes, unpriced, strict=True):
        if row.plan and change.id in kept:
            agreed = Agreed(on=row.effective_on, currency=contract.currency, at=row.recorded_at)
            terms = plan_terms(row.plan, prices.get(row.plan_id, ()), agreed=agreed)
            priced.append(replace(change, plan=terms))
        else:
            priced.append(change)
    subscription_id = str(changes[0].subscription_id)
    return Timeline(subscription_id, tuple(priced), contract.seller.timezone)


def unpriced_timeline(contract: Contract, subscription_id: UUID) -> Timeline:
    """Return a subscription's timeline without prices: enough to check a change and to date it."""
    changes = tuple(
        as_change(change, _unpriced(change)) for change in _changes(contract, subscription_id)
    )
    return Timeline(str(subscription_id), changes, contract.seller.timezone)


def next_turn(contract: Contract, *, after: date) -> date | None:
    """Return the first day after a day on which a period of the contract begins or ends."""
    turns: list[date] = []
    for subscription in contract.subscriptions.all():
        timeline = unpriced_timeline(contract, subscription.id).known(after)
        turns += [change.effective_on for change in timeline.changes]
        try:
            turns.append(effective_date(timeline, on=after, when=When.PERIOD_END))
        except ContradictoryTimeline:
            continue  # It isn't running.
    return min((turn for turn in turns if turn > after), default=None)


def as_change(change: SubscriptionChange, plan: PlanTerms | None) -> Change:
    """Return a recorded change as the engine's value."""
    return Change(
        id=str(change.id),
        position=change.position,
        recorded_on=change.recorded_on,
        effective_on=change.effective_on,
        kind=ChangeKind(change.kind),
        plan=plan,
        quantity=change.quantity,
        credit=Credit(change.credit),
    )


def contracts_due(seller: Seller, *, on: date, at_once: int) -> Iterator[list[Contract]]:
    """Yield the seller's contracts that are due on a day or before, in chunks, by date."""
    due = (
        Contract.objects.filter(seller=seller, next_billing_date__lte=on)
        .only("id", "seller_id", "next_billing_date")
        .order_by("next_billing_date", "id")
    )
    rows = due.iterator(chunk_size=at_once)
    while chunk := list(islice(rows, at_once)):
        yield chunk


def next_due_day(seller: Seller, *, after: date) -> date | None:
    """Return the first day after a day on which one of the seller's contracts is due."""
    later = Contract.objects.filter(seller=seller, next_billing_date__gt=after)
    first: date | None = later.aggregate(first=Min("next_billing_date"))["first"]
    return first


def _failed_subscriptions(contract: Contract) -> set[UUID]:
    """Return the subscriptions of the contract of which a change failed and waits for a human."""
    open_failures = Failure.objects.filter(
        seller_id=contract.seller_id,
        state=Failure.State.OPEN,
        event__stream_id=contract.pk,
        event__type=SUBSCRIPTION_CHANGED,
    )
    told = open_failures.values_list("event__payload__subscription_id", flat=True)
    return {UUID(subscription_id) for subscription_id in told}


def _unpriced(change: SubscriptionChange) -> PlanTerms | None:
    return unpriced_terms(change.plan) if change.plan else None


def _changes(contract: Contract, only: UUID | None) -> list[SubscriptionChange]:
    whose = Q(subscription_id=only) if only else Q(subscription__contract=contract)
    return list(
        SubscriptionChange.objects.filter(whose).select_related("plan").order_by("position")
    )
