"""How an amount is reckoned: the share of a price, its bounds and what reduces it, unrounded."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from msgspec import Struct

from billing.money import EXACT, share_of
from billing.periods import Period
from billing.pricing.conditions import ActiveDiscount
from billing.pricing.metering import Rated, rate
from billing.pricing.prices import ZERO, PriceTerms, Proration
from billing.pricing.proration import WHOLE, Share, share
from billing.pricing.rating import full_price, percent_of
from billing.pricing.stretches import Stretch
from billing.pricing.usage import Bucket, Window, measured


@dataclass(frozen=True, slots=True)
class Reduction:
    """What one discount takes off."""

    change_id: str
    percent: Decimal | None
    taken: Decimal


class Reckoning(Struct, frozen=True, kw_only=True):
    """
    How the amount of a stretch comes about, unrounded.

    `full_price` is that of a whole period. `begun` is what the same price owes already: for the
    period where a begun one is owed whole, for earlier days of it where usage is counted on.
    `minimum` and `maximum` are set where they decide.
    """

    amount: Decimal
    full_price: Decimal
    begun: Decimal = ZERO
    portion: Share = WHOLE
    quantity: Decimal
    rated: Rated | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    reductions: tuple[Reduction, ...] = ()


@dataclass(slots=True)
class _Tally:
    """What the earlier stretches of a price in a period come to: as priced, raised, and owed."""

    priced: Decimal = ZERO
    raised: Decimal = ZERO
    owed: Decimal = ZERO


@dataclass(slots=True)
class Books:
    """
    What was reckoned so far of one timeline: later amounts depend on it.

    `tallies` are by price and billing period, `spent` by discount and billing period; `counted`
    are the counts of usage, by price and first day, of which something was owed. Usage is charged
    as it was known on `usage_known_on`.
    """

    zone: str
    usage_known_on: date
    begun: dict[str, tuple[date, Decimal]] = field(default_factory=dict)
    tallies: dict[tuple[str, date], "_Tally"] = field(default_factory=dict)
    spent: defaultdict[tuple[str, date], list[tuple[Period, Decimal]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    counted: set[tuple[str, date]] = field(default_factory=set)


def reckon(stretch: Stretch, books: Books) -> Reckoning:
    """Return what a stretch of a recurring or single price owes."""
    price = stretch.pricing.price
    full = full_price(price, stretch.quantity)
    begun = _begun_already(price, stretch, full, books)
    portion = _portion(price, (Period(stretch.starts_on, stretch.ends_on),), stretch, books.zone)
    amount = share_of(max(EXACT.subtract(full, begun), ZERO), portion.used, portion.whole)
    if price.minimum is None and price.maximum is None and not stretch.discounts:
        return Reckoning(
            amount=amount,
            full_price=full,
            begun=begun,
            portion=portion,
            quantity=stretch.quantity,
        )
    bounded = _bounded(amount, stretch, portion, portion, books)
    return Reckoning(
        amount=bounded.amount,
        full_price=full,
        begun=begun,
        portion=portion,
        quantity=stretch.quantity,
        minimum=bounded.minimum,
        maximum=bounded.maximum,
        reductions=bounded.reductions,
    )


def reckon_usage(stretch: Stretch, buckets: Sequence[Bucket], books: Books) -> Reckoning | None:
    """
    Return what the usage of a stretch owes; None if no day of it is paid and nothing was used.

    Usage is counted on from the beginning of the plan's part of the period: what the days before
    come to is taken off.
    """
    price = stretch.pricing.price
    after = _rated(stretch, buckets, books, stretch.ends_on)
    if not stretch.paid and not after.is_used:
        return None
    begun, before = ZERO, ZERO
    count = price.code, stretch.rated_from
    if count in books.counted:
        earlier = _rated(stretch, buckets, books, stretch.starts_on)
        begun, before = earlier.amount, earlier.quantity
    books.counted.add(count)
    # Days of a trial before the first billing period are no days of it.
    starts_on = max(stretch.starts_on, stretch.slot.starts_on)
    most = WHOLE
    if starts_on < stretch.ends_on and (stretch.paid or not _is_whole_period(stretch)):
        most = _portion(price, (Period(starts_on, stretch.ends_on),), stretch, books.zone)
    least = _portion(price, stretch.paid, stretch, books.zone)
    bounded = _bounded(EXACT.subtract(after.amount, begun), stretch, least, most, books)
    return Reckoning(
        amount=bounded.amount,
        full_price=after.amount,
        begun=begun,
        portion=most,
        quantity=EXACT.subtract(after.quantity, before),
        rated=after,
        minimum=bounded.minimum,
        maximum=bounded.maximum,
        reductions=bounded.reductions,
    )


def used_up_to(
    stretch: Stretch,
    reckoned: Reckoning,
    buckets: Sequence[Bucket],
    books: Books,
    on: date,
) -> Decimal:
    """Return how much of what a stretch owes is for its usage before a day, unrounded."""
    upto = _rated(stretch, buckets, books, min(on, stretch.ends_on))
    if not upto.is_used:
        return ZERO
    tried = upto.amount
    if stretch.starts_on > stretch.rated_from:
        begun = _rated(stretch, buckets, books, stretch.starts_on).amount
        tried = EXACT.subtract(tried, begun)
    priced = EXACT.subtract(reckoned.full_price, reckoned.begun)
    if priced > reckoned.amount:  # A discount or the maximum leaves the same share of each day.
        return share_of(reckoned.amount, tried, priced)
    return tried


def _is_whole_period(stretch: Stretch) -> bool:
    slot = stretch.slot
    return (stretch.starts_on, stretch.ends_on) == (slot.starts_on, slot.ends_on)


def _rated(stretch: Stretch, buckets: Sequence[Bucket], books: Books, ends_on: date) -> Rated:
    window = Window(
        starts_on=stretch.rated_from,
        ends_on=ends_on,
        level_from=stretch.slot.starts_on,
        base=stretch.slot.base,
        known_on=books.usage_known_on,
        zone=books.zone,
    )
    price = stretch.pricing.price
    return rate(price, measured(buckets, price, window))


@dataclass(frozen=True, slots=True)
class _Bounded:
    amount: Decimal
    minimum: Decimal | None
    maximum: Decimal | None
    reductions: tuple[Reduction, ...]


def _bounded(
    amount: Decimal, stretch: Stretch, least: Share, most: Share, books: Books
) -> _Bounded:
    """Raise to the minimum, take the discounts off, cut at the maximum: in this order."""
    price = stretch.pricing.price
    tally = books.tallies.setdefault((price.code, stretch.slot.starts_on), _Tally())
    raised = _raised(amount, price, least, tally)
    minimum = raised if raised > amount else None
    rest, reductions = _reduced(raised, stretch, most, books)
    highest = _highest(stretch, most, tally)
    maximum = highest if highest is not None and rest > highest else None
    owed = rest if maximum is None else maximum
    tally.priced = EXACT.add(tally.priced, amount)
    tally.raised = EXACT.add(tally.raised, raised)
    tally.owed = EXACT.add(tally.owed, owed)
    return _Bounded(owed, minimum, maximum, reductions)


def _raised(amount: Decimal, price: PriceTerms, least: Share, tally: _Tally) -> Decimal:
    if price.minimum is None:
        return amount
    lowest = share_of(price.minimum, least.used, least.whole)
    if price.proration is not Proration.NONE:
        return max(amount, lowest)
    # The minimum is that of all stretches together: what an earlier one was raised by counts.
    together = max(EXACT.add(tally.priced, amount), lowest)
    return max(EXACT.subtract(together, tally.raised), min(amount, ZERO))


def _highest(stretch: Stretch, most: Share, tally: _Tally) -> Decimal | None:
    """Return the most that a stretch owes; None if there is no maximum."""
    price = stretch.pricing.price
    if price.maximum is None:
        return None
    highest = share_of(price.maximum, most.used, most.whole)
    if price.proration is Proration.NONE or stretch.rated_from < stretch.slot.starts_on:
        # Its stretches have the whole maximum in common.
        highest = min(highest, max(EXACT.subtract(price.maximum, tally.owed), ZERO))
    return highest


def _reduced(
    amount: Decimal, stretch: Stretch, portion: Share, books: Books
) -> tuple[Decimal, tuple[Reduction, ...]]:
    """Take percentages off, one after the other on the rest, then amounts; never below zero."""
    taken: list[Reduction] = []
    ordered = sorted(stretch.discounts, key=lambda discount: discount.terms.percent is None)
    for discount in ordered:
        percent = discount.terms.percent
        if percent is not None:
            off = percent_of(amount, percent)
        else:
            spent = books.spent[discount.change_id, stretch.slot.starts_on]
            off = max(min(amount, _left(discount, spent, stretch, portion)), ZERO)
            spent.append((Period(stretch.starts_on, stretch.ends_on), off))
        amount = EXACT.subtract(amount, off)
        taken.append(Reduction(discount.change_id, percent, off))
    return amount, tuple(taken)


def _left(
    discount: ActiveDiscount,
    spent: Sequence[tuple[Period, Decimal]],
    stretch: Stretch,
    portion: Share,
) -> Decimal:
    """Return what is left of a discount's amount for a stretch; it counts once per period."""
    most = discount.terms.amount or ZERO
    in_all = on_its_days = ZERO
    for days, amount in spent:
        in_all = EXACT.add(in_all, amount)
        starts_on = max(days.starts_on, stretch.starts_on)
        overlap = (min(days.ends_on, stretch.ends_on) - starts_on).days
        if overlap > 0:
            on_its_days = EXACT.add(on_its_days, share_of(amount, overlap, days.days))
    share_left = EXACT.subtract(share_of(most, portion.used, portion.whole), on_its_days)
    return min(share_left, EXACT.subtract(most, in_all))


def _portion(price: PriceTerms, days: Sequence[Period], stretch: Stretch, zone: str) -> Share:
    base = stretch.slot.base
    shares = [share(price.proration, part=part, period=base, zone=zone) for part in days]
    if not shares:
        return Share(0, 1)
    if len(shares) == 1:
        return shares[0]
    if price.proration is Proration.NONE:
        return WHOLE
    return Share(sum(part.used for part in shares), shares[0].whole)


def _begun_already(price: PriceTerms, stretch: Stretch, full: Decimal, books: Books) -> Decimal:
    """Return what an undivided price owes already for the period, and remember the higher."""
    if price.proration is not Proration.NONE:
        return ZERO
    period, paid = books.begun.get(price.code, (stretch.slot.starts_on, ZERO))
    if period != stretch.slot.starts_on:
        paid = ZERO
    books.begun[price.code] = (stretch.slot.starts_on, max(paid, full))
    return paid
