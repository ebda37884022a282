"""What a subscription owes up to a day, as a pure function of its facts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from billing.money import share_of, to_minor
from billing.periods import Period
from billing.pricing.course import Part
from billing.pricing.facts import Facts, facts_of
from billing.pricing.prices import (
    PlanTerms,
    PriceKind,
    PriceTerms,
    Proration,
    commitment_price,
)
from billing.pricing.proration import Share, share
from billing.pricing.rating import ONE, unit_price
from billing.pricing.reckoning import Books, Reckoning, reckon, reckon_usage, used_up_to
from billing.pricing.schedule import Slot
from billing.pricing.stretches import Stretch, settled_on, stretches
from billing.pricing.terms import Change
from billing.pricing.timeline import Timeline


class Owed(Struct, frozen=True, kw_only=True):
    """
    An amount owed for a price and a stretch of constant terms, rounded once.

    `slot_starts_on` is the first day of the billing period as it is lived through, `period` the
    full one that its days are shares of. `tag` names the facts that make the price other than it
    is listed. `uncounted_minor` is the part that doesn't count towards a minimum commitment,
    `trial_until` the day after a trial of the plan.
    """

    price: PriceTerms
    plan: PlanTerms
    tag: str
    period: Period
    slot_starts_on: date
    starts_on: date
    ends_on: date
    quantity: Decimal
    unit_price: Decimal | None
    reckoning: Reckoning
    amount_minor: int
    uncounted_minor: int = 0
    due_on: date
    change: Change
    ended_by: Change | None
    trial_until: date | None = None


def owed(timeline: Timeline, *, until: date, since: date | None = None) -> tuple[Owed, ...]:
    """
    Return all that is owed and due up to and including a day, by the facts of the timeline.

    The facts are taken as they are: restrict them with `known` to what is known on that day.
    With `since`, the first day of a billing period, only the stretches that start on or after
    it: enough to renew a subscription without new facts; compare with the charges of those.
    """
    facts = facts_of(timeline, until)
    first = max(since or date.min, timeline.open_from)
    books = Books(timeline.zone, settled_on(facts, timeline.usage.values()))
    found: list[Owed] = []
    for part in facts.course.parts:
        mine = list(_of_part(timeline, facts, part, first, books))
        found += mine
        if part.plan.minimum_commitment:
            found += _true_ups(facts, part, mine, first, timeline.zone)
    return tuple(found)


def _of_part(
    timeline: Timeline, facts: Facts, part: Part, since: date, books: Books
) -> Iterator[Owed]:
    trial_until = _trial_until(part)
    for code in part.codes:
        for stretch in stretches(facts, part, code, since):
            if stretch.starts_on < since:
                continue
            price = stretch.pricing.price
            if price.kind is not PriceKind.USAGE:
                yield _owed(part, stretch, reckon(stretch, books))
                continue
            assert price.meter is not None
            buckets = timeline.usage.get(price.meter.id, ())
            reckoned = reckon_usage(stretch, buckets, books)
            if reckoned is None:
                continue
            uncounted = 0
            if trial_until and part.plan.minimum_commitment and stretch.starts_on < trial_until:
                tried = used_up_to(stretch, reckoned, buckets, books, trial_until)
                uncounted = to_minor(tried, price.currency)
            yield _owed(part, stretch, reckoned, uncounted_minor=uncounted)


def _owed(part: Part, stretch: Stretch, reckoned: Reckoning, *, uncounted_minor: int = 0) -> Owed:
    price = stretch.pricing.price
    return Owed(
        price=price,
        plan=part.plan,
        tag=_tag(stretch),
        period=stretch.slot.base,
        slot_starts_on=stretch.slot.starts_on,
        starts_on=stretch.starts_on,
        ends_on=stretch.ends_on,
        quantity=reckoned.quantity,
        unit_price=unit_price(price),
        reckoning=reckoned,
        amount_minor=to_minor(reckoned.amount, price.currency),
        uncounted_minor=uncounted_minor,
        due_on=stretch.due_on,
        change=stretch.change,
        ended_by=stretch.ended_by,
        trial_until=_trial_until(part),
    )


def _tag(stretch: Stretch) -> str:
    if not stretch.discounts:
        return stretch.pricing.tag
    taken = " ".join(f"discount {discount.change_id}" for discount in stretch.discounts)
    return f"{stretch.pricing.tag} {taken}".strip()


def _trial_until(part: Part) -> date | None:
    ends = [segment.ends_on for segment in part.segments if segment.is_trial]
    return ends[-1] if ends else None


def _true_ups(
    facts: Facts, part: Part, mine: Sequence[Owed], since: date, zone: str
) -> Iterator[Owed]:
    """Yield what is missing to the minimum commitment of each billing period that has ended."""
    part_ends_on = part.ends_on or date.max
    if since >= part_ends_on:
        return
    counted: defaultdict[date, int] = defaultdict(int)
    for item in mine:
        if item.price.kind is not PriceKind.ONCE:
            counted[item.slot_starts_on] += item.amount_minor - item.uncounted_minor
    for slot in facts.schedule.slots(max(part.starts_on, since)):
        days = Period(max(part.starts_on, slot.starts_on), min(part_ends_on, slot.ends_on))
        if days.ends_on > facts.until:
            return
        paid = _paid(part, days, slot.base, zone)
        yield _true_up(part, days, slot, counted[slot.starts_on], paid)
        if days.ends_on == part_ends_on:
            return


def _paid(part: Part, days: Period, base: Period, zone: str) -> Share:
    used = 0
    for segment in part.segments:
        starts_on = max(segment.starts_on, days.starts_on)
        ends_on = min(segment.ends_on or date.max, days.ends_on)
        if segment.is_paid and starts_on < ends_on:
            paid = Period(starts_on, ends_on)
            used += share(Proration.DAILY, part=paid, period=base, zone=zone).used
    return Share(used, base.days)


def _true_up(part: Part, days: Period, slot: Slot, counted: int, paid: Share) -> Owed:
    price = commitment_price(part.plan)
    assert price.amount is not None
    committed = share_of(price.amount, paid.used, paid.whole)
    return Owed(
        price=price,
        plan=part.plan,
        tag="",
        period=slot.base,
        slot_starts_on=slot.starts_on,
        starts_on=days.starts_on,
        ends_on=days.ends_on,
        quantity=ONE,
        unit_price=None,
        reckoning=Reckoning(amount=committed, full_price=price.amount, portion=paid, quantity=ONE),
        amount_minor=max(to_minor(committed, price.currency) - counted, 0),
        uncounted_minor=counted,
        due_on=days.ends_on,
        change=part.segments[0].change,
        ended_by=part.segments[-1].ended_by if days.ends_on == part.ends_on else None,
    )
