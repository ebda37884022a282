"""How an amount is reckoned: the share of a price, its bounds and what reduces it, unrounded."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from billing.money import EXACT, share_of
from billing.periods import Period
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
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
class Books:
    """What was reckoned so far of one timeline: later amounts depend on it."""

    zone: str
    begun: dict[str, tuple[date, Decimal]] = field(default_factory=dict)
    spent: defaultdict[tuple[str, date], list[tuple[Period, Decimal]]] = field(
        default_factory=lambda: defaultdict(list)
    )


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


def reckon_usage(
    stretch: Stretch, buckets: Sequence[Bucket], known_on: date, books: Books
) -> Reckoning | None:
    """
    Return what the usage of a stretch owes; None if no day of it is paid and nothing was used.

    Usage is counted on from the beginning of the plan's part of the period: what the days before
    come to is taken off.
    """
    price = stretch.pricing.price
    after = _rated(stretch, buckets, known_on, stretch.ends_on, books.zone)
    if not stretch.paid and not after.quantity:
        return None
    begun, before = ZERO, ZERO
    if stretch.starts_on > stretch.rated_from:
        earlier = _rated(stretch, buckets, known_on, stretch.starts_on, books.zone)
        begun, before = earlier.amount, earlier.quantity
    # Days of a trial before the first billing period are no days of it.
    starts_on = max(stretch.starts_on, stretch.slot.starts_on)
    most = WHOLE
    if stretch.paid and starts_on < stretch.ends_on:
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
    stretch: Stretch, buckets: Sequence[Bucket], known_on: date, on: date, zone: str
) -> Decimal:
    """Return what the usage of a stretch comes to before a day, unrounded, without bounds."""
    upto = _rated(stretch, buckets, known_on, min(on, stretch.ends_on), zone).amount
    if stretch.starts_on == stretch.rated_from:
        return upto
    begun = _rated(stretch, buckets, known_on, stretch.starts_on, zone).amount
    return EXACT.subtract(upto, begun)


def _rated(
    stretch: Stretch, buckets: Sequence[Bucket], known_on: date, ends_on: date, zone: str
) -> Rated:
    window = Window(
        starts_on=stretch.rated_from,
        ends_on=ends_on,
        level_from=stretch.slot.starts_on,
        base=stretch.slot.base,
        known_on=known_on,
        zone=zone,
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
    minimum = maximum = None
    if price.minimum is not None:
        lowest = share_of(price.minimum, least.used, least.whole)
        if amount < lowest:
            amount = minimum = lowest
    amount, reductions = _reduced(amount, stretch, most, books)
    if price.maximum is not None:
        highest = share_of(price.maximum, most.used, most.whole)
        if amount > highest:
            amount = maximum = highest
    return _Bounded(amount, minimum, maximum, reductions)


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
            most = share_of(discount.terms.amount or ZERO, portion.used, portion.whole)
            key = (discount.change_id, stretch.slot.starts_on)
            off = max(min(amount, EXACT.subtract(most, _spent(books.spent[key], stretch))), ZERO)
            books.spent[key].append((Period(stretch.starts_on, stretch.ends_on), off))
        amount = EXACT.subtract(amount, off)
        taken.append(Reduction(discount.change_id, percent, off))
    return amount, tuple(taken)


def _spent(earlier: Sequence[tuple[Period, Decimal]], stretch: Stretch) -> Decimal:
    """Return what other prices have used of a discount on the days of a stretch."""
    total = ZERO
    for days, amount in earlier:
        starts_on = max(days.starts_on, stretch.starts_on)
        overlap = (min(days.ends_on, stretch.ends_on) - starts_on).days
        if overlap > 0:
            total = EXACT.add(total, share_of(amount, overlap, days.days))
    return total


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
