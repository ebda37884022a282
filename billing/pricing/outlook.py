"""What a subscription will cost in a period to come, by the facts that are known today."""

from collections.abc import Sequence
from datetime import date
from itertools import islice

from billing.periods import Period
from billing.pricing.difference import Line, difference
from billing.pricing.facts import Facts, facts_on
from billing.pricing.owed import owed
from billing.pricing.prices import PriceKind
from billing.pricing.timeline import Timeline, standing

_NEVER = date.max
_SLOTS_LOOKED_AT = 5  # A stub, and what a cycle that is cut short leaves, come before a full one.


def next_full_period(timeline: Timeline, *, since: date) -> Period | None:
    """
    Return the first whole billing period from a day on that is to be paid.

    None if there will be none: the subscription ends before, or is paused with no end known.
    """
    changes = standing(timeline.changes)
    on = since
    while True:
        facts = facts_on(changes, on, timeline.known_on, timeline.opening, timeline.courses)
        period = _full_period(facts, on)
        if period and period.starts_on < facts.next_pending:
            return period
        if facts.next_pending == _NEVER:
            return None
        on = facts.next_pending


def lines_of_period(timeline: Timeline, period: Period) -> Sequence[Line]:
    """
    Return the lines that a billing period of a subscription comes to, whenever they are due.

    What is charged once isn't among them. Usage is what the timeline holds of it.
    """
    items = [
        item
        for item in owed(timeline, until=period.ends_on, since=period.starts_on)
        if item.slot_starts_on == period.starts_on and item.price.kind is not PriceKind.ONCE
    ]
    return difference(items, (), prices=timeline.prices, known=timeline)


def _full_period(facts: Facts, since: date) -> Period | None:
    """Return the first whole period on the terms that hold on a day, after a trial or a stub."""
    part = facts.course.part_on(since) if facts.course.parts else None
    paid = [
        segment
        for segment in (part.segments if part else ())
        if segment.is_paid and (segment.ends_on is None or segment.ends_on > since)
    ]
    if not paid:
        return None
    first = max(since, paid[0].starts_on)
    for slot in islice(facts.schedule.slots(first), _SLOTS_LOOKED_AT):
        period = Period(slot.starts_on, slot.ends_on)
        if period == slot.base and period.starts_on >= first:
            return period
    return None
