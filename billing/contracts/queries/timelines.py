"""Timelines of subscriptions as the pure engine's values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Max, Q
from msgspec import structs

from billing.catalog.models import Plan
from billing.catalog.queries import (
    Agreed,
    Offered,
    PriceMissing,
    agreed_terms,
    prices_of_plans,
    unpriced_terms,
)
from billing.contracts.events import SUBSCRIPTION_CHANGED
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.contracts.queries.changes import as_change
from billing.copying import plainly, relate
from billing.events.models import Failure
from billing.pricing.due import effective_date
from billing.pricing.prices import PlanTerms
from billing.pricing.terms import Change, ChangeKind, When
from billing.pricing.timeline import (
    ContradictoryTimeline,
    Settled,
    Timeline,
    never_in_force,
    standing,
)

_NEEDS_NO_PRICE = {ChangeKind.CANCEL, ChangeKind.PAUSE, ChangeKind.UNDO}


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

    The coupon that a subscription starts with is known at its start: it would else be charged in
    full first, and credited at once.
    """
    return Known(
        max(change.recorded_on, contract.billed_date or change.recorded_on),
        max(change.position, _redeemed_position(change), contract.billed_position),
    )


def _redeemed_position(change: SubscriptionChange) -> int:
    """Return the position of the discount by coupon that was recorded together with a start."""
    if change.kind != ChangeKind.START:
        return 0
    together = SubscriptionChange.objects.filter(
        subscription_id=change.subscription_id,
        kind=ChangeKind.DISCOUNT,
        recorded_at=change.recorded_at,
        effective_on=change.effective_on,
        terms__has_key="coupon",
    )
    latest: int | None = together.aggregate(latest=Max("position"))["latest"]
    return latest or 0


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


def known_so_far(contract: Contract, *, on: date) -> Known:
    """Return what is known on a day of the facts that are billed: others have their own event."""
    return Known(max(on, contract.billed_date or on), contract.billed_position)


class Agreements:
    """What was agreed of some contracts: their changes with the prices of their plans."""

    def __init__(self, contracts: Iterable[Contract], *, only: UUID | None = None) -> None:
        """Read it in as many queries for many contracts as for one; of `only` one subscription."""
        ids = [contract.id for contract in contracts]
        whose = Q(pk=only) if only else Q(contract__any_of=ids)
        subscribed = Subscription.objects.filter(whose)
        subscriptions = {row.id: row for row in plainly(subscribed, but=["created_at"])}
        changes = SubscriptionChange.objects.filter(subscription__any_of=subscriptions)
        rows = plainly(changes.order_by("position"))
        plans = Plan.objects.in_bulk({row.plan_id for row in rows} - {None})
        self._begun: dict[UUID, dict[UUID, Subscription]] = defaultdict(dict)
        self._changes: dict[UUID, list[SubscriptionChange]] = defaultdict(list)
        for row in rows:
            mine = subscriptions[row.subscription_id]
            relate(row, subscription=mine, plan=plans[row.plan_id] if row.plan_id else None)
            self._begun[mine.contract_id][mine.id] = mine
            self._changes[mine.id].append(row)
        self._prices = prices_of_plans(plans)

    def subscriptions(self, contract: Contract) -> list[Subscription]:
        """Return the subscriptions of a contract that have begun, in the order of their facts."""
        return list(self._begun.get(contract.id, {}).values())

    def timeline(self, contract: Contract, subscription_id: UUID) -> Timeline:
        """
        Return the whole timeline of a subscription.

        :raises PriceMissing: if a plan lacks a price that is on sale on the day it holds from.
        """
        return _priced_timeline(contract, self._changes[subscription_id], prices=self._prices)

    def timelines(
        self, contract: Contract, *, passes_over_failed: bool = False
    ) -> dict[UUID, Timeline]:
        """
        Return the whole timeline of each of a contract's subscriptions.

        A plan's terms hold all versions of the prices that were on sale for the day from which the
        plan holds, in the contract's currency.

        :raises PriceMissing: if a plan lacks a version of one of these prices for that day. With
            `passes_over_failed`, a subscription with a change that failed is left out instead.
        """
        found: dict[UUID, Timeline] = {}
        for subscription in self.subscriptions(contract):
            try:
                found[subscription.id] = self.timeline(contract, subscription.id)
            except PriceMissing:
                if not passes_over_failed or subscription.id not in _failed_subscriptions(contract):
                    raise
        return found


def timelines(
    contract: Contract, *, only: UUID | None = None, passes_over_failed: bool = False
) -> dict[UUID, Timeline]:
    """
    Return the whole timeline of each of the contract's subscriptions, or of `only` that one.

    :raises PriceMissing: as `Agreements.timelines` does.
    """
    agreements = Agreements([contract], only=only)
    return agreements.timelines(contract, passes_over_failed=passes_over_failed)


def _priced_timeline(
    contract: Contract,
    changes: Sequence[SubscriptionChange],
    *,
    prices: Mapping[UUID | None, Sequence[Offered]],
) -> Timeline:
    """
    Return a subscription's timeline from its changes and the prices of their plans.

    A change that was undone needs no prices, nor does a plan that is in force on no day.

    :raises PriceMissing: if a plan lacks one of its prices.
    """
    mine = changes[0].subscription
    zone, settled = contract.seller.timezone, _settled(mine)
    try:
        agreed = _all_priced(contract, changes, prices=prices)
    except PriceMissing:
        agreed = _as_far_as_priced(contract, changes, prices=prices)
    return Timeline(str(mine.id), agreed, zone, settled=settled)


