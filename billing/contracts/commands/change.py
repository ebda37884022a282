"""Changing subscriptions: each change is a new fact, checked against the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from uuid import UUID

from django.db import transaction

from billing.catalog.models import Plan
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.contracts.queries import (
    contract_term,
    timeline_to_check,
    unpriced_timeline,
    written_terms,
)
from billing.money import check_whole_minor
from billing.pricing.agreement import Term
from billing.pricing.contradictions import check_change
from billing.pricing.due import effective_date
from billing.pricing.terms import (
    ChangeKind,
    Discount,
    Override,
    When,
)
from billing.pricing.timeline import ContradictoryTimeline, Timeline, WrongChange
from billing.sellers.queries import today

LATEST = 2**62  # Behind every position that the database has given.
Kind = SubscriptionChange.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """
    What shall change. `on` is the day (None: the seller's today); `when` moves it to the end of
    the period or of the contract's term that it lies in.

    Of the next four, one belongs to each of the kinds override_price, discount, set_anchor_day and
    index_prices (in percent). `coupon` names the coupon that a discount comes from: see
    `redeem_coupon`, which gives it.
    """

    kind: SubscriptionChange.Kind
    on: date | None = None
    when: When = When.NOW
    plan: Plan | None = None
    quantity: Decimal | None = None
    credit: str = "prorated"
    override: Override | None = None
    discount: Discount | None = None
    anchor_day: int | None = None
    percent: Decimal | None = None
    coupon: str | None = None


@transaction.atomic
def change_subscription(
    *, subscription_id: UUID, request: ChangeRequest, at: datetime
) -> SubscriptionChange:
    """
    Record a change of a subscription; the hook appends its event.

    :raises WrongChange: if it says what no change can; it names the field.
    :raises ContradictoryTimeline: if it contradicts what is known, or the contract's term; the
        text names the remedy.
    :raises PriceMissing: if what it makes owed couldn't be priced.
    """
    subscription = Subscription.objects.get(pk=subscription_id)
    contract = (
        Contract.objects.select_for_update(of=("self",))
        .select_related("seller")
        .get(pk=subscription.contract_id)
    )
    change = checked_change(contract=contract, subscription=subscription, request=request, at=at)
    change.save(force_insert=True)
    return change


def checked_change(
    *,
    contract: Contract,
    subscription: Subscription,
    request: ChangeRequest,
    at: datetime,
    after: Sequence[SubscriptionChange] = (),
) -> SubscriptionChange:
    """
    Return a change as it would be recorded; nothing is stored. Its position is behind all others.

    `after` are changes that aren't stored either, and would be recorded before it.

    :raises ContradictoryTimeline: see `change_subscription`.
    :raises PriceMissing: see `change_subscription`.
    """
    for name, problem in _problems(request, currency=contract.currency):
        raise WrongChange(problem, field=name)
    recorded_on = today(contract.seller, at=at)
    timeline = unpriced_timeline(contract, subscription.id, after=after).known(recorded_on)
    term = contract_term(contract)
    _check_undo(timeline, request, term=term, recorded_on=recorded_on)
    change = SubscriptionChange(
        seller_id=contract.seller_id,
        subscription=subscription,
        position=LATEST + len(after),  # For the check; the database gives the real one.
        kind=request.kind,
        effective_on=_effective_on(timeline, request, term=term, recorded_on=recorded_on),
        recorded_on=recorded_on,
        recorded_at=at,
        plan=request.plan,
        quantity=request.quantity,
        credit=request.credit,
        terms=written_terms(
            discount=request.discount,
            override=request.override,
            anchor_day=request.anchor_day,
            percent=request.percent,
            coupon=request.coupon,
        ),
    )
    whole, new = timeline_to_check(contract, change, after=after)
    check_change(whole, new, term=term)
    return change


def _problems(request: ChangeRequest, *, currency: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with what is asked for, each with its field."""
    amount = request.discount.amount if request.discount else None
    if amount is not None and (problem := check_whole_minor(amount, currency)):
        yield "amount", f"A discount of {problem}."


def _check_undo(
    timeline: Timeline, request: ChangeRequest, *, term: Term | None, recorded_on: date
) -> None:
    if request.kind != Kind.UNDO:
        return
    if request.on not in (None, recorded_on):
        raise WrongChange(
            "An undo takes back what is pending on the day it is recorded: leave out the day.",
            field="on",
        )
    pending = [change for change in timeline.changes if change.effective_on > recorded_on]
    latest = max(pending, key=attrgetter("position"), default=None)
    ends_by_itself = term is not None and term.renewal_months == 0
    if ends_by_itself and latest and latest.kind is ChangeKind.CANCEL:
        raise ContradictoryTimeline(
            f"The contract ends by itself on {latest.effective_on}, which can't be undone: make a "
            "new contract for what comes after it."
        )


def _effective_on(
    timeline: Timeline, request: ChangeRequest, *, term: Term | None, recorded_on: date
) -> date:
    """Return the day of a change. Notice for the term's end is given on the day it is recorded."""
    if term and request.kind == Kind.CANCEL and request.when is When.TERM_END:
        return term.earliest_end(notice_on=recorded_on)
    on = request.on or recorded_on
    return effective_date(timeline, on=on, when=request.when, term=term)
