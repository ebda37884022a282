"""
From which day on what is owed can still differ from what was charged.

What lies before is settled: it needs neither be computed nor compared again. So the cost of an
invoice grows with what happened of late, not with the age of the subscription.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from msgspec import structs

from billing.pricing.course import Part, Step, course_of
from billing.pricing.facts import Facts, facts_of, facts_on
from billing.pricing.lasting import is_paid_ahead
from billing.pricing.prices import PriceKind
from billing.pricing.stretches import period_start, runs, settled_on
from billing.pricing.timeline import Timeline

_DAY = timedelta(days=1)


def open_from(known: Timeline, *, charged_until: date, news: Iterable[date] = ()) -> date | None:
    """
    Return the first day of what can still differ from what was charged up to a day.

    `news` are the days from which facts say otherwise that weren't known when it was charged.
    Stretches that start before the day returned are charged as they are owed. None if it may be
    all: before the start, after the end, or if the news goes back to the start.
    """
    facts = _facts(known, charged_until)
    settled, known_on = settled_on(facts, known.usage.values()), known.known_on or date.max
    late = [
        bucket.day
        for buckets in known.usage.values()
        for bucket in buckets
        if settled < bucket.recorded_on <= known_on
    ]
    return period_start(facts, min([charged_until, *late, *(day - _DAY for day in news)]))


def open_by_now(timeline: Timeline, *, usage_known: Iterable[date] = ()) -> date | None:
    """
    Return the first day of what can still differ from what was charged of a timeline.

    `usage_known` are days of usage that became known since `usage_settled_on`.
    """
    settled = timeline.settled
    if settled is None:
        return None
    then = timeline.known(settled.known_on, settled.position)
    news = [
        change.effective_on
        for change in timeline.changes
        if change.recorded_on > settled.known_on or change.position > settled.position
    ]
    news += [
        price.valid_from or date.min + _DAY
        for plan in timeline.plans
        for price in plan.prices
        if price.recorded_on and price.recorded_on >= settled.known_on
    ]
    days = [*news, *(day + _DAY for day in usage_known)]
    facts = _facts(then, settled.until)
    if not days and is_paid_ahead(facts):
        return facts.schedule.slot(settled.until).ends_on
    return period_start(facts, min([settled.until, *(day - _DAY for day in days)]))


def usage_settled_on(timeline: Timeline) -> date:
    """Return the day up to which usage that was known on it is charged, whatever came later."""
    settled = timeline.settled
    if settled is None:
        return date.min
    then = timeline.known(settled.known_on, settled.position)
    return settled_on(_facts(then, settled.until), ())


def closed(timeline: Timeline, *, on: date) -> Timeline:
    """
    Return a timeline without the changes whose charges are settled; an opening stands for them.

    Everything that was recorded up to a day is charged up to that day. What is owed from the first
    open day on stays the same, unless a fact comes that takes effect, or usage of a day, before it.
    """
    known = timeline.known(on)
    since = open_from(known, charged_until=on)
    opening = tuple(_opening(known, since)) if since else ()
    if since is None or not opening:
        return timeline
    kept = [change for change in known.changes if change.effective_on >= since]
    later = [change for change in timeline.changes if change.recorded_on > on]
    return structs.replace(timeline, changes=(*kept, *later), opening=opening, open_from=since)


def _facts(known: Timeline, until: date) -> Facts:
    return facts_of(known, until)


def _opening(known: Timeline, since: date) -> Iterator[Step]:
    """Yield the steps that the terms on the eve of a day go back to."""
    before = [change for change in known.changes if change.effective_on < since]
    steps = facts_on(before, since, known.known_on, known.opening).course.steps
    parts = course_of([step for step in steps if step.starts_on < since]).parts
    needed = set(_beginnings(parts[-1])) if parts else set()
    yield from (step for step in steps if step.starts_on in needed)


def _beginnings(part: Part) -> Iterator[date]:
    """Yield the days that tell a price's present run, and its part, from what was before."""
    latest = part.segments[-1]
    yield from (part.starts_on, latest.starts_on)
    yield from [segment.starts_on for segment in part.segments if not segment.is_trial][:1]
    eves = {segment.ends_on: segment.starts_on for segment in part.segments}
    for code, held in latest.prices.items():
        for run in runs(part, code, is_usage=held.price.kind is PriceKind.USAGE)[-1:]:
            yield from (run.starts_on, eves.get(run.starts_on, part.starts_on))