def _all_priced(
    contract: Contract,
    changes: Sequence[SubscriptionChange],
    *,
    prices: Mapping[UUID | None, Sequence[Offered]],
) -> tuple[Change, ...]:
    """Return the changes with the prices of all plans, as it is if none was undone."""
    if any(row.kind == SubscriptionChange.Kind.UNDO for row in changes):
        return _as_far_as_priced(contract, changes, prices=prices)
    return tuple(as_change(row, _priced(contract, row, prices)) for row in changes)


def _as_far_as_priced(
    contract: Contract,
    changes: Sequence[SubscriptionChange],
    *,
    prices: Mapping[UUID | None, Sequence[Offered]],
) -> tuple[Change, ...]:
    unpriced = [as_change(change, _unpriced(change)) for change in changes]
    kept = {change.id for change in standing(unpriced)}
    priced: list[Change] = []
    for row, change in zip(changes, unpriced, strict=True):
        try:
            plan = _priced(contract, row, prices) if change.id in kept else change.plan
        except PriceMissing:
            if change.id not in never_in_force(unpriced):
                raise
            plan = change.plan
        priced.append(structs.replace(change, plan=plan))
    return tuple(priced)


def timeline_to_check(
    contract: Contract, new: SubscriptionChange, *, after: Sequence[SubscriptionChange] = ()
) -> tuple[Timeline, Change]:
    """
    Return a subscription's timeline and a change that is to be added, to check it against.

    `after` are changes that aren't recorded either, and come before it.

    What ends a subscription, pauses it or takes a change back can be recorded whatever the plans'
    prices: the timeline is then one without prices.

    :raises PriceMissing: if a plan lacks one of its prices; what it would owe can't be told.
    """
    try:
        whole = timeline_with(contract, *after, new)
    except PriceMissing:
        if new.kind not in _NEEDS_NO_PRICE:
            raise
        rows = [*_changes(contract, new.subscription_id), *after, new]
        whole = _unpriced_timeline(contract, rows)
    return structs.replace(whole, changes=whole.changes[:-1]), whole.changes[-1]


def timeline_with(contract: Contract, *new: SubscriptionChange) -> Timeline:
    """
    Return a subscription's timeline with changes that aren't recorded, or not yet.

    :raises PriceMissing: if a plan lacks one of its prices.
    """
    rows = [*_changes(contract, new[-1].subscription_id), *new]
    prices = prices_of_plans({row.plan_id for row in rows})
    try:
        return _priced_timeline(contract, rows, prices=prices)
    except PriceMissing as missing:
        if missing.plan_id == new[-1].plan_id:
            missing.field = "plan"
        raise


def unpriced_timeline(
    contract: Contract, subscription_id: UUID, *, after: Sequence[SubscriptionChange] = ()
) -> Timeline:
    """Return a subscription's timeline without prices: enough to date a change `after` others."""
    timeline = _unpriced_timeline(contract, [*_changes(contract, subscription_id), *after])
    return structs.replace(timeline, subscription_id=str(subscription_id))


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


def _failed_subscriptions(contract: Contract) -> set[UUID]:
    """Return the subscriptions of the contract of which a change failed and waits for a human."""
    open_failures = Failure.objects.filter(
        seller_id=contract.seller_id,
        state=Failure.State.OPEN,
        event__stream_id=contract.id,
        event__type=SUBSCRIPTION_CHANGED,
    )
    told = open_failures.values_list("event__payload__subscription_id", flat=True)
    return {UUID(subscription_id) for subscription_id in told}


def _settled(subscription: Subscription) -> Settled | None:
    until, known_on = subscription.charged_until, subscription.charged_known_on
    if until is None or known_on is None or subscription.charged_position is None:
        return None
    return Settled(until, known_on, subscription.charged_position)


def _priced(
    contract: Contract,
    change: SubscriptionChange,
    prices: Mapping[UUID | None, Sequence[Offered]],
) -> PlanTerms | None:
    """Return the terms of the plan that a change names, with its prices as they were agreed."""
    if change.plan is None:
        return None
    agreed = Agreed(on=change.effective_on, currency=contract.currency, at=change.recorded_at)
    return agreed_terms(change.plan, prices.get(change.plan_id, ()), agreed=agreed)


def _unpriced_timeline(contract: Contract, rows: Sequence[SubscriptionChange]) -> Timeline:
    changes = tuple(as_change(row, _unpriced(row)) for row in rows)
    subscription_id = str(rows[0].subscription_id) if rows else ""
    return Timeline(subscription_id, changes, contract.seller.timezone)


def _unpriced(change: SubscriptionChange) -> PlanTerms | None:
    return unpriced_terms(change.plan) if change.plan else None


def _changes(contract: Contract, only: UUID | None) -> list[SubscriptionChange]:
    whose = Q(subscription_id=only) if only else Q(subscription__contract=contract)
    return list(
        SubscriptionChange.objects.filter(whose)
        .select_related("plan", "subscription")
        .order_by("position")
    )
