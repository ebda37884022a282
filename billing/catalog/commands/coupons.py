"""Writes of coupons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from uuid import UUID

from django.db import transaction

from billing.catalog.models import Coupon, Plan, Price
from billing.money import check_whole_minor
from billing.pricing.refused import Refused
from billing.sellers.models import Seller
from billing.sellers.queries import today

_Problem = tuple[str, str]  # The field that is at fault, and what is wrong with it.


class ContradictoryCoupon(Refused):
    """A coupon's terms exclude each other; the text names the remedy."""


class CouponEndsTooEarly(Exception):
    """A coupon can only end on a day that is still to come: what was redeemed stays."""

    field = "valid_until"


class CouponEndedAlready(Exception):
    """The last day of a coupon is set once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCoupon:
    """
    A coupon to be made: a percent, or an amount in a currency, off each of so many periods.

    Without `valid_from` it can be redeemed from the seller's today. None of periods, plans, prices
    and redemptions means: for ever, all, the recurring ones, without limit.
    """

    code: str
    percent: Decimal | None = None
    amount: Decimal | None = None
    currency: str = ""
    periods: int | None = None
    prices: Sequence[str] | None = None
    plans: Sequence[Plan] | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    max_redemptions: int | None = None
    once_per_customer: bool = False


def create_coupon(*, seller: Seller, new: NewCoupon, at: datetime) -> Coupon:
    """
    Record a coupon of a seller.

    :raises ContradictoryCoupon: if its terms exclude each other, or name what isn't there.
    :raises UnknownCurrency: if nothing can be charged in its currency.
    """
    valid_from = new.valid_from or today(seller, at=at)
    for name, problem in chain(
        _coupon_problems(new, valid_from), _coupon_promise_problems(seller, new)
    ):
        raise ContradictoryCoupon(problem, field=name)
    return Coupon.objects.create(
        seller=seller,
        code=new.code,
        percent=new.percent,
        amount=new.amount,
        currency=new.currency,
        periods=new.periods,
        price_codes=list(dict.fromkeys(new.prices)) if new.prices else None,
        plan_codes=list(dict.fromkeys(plan.code for plan in new.plans)) if new.plans else None,
        valid_from=valid_from,
        valid_until=new.valid_until,
        max_redemptions=new.max_redemptions,
        once_per_customer=new.once_per_customer,
        created_at=at,
    )


@transaction.atomic
def end_coupon(*, coupon_id: UUID, valid_until: date, at: datetime) -> Coupon:
    """
    End a coupon: `valid_until` is the first day on which it can't be redeemed any more.

    :raises CouponEndsTooEarly: if that day isn't after the seller's today, or its first day.
    :raises CouponEndedAlready: if it has an end.
    """
    coupons = Coupon.objects.select_for_update(of=("self",)).select_related("seller")
    coupon = coupons.get(pk=coupon_id)
    if coupon.valid_until:
        raise CouponEndedAlready(f"The coupon ends on {coupon.valid_until} already.")
    known_until = max(today(coupon.seller, at=at), coupon.valid_from)
    if valid_until <= known_until:
        raise CouponEndsTooEarly(
            f"The coupon may have been redeemed up to {known_until}: end it on a later day."
        )
    coupon.valid_until = valid_until
    coupon.save(update_fields=["valid_until"])
    return coupon


def _coupon_problems(new: NewCoupon, valid_from: date) -> Iterator[_Problem]:
    if new.percent is new.amount is None:
        yield "percent", "A coupon takes off either a percent or an amount: give one of the two."
    if new.percent is not None and new.amount is not None:
        yield "amount", "A coupon takes off a percent or an amount: leave out one of the two."
    if new.percent is not None and not 0 < new.percent <= 100:
        yield "percent", f"A coupon of {new.percent} percent: use more than 0, and 100 at most."
    if new.amount is not None and new.amount <= 0:
        yield "amount", f"A coupon of {new.amount}: its amount must be more than 0."
    if (new.amount is None) != (new.currency == ""):
        yield "currency", "A coupon has a currency if it takes off an amount, and only then."
    if new.valid_until and new.valid_until <= valid_from:
        yield "valid_until", f"The coupon begins on {valid_from}: its end must lie after that."


def _coupon_promise_problems(seller: Seller, new: NewCoupon) -> Iterator[_Problem]:
    """Yield what the coupon could not keep: an amount that no coin pays, prices of no plan."""
    if new.amount is not None and (problem := check_whole_minor(new.amount, new.currency)):
        yield "amount", f"A coupon of {problem}."
    if not new.prices:
        return
    prices = Price.objects.filter(seller=seller, plan__isnull=False)
    if new.plans:
        prices = prices.filter(plan__in=new.plans)
    known = set(prices.values_list("code", flat=True))
    for index, code in enumerate(new.prices):
        if code not in known:
            of = "its plans" if new.plans else "any plan"
            named = ", ".join(sorted(known)[:20]) or "none"
            problem = f"There is no price {code} of {of}: name one of theirs ({named})."
            yield f"prices.{index}", problem
