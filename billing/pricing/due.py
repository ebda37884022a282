"""When a subscription owes something next, and when an ordered change takes effect."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from billing.pricing.agreement import Term
from billing.pricing.facts import Facts, facts_of, facts_on
from billing.pricing.lasting import sure_turn
from billing.pricing.owed import owed
from billing.pricing.prices import PriceKind
from billing.pricing.stretches import period_start, settled_on
from billing.pricing.terms import Change, ChangeKind, When
from billing.pricing.timeline import ContradictoryTimeline, Timeline, standing

_DAY = timedelta(days=1)
_NEVER = date.max


def next_due(timeline: Timeline, *, after: date) -> date | None:
    """
    Return the first day after a day on which what is owed changes without any new fact.

    The turn of a period with prices of usage counts, whatever was used; so does a day, after the
    end or in a pause, on which usage of the timeline became known. None if there is no such day:
    the subscription has ended, is paused with no resumption known, or has nothing to pay
    periodically.
    """
    changes = standing(timeline.changes)
    turn = _next_due_turn(timeline, changes, after)
    return _next_late_usage(timeline, changes, after, before=turn or _NEVER) or turn


def _next_due_turn(timeline: Timeline, changes: Sequence[Change], after: date) -> date | None:
    on = after
    while True:
        facts = facts_on(changes, on, timeline.known_on, timeline.opening, timeline.courses)
        if sure := sure_turn(facts):
            return sure
        turn = _next_turn(facts, on)
        if turn is None:
            return None
        if _depends_on_usage(facts, turn - _DAY) or _owes_other_than_the_day_before(
            timeline, changes, turn
        ):
            return turn
        if _goes_on_for_ever(facts, turn - _DAY):
            return None  # A whole period on the last terms owes nothing: so do all that follow.
        on = turn


def _next_late_usage(
    timeline: Timeline, changes: Sequence[Change], after: date, *, before: date
) -> date | None:
    """Return the next day on which usage became known that is charged on that very day."""
    days = {
        bucket.recorded_on
        for buckets in timeline.usage.values()
        for bucket in buckets
        if after < bucket.recorded_on < before
    }
    for on in sorted(days):
        facts = facts_on(changes, on, timeline.known_on, timeline.opening, timeline.courses)
        is_settled = settled_on(facts, timeline.usage.values()) == on
        if is_settled and _amounts(timeline, on, None) != _amounts(timeline, on - _DAY, None):
            return on
    return None


def turns_on(timeline: Timeline, on: date) -> bool:
    """
    Return whether something of a subscription is due on a day by what was known before that day.

    Then the facts recorded on the day are charged without it: it comes after them, on the terms
    that they leave. What a start begins on its own day is due as well.
    """
    eve = on - _DAY
    facts = facts_on(timeline.known(eve).changes, on, eve, timeline.opening, timeline.courses)
    if not facts.course.parts:
        return any(
            change.kind is ChangeKind.START and change.effective_on == on
            for change in timeline.known(on).changes
        )
    end = facts.course.cancellation
    if end:
        return end.effective_on == on
    segments = [segment for part in facts.course.parts for segment in part.segments]
    return facts.schedule.slot(on).starts_on == on or any(
        segment.starts_on == on for segment in segments
    )


def effective_date(timeline: Timeline, *, on: date, when: When, term: Term | None = None) -> date:
    """
    Return the day on which a change ordered on a day takes effect.

    :raises ContradictoryTimeline: for a period's end, if no billing period is running; for a
        term's end, if no term is agreed or it has no end.
    """
    return _WHEN[when](timeline, on, term)


def _now(_timeline: Timeline, on: date, _term: Term | None) -> date:
    return on


def _period_end(timeline: Timeline, on: date, _term: Term | None) -> date:
    facts = facts_of(timeline, on)
    if facts.course.part_on(on) is None:
        raise ContradictoryTimeline(
            f"No billing period is running on {on}: choose the day itself, or a day between the "
            "subscription's start and end.",
            field="when",
        )
    return facts.schedule.slot(on).ends_on


def _term_end(_timeline: Timeline, on: date, term: Term | None) -> date:
    if term is None:
        raise ContradictoryTimeline(
            "The contract has no term: choose now or period_end, or agree on a term.",
            field="when",
        )
    ends_on = term.end_after(on)
    if ends_on is None:
        raise ContradictoryTimeline(
            f"The contract runs for an indefinite time on {on}, so its term has no end: choose now "
            "or period_end.",
            field="when",
        )
    return ends_on


_WHEN: dict[When, Callable[[Timeline, date, Term | None], date]] = {
    When.NOW: _now,
    When.PERIOD_END: _period_end,
    When.TERM_END: _term_end,
}


def _next_turn(facts: Facts, after: date) -> date | None:
    """Return the next day on which something may become due: a turn, or a known change."""
    end = facts.course.cancellation
    if end and end.effective_on <= after:
        return None
    days = [facts.next_pending]
    part = facts.course.part_on(after)
    if part is not None:
        days += [segment.starts_on for segment in part.segments]
        days.append(facts.schedule.slot(after).ends_on)
    return min((day for day in days if after < day < _NEVER), default=None)


def _goes_on_for_ever(facts: Facts, on: date) -> bool:
    """Return whether the period of a day is a whole one on terms that nothing is known to end."""
    part = facts.course.part_on(on)
    if part is None or part.ends_on is not None or facts.next_pending != _NEVER:
        return False
    slot = facts.schedule.slot(on)
    is_whole = (slot.starts_on, slot.ends_on) == (slot.base.starts_on, slot.base.ends_on)
    return is_whole and slot.starts_on >= part.segments[-1].starts_on


def _depends_on_usage(facts: Facts, eve: date) -> bool:
    part = facts.course.part_on(eve)
    return part is not None and any(
        held.price.kind is PriceKind.USAGE
        for segment in part.segments
        for held in segment.prices.values()
    )


def _owes_other_than_the_day_before(
    timeline: Timeline, changes: Sequence[Change], on: date
) -> bool:
    if any(item.amount_minor for item in owed(timeline, until=on, since=on)):
        return True  # What begins on a day was not due the day before.
    eve = on - _DAY
    facts = facts_on(changes, eve, timeline.known_on, timeline.opening, timeline.courses)
    since = period_start(facts, eve) if facts.course.parts else None
    return _amounts(timeline, on, since) != _amounts(timeline, eve, since)


def _amounts(
    timeline: Timeline, until: date, since: date | None
) -> set[tuple[str, date, str, Decimal, int]]:
    return {
        (item.price.id, item.starts_on, item.tag, item.quantity, item.amount_minor)
        for item in owed(timeline, until=until, since=since)
        if item.amount_minor
    }
