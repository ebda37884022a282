"""Starting subscriptions."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.catalog.models import Plan
from billing.contracts.commands.agree import check_law
from billing.contracts.commands.change import ChangeRequest, change_subscription
from billing.contracts.commands.redeem import redeem_coupon
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.contracts.queries import contract_term
from billing.pricing.agreement import Term, TermNotAllowed
from billing.pricing.timeline import ContradictoryTimeline

Kind = SubscriptionChange.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """A subscription to be started. `on` is its first day (None: the seller's today)."""

    plan: Plan
    quantity: Decimal
    on: date | None = None
    external_id: str | None = None
    coupon: str | None = None


@transaction.atomic
def start_subscription(*, contract: Contract, new: NewSubscription, at: datetime) -> Subscription:
    """
    Start a subscription under a contract, and redeem the coupon that is named.

    If the contract ends by itself with its term, the cancellation for that day is recorded too.

    :raises ContradictoryTimeline: if the contract has ended by then.
    :raises PriceMissing: if the plan lacks a price in the contract's currency for that day.
    :raises CouponRefused: if the coupon can't be redeemed.
    :raises TermNotAllowed: if the law makes the contract's term void for the customer.
    """
    subscription = Subscription.objects.create(
        seller_id=contract.seller_id, contract=contract, external_id=new.external_id, created_at=at
    )
    request = ChangeRequest(kind=Kind.START, on=new.on, plan=new.plan, quantity=new.quantity)
    start = change_subscription(subscription_id=subscription.id, request=request, at=at)
    if new.coupon is not None:
        discount = ChangeRequest(kind=Kind.DISCOUNT, on=start.effective_on)
        redeem_coupon(subscription_id=subscription.id, code=new.coupon, request=discount, at=at)
    term = contract_term(contract)
    if term:
        _check_law(term, contract)
    if term and contract.renewal == Contract.Renewal.NONE:
        _end_with_term(start, term, at=at)
    return subscription


def _check_law(term: Term, contract: Contract) -> None:
    """Check the term once more: who pays may have become a consumer."""
    try:
        check_law(term, contract.customer)
    except TermNotAllowed as void:
        void.field = "contract"
        raise


def _end_with_term(start: SubscriptionChange, term: Term, *, at: datetime) -> None:
    ends_on = term.earliest_end(notice_on=start.recorded_on)
    if start.effective_on >= ends_on:
        raise ContradictoryTimeline(
            f"The contract ends by itself on {ends_on}: start the subscription earlier, or under a "
            "new contract.",
            field="on",
        )
    request = ChangeRequest(kind=Kind.CANCEL, on=ends_on)
    change_subscription(subscription_id=start.subscription_id, request=request, at=at)
