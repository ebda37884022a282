"""When a subscription owes something next, and when an ordered change takes effect."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from billing.money import to_minor
from billing.pricing.course import Part, Segment
from billing.pricing.owed import owed
from billing.pricing.rating import full_price
from billing.pricing.stretches import facts_on
from billing.pricing.terms import Change, PriceKind, When
from billing.pricing.timeline import ContradictoryTimeline, Timeline, standing

_DAY = timedelta(days=1)


def next_due(timeline: Timeline, *, after: date) -> date | None:
    """
    Return the first day after a day on which what is owed changes without any new fact.

    None if it never will: the subscription has ended, is paused with no resumption known, or
    has nothing to pay periodically.
    """
    changes = standing(timeline.changes)
    on = _next_turn(changes, after)
    while on is not None and not _owes_other_than_the_day_before(timeline, changes, on):
        on = _next_turn(changes, on)
    return on


def effective_date(timeline: Timeline, *, on: date, when: When) -> date:
    """
    Return the day on which a change ordered on a day takes effect.

    :raises ContradictoryTimeline: for a period's end, if no billing period is running.
    """
    return _WHEN[when](timeline, on)


def _now(_timeline: Timeline, on: date) -> date:
    return on


def _period_end(timeline: Timeline, on: date) -> date:
    part = _part_on(standing(timeline.changes), on)
    if part is None:
        raise ContradictoryTimeline(
            f"No billing period is running on {on}: choose the day itself, or a day between the "
            "subscription's start and end."
        )
    return part.cycle.containing(on).ends_on


_WHEN: dict[When, Callable[[Timeline, date], date]] = {
    When.NOW: _now,
    When.PERIOD_END: _period_end,
}


def _next_turn(changes: Sequence[Change], after: date) -> date | None:
    """Return the next day on which something may become due: a period's turn or a change."""
    facts = facts_on(changes, after)
    if facts.course.cancellation:
        return None
    days = [change.effective_on for change in changes if change.effective_on > after][:1]
    part = facts.course.part_on(after)
    if part is not None:
        segment = part.segments[-1]
        # What no longer earns can still owe the arrears of the period in which it stopped.
        running = after if _earns(part, segment) else segment.starts_on - _DAY
        days.append(part.cycle.containing(running).ends_on)
    return min((day for day in days if day > after), default=None)


def _earns(part: Part, segment: Segment) -> bool:
    return not segment.is_paused and any(
        to_minor(full_price(price, segment.quantity), price.currency)
        for price in part.plan.prices
        if price.kind is PriceKind.RECURRING
    )


def _owes_other_than_the_day_before(
    timeline: Timeline, changes: Sequence[Change], on: date
) -> bool:
    eve = on - _DAY
    part = _part_on(changes, eve)
    since = part.cycle.containing(eve).starts_on if part else None
    return _amounts(timeline, on, since) != _amounts(timeline, eve, since)


def _amounts(
    timeline: Timeline, until: date, since: date | None
) -> set[tuple[str, date, Decimal, int]]:
    return {
        (item.price.id, item.starts_on, item.quantity, item.amount_minor)
        for item in owed(timeline, until=until, since=since)
        if item.amount_minor
    }


def _part_on(changes: Sequence[Change], on: date) -> Part | None:
    return facts_on(changes, on).course.part_on(on)
