"""Redeeming coupons: a discount of a subscription, with the terms that the coupon promises."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from billing.catalog.models import Coupon
from billing.contracts.commands.change import ChangeRequest, change_subscription, checked_change
from billing.contracts.models import Contract, CouponRedemption, Subscription, SubscriptionChange
from billing.contracts.queries import unpriced_timeline
from billing.pricing.terms import Discount
from billing.sellers.queries import today


class CouponRefused(Exception):
    """A coupon can't be redeemed; the text says why."""

    field = "coupon"


class UnknownCoupon(CouponRefused):
    """The seller has no coupon of this code."""


class CouponNotValid(CouponRefused):
    """The coupon can't be redeemed on the day."""


class CouponUsedUp(CouponRefused):
    """The coupon was redeemed as often as it can be."""


class CouponOfOtherCurrency(CouponRefused):
    """The coupon takes off an amount in another currency than the contract's."""


class CouponNotForPlan(CouponRefused):
    """The coupon isn't good for the plan."""


class CouponRedeemedAlready(CouponRefused):
    """The customer had the coupon, which each customer has once only."""


@transaction.atomic
def redeem_coupon(
    *, subscription_id: UUID, code: str, request: ChangeRequest, at: datetime
) -> SubscriptionChange:
    """
    Redeem a coupon: record a discount on its terms; `request` says from which day on.

    The day on which it must be valid is the seller's today, whenever the discount begins. The plan
    is that of the discount's first day; a later change of plan keeps the discount.

    :raises CouponRefused: if the coupon can't be redeemed; each reason has its own subclass.
    :raises ContradictoryTimeline: if the discount contradicts what is known of the subscription.
    """
    subscription = Subscription.objects.get(pk=subscription_id)
    # Contracts before coupons, as everywhere.
    contract = (
        Contract.objects.select_for_update(of=("self",))
        .select_related("seller")
        .get(pk=subscription.contract_id)
    )
    redeemed_on = today(contract.seller, at=at)
    # Who redeems it next waits, and counts this redemption.
    coupon = _coupon(Coupon.objects.select_for_update(), contract, code)
    _check_coupon(coupon, contract, on=redeemed_on)
    wanted = replace(request, discount=_discount(coupon), coupon=coupon.code)
    change = change_subscription(subscription_id=subscription_id, request=wanted, at=at)
    _check_plan(coupon, contract, change)
    CouponRedemption.objects.create(
        seller_id=contract.seller_id,
        coupon=coupon,
        customer_id=contract.customer_id,
        subscription=subscription,
        change=change,
        redeemed_on=redeemed_on,
        created_at=at,
    )
    return change


def checked_redemption(
    *,
    contract: Contract,
    subscription: Subscription,
    code: str,
    request: ChangeRequest,
    at: datetime,
    after: Sequence[SubscriptionChange] = (),
) -> SubscriptionChange:
    """
    Return the discount that redeeming a coupon would record; nothing is stored.

    `after` are changes that aren't stored either: the start that it comes with.

    :raises CouponRefused: see `redeem_coupon`.
    :raises ContradictoryTimeline: see `redeem_coupon`.
    """
    coupon = _coupon(Coupon.objects.all(), contract, code)
    _check_coupon(coupon, contract, on=today(contract.seller, at=at))
    wanted = replace(request, discount=_discount(coupon), coupon=coupon.code)
    change = checked_change(
        contract=contract, subscription=subscription, request=wanted, at=at, after=after
    )
    _check_plan(coupon, contract, change, after=after)
    return change


def _coupon(coupons: QuerySet[Coupon], contract: Contract, code: str) -> Coupon:
    coupon = coupons.filter(seller=contract.seller, code__iexact=code).first()
    if coupon is None:
        raise UnknownCoupon("There is no such coupon.")
    return coupon


def _check_coupon(coupon: Coupon, contract: Contract, *, on: date) -> None:
    if on < coupon.valid_from:
        raise CouponNotValid(f"The coupon {coupon} can be redeemed from {coupon.valid_from} on.")
    if coupon.valid_until and on >= coupon.valid_until:
        raise CouponNotValid(f"The coupon {coupon} could be redeemed before {coupon.valid_until}.")
    if coupon.currency and coupon.currency != contract.currency:
        raise CouponOfOtherCurrency(
            f"The coupon {coupon} is one of {coupon.currency}, the contract is charged in"
            f" {contract.currency}."
        )
    redeemed = CouponRedemption.objects.filter(coupon=coupon)
    if coupon.once_per_customer and redeemed.filter(customer=contract.customer_id).exists():
        raise CouponRedeemedAlready(f"The customer has redeemed the coupon {coupon} already.")
    if coupon.max_redemptions is not None and redeemed.count() >= coupon.max_redemptions:
        raise CouponUsedUp(f"The coupon {coupon} is used up: {coupon.max_redemptions} had it.")


def _check_plan(
    coupon: Coupon,
    contract: Contract,
    change: SubscriptionChange,
    *,
    after: Sequence[SubscriptionChange] = (),
) -> None:
    if coupon.plan_codes is None:
        return
    timeline = unpriced_timeline(contract, change.subscription_id, after=after)
    timeline = timeline.known(change.recorded_on)
    plans = [
        known.plan.code
        for known in timeline.changes
        if known.plan and known.effective_on <= change.effective_on
    ]
    if plans[-1] not in coupon.plan_codes:
        good_for = ", ".join(coupon.plan_codes)
        raise CouponNotForPlan(f"The coupon {coupon} is good for {good_for}, not for {plans[-1]}.")


def _discount(coupon: Coupon) -> Discount:
    return Discount(
        percent=coupon.percent,
        amount=coupon.amount,
        periods=coupon.periods,
        price_codes=tuple(coupon.price_codes) if coupon.price_codes else None,
    )
