"""The stretches of a price: days of constant terms within one billing period, and when due."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from billing.periods import Period, day_after
from billing.pricing.course import Course, Part, course
from billing.pricing.rating import rated_quantity
from billing.pricing.terms import Change, ChangeKind, Credit, PriceKind, PriceTerms, Timing

_NEVER = date.max


@dataclass(frozen=True, slots=True)
class Facts:
    """What an engine looks at on a day: the standing facts and the course they give."""

    standing: Sequence[Change]
    until: date
    course: Course
    next_pending: date  # When the next known change takes effect; date.max if none will.


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of a billing period that a price is owed for on constant terms."""

    starts_on: date
    ends_on: date
    period: Period
    quantity: Decimal
    change: Change
    ended_by: Change | None
    due_on: date


@dataclass(frozen=True, slots=True)
class _Run:
    """Unpaused days on constant terms as one price sees them, over period bounds."""

    starts_on: date
    ends_on: date | None
    quantity: Decimal
    change: Change
    ended_by: Change | None


def facts_on(standing: Sequence[Change], until: date) -> Facts:
    """Return the facts as they stand on a day; `standing` is in the order of taking effect."""
    in_force = [change for change in standing if change.effective_on <= until]
    pending = standing[len(in_force) :]
    next_pending = pending[0].effective_on if pending else _NEVER
    return Facts(standing, until, course(in_force), next_pending)


def stretches(facts: Facts, part: Part, price: PriceTerms, since: date) -> Iterator[Stretch]:
    """Yield what is due of a price in a part, from the billing period that contains `since` on."""
    find = _TIMINGS[price.timing] if price.kind is PriceKind.RECURRING else _KINDS[price.kind]
    return find(facts, part, price, since)


def _once(_facts: Facts, part: Part, price: PriceTerms, since: date) -> Iterator[Stretch]:
    on = part.starts_on
    if on < since:
        return
    first = part.segments[0]
    day = Period(on, day_after(on))
    quantity = rated_quantity(price, first.quantity)
    yield Stretch(on, day.ends_on, day, quantity, first.change, None, on)


def _in_advance(facts: Facts, part: Part, price: PriceTerms, since: date) -> Iterator[Stretch]:
    refunded_from = facts.course.refunded_from or _NEVER
    for run in _runs(part, price):
        starts_before = min(_charged_before(run), day_after(facts.until), refunded_from)
        for starts_on, period in _starts(run, part, since, starts_before):
            rest = Period(starts_on, period.ends_on)
            ends_on, ender = _end_when_charged(facts, run, price, rest)
            if ends_on > starts_on:
                yield Stretch(
                    starts_on, ends_on, period, run.quantity, run.change, ender, starts_on
                )


def _in_arrears(facts: Facts, part: Part, price: PriceTerms, since: date) -> Iterator[Stretch]:
    for run in _runs(part, price):
        for starts_on, period in _starts(run, part, since, run.ends_on or _NEVER):
            # A plan's end makes all its parts due; a pause or another quantity does not.
            due_on = min(period.ends_on, part.ends_on or _NEVER)
            if due_on > facts.until:
                break
            ends_on, ender = _end_within(run, period)
            yield Stretch(starts_on, ends_on, period, run.quantity, run.change, ender, due_on)


_Finder = Callable[[Facts, Part, PriceTerms, date], Iterator[Stretch]]
_TIMINGS: dict[Timing, _Finder] = {Timing.ADVANCE: _in_advance, Timing.ARREARS: _in_arrears}
_KINDS: dict[PriceKind, _Finder] = {PriceKind.ONCE: _once}


def _runs(part: Part, price: PriceTerms) -> list[_Run]:
    runs: list[_Run] = []
    for segment in part.segments:
        if segment.is_paused:
            continue
        quantity = rated_quantity(price, segment.quantity)
        if runs and runs[-1].ends_on == segment.starts_on and runs[-1].quantity == quantity:
            runs[-1] = replace(runs[-1], ends_on=segment.ends_on, ended_by=segment.ended_by)
        else:
            runs.append(
                _Run(segment.starts_on, segment.ends_on, quantity, segment.change, segment.ended_by)
            )
    return runs


def _starts(run: _Run, part: Part, since: date, before: date) -> Iterator[tuple[date, Period]]:
    first = max(run.starts_on, since)
    if first >= before:
        return
    for period in part.cycle.periods(first):
        starts_on = max(run.starts_on, period.starts_on)
        if starts_on >= before:
            return
        yield starts_on, period


def _is_kept_paid(run: _Run) -> bool:
    change = run.ended_by
    return bool(change and change.kind is ChangeKind.CANCEL and change.credit is Credit.NONE)


def _charged_before(run: _Run) -> date:
    """Return the day from which no stretch of the run begins any more."""
    if run.ends_on is None:
        return _NEVER
    if run.ended_by and _is_kept_paid(run):
        # What had been charged before a backdated cancellation was recorded stays charged.
        return max(run.ends_on, run.ended_by.recorded_on)
    return run.ends_on


def _end_when_charged(
    facts: Facts, run: _Run, price: PriceTerms, rest: Period
) -> tuple[date, Change | None]:
    """Return where a stretch ends that starts with the rest of a period, and what ends it."""
    waived = run.ended_by if _is_kept_paid(run) else None
    charged_on = max(rest.starts_on, run.change.recorded_on)
    if waived and waived.recorded_on > charged_on:
        return _announced_end(facts, waived, price, rest, charged_on)
    if run.ends_on is None and facts.next_pending < rest.ends_on:
        return _announced_end(facts, None, price, rest, charged_on)
    return _end_within(run, rest)


def _announced_end(
    facts: Facts, waived: Change | None, price: PriceTerms, rest: Period, charged_on: date
) -> tuple[date, Change | None]:
    """Return the end that was known when the stretch was charged, a later change unheard of."""
    heard_of = course(
        [
            change
            for change in facts.standing
            if change is not waived
            and (change.effective_on <= rest.starts_on or change.recorded_on <= charged_on)
        ]
    )
    part = heard_of.part_on(rest.starts_on)
    if part and rest.starts_on < (heard_of.refunded_from or _NEVER):
        for run in _runs(part, price):
            if run.starts_on <= rest.starts_on < (run.ends_on or _NEVER):
                return _end_within(run, rest)
    return rest.starts_on, None


def _end_within(run: _Run, period: Period) -> tuple[date, Change | None]:
    if run.ends_on is None or period.ends_on < run.ends_on:
        return period.ends_on, None
    return run.ends_on, run.ended_by
