"""Terms that nothing is known to end: what they owe next is known without reckoning it."""

from datetime import date

from billing.money import to_minor
from billing.pricing.course import Segment
from billing.pricing.facts import Facts
from billing.pricing.prices import PriceKind, PriceTerms, Timing
from billing.pricing.rating import full_price


def is_paid_ahead(facts: Facts) -> bool:
    """
    Return whether the period of a day, once charged, is charged for good.

    All of it was charged in advance, on terms that nothing is known to end: only new facts could
    change it.
    """
    part = facts.course.part_on(facts.until)
    if part is None or part.plan.minimum_commitment is not None or lasting(facts) is None:
        return False
    starts_on = facts.schedule.slot(facts.until).starts_on
    held = [each for each in part.segments if (each.ends_on or date.max) > starts_on]
    prices = [priced.price for each in held for priced in each.prices.values()]
    return all(price.kind is PriceKind.ONCE or _is_in_advance(price) for price in prices)


def sure_turn(facts: Facts) -> date | None:
    """
    Return the end of the period of a day if a next one surely owes something; None if it may not.

    It does if a price in advance goes on that costs something, undiminished.
    """
    segment = lasting(facts)
    if segment is None or not segment.is_paid or segment.discounts:
        return None
    costs = (_costs(priced.price, segment) for priced in segment.prices.values())
    return facts.schedule.slot(facts.until).ends_on if any(costs) else None


def lasting(facts: Facts) -> Segment | None:
    """Return the terms of a day if nothing is known that ends or changes them; None if it is."""
    part = facts.course.part_on(facts.until)
    if part is None or facts.course.cancellation or facts.next_pending != date.max:
        return None
    latest = part.segments[-1]
    return latest if latest.starts_on <= facts.until and latest.ends_on is None else None


def _costs(price: PriceTerms, segment: Segment) -> bool:
    is_bounded = price.minimum is not None or price.maximum is not None
    if is_bounded or not _is_in_advance(price):
        return False
    return to_minor(full_price(price, segment.quantity), price.currency) > 0


def _is_in_advance(price: PriceTerms) -> bool:
    return price.kind is PriceKind.RECURRING and price.timing is Timing.ADVANCE
