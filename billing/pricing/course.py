"""The course a subscription takes by its changes: parts on a plan, segments of constant terms."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from msgspec import Struct

from billing.pricing.conditions import ActiveDiscount, Conditions, Pricing, apply, next_turn, turned
from billing.pricing.prices import PlanTerms
from billing.pricing.schedule import Schedule
from billing.pricing.terms import Change, ChangeKind, Credit

_NEVER = date.max


class Segment(Struct, frozen=True):
    """Days of constant terms within a part; without end while nothing is known to end it."""

    starts_on: date
    ends_on: date | None
    prices: Mapping[str, Pricing]
    discounts: tuple[ActiveDiscount, ...]
    quantity: Decimal
    is_paused: bool
    is_trial: bool
    change: Change  # Whose terms hold.
    ended_by: Change | None  # None also where time alone ends it: a trial, a discount, a price.

    @property
    def is_paid(self) -> bool:
        """Whether recurring prices are owed for its days."""
        return not (self.is_paused or self.is_trial)


class Part(Struct, frozen=True):
    """Days on one plan whose billing periods go on."""

    starts_on: date
    ends_on: date | None
    plan: PlanTerms
    segments: tuple[Segment, ...]

    @property
    def codes(self) -> list[str]:
        """The codes of the prices that hold on any of its days, in the plan's order."""
        return list(dict.fromkeys(code for segment in self.segments for code in segment.prices))


class Course(Struct, frozen=True):
    """What happened to a subscription: its parts in order of time, and what ended it."""

    parts: tuple[Part, ...]
    schedule: Schedule | None
    cancellation: Change | None
    steps: tuple["Step", ...] = ()  # One for each segment.

    @property
    def starts_on(self) -> date | None:
        """The first day; None if it never started."""
        return self.parts[0].starts_on if self.parts else None

    def part_on(self, on: date) -> Part | None:
        """Return the part that a day belongs to; None before the start and after the end."""
        for part in reversed(self.parts):
            if part.starts_on <= on:
                return part if part.ends_on is None or on < part.ends_on else None
        return None

    @property
    def refunded_from(self) -> date:
        """The first day of what the cancellation gives back wholly; `date.max` if nothing."""
        end = self.cancellation
        if not self.parts or not self.schedule or not end or end.credit is not Credit.FULL:
            return _NEVER
        return max(self.parts[0].starts_on, self.schedule.slot(end.effective_on).starts_on)


class Step(Struct, frozen=True):
    """Where a segment begins: the conditions from a day on."""

    starts_on: date
    terms: Conditions
    change: Change
    is_turn: bool  # Time alone made it.


def course(
    changes: Sequence[Change], *, known_on: date | None = None, opening: Sequence[Step] = ()
) -> Course:
    """
    Return the course that standing changes, in the order they take effect, give a subscription.

    All changes of one day act together: what cancels out on a day leaves no trace. What lies
    behind the end is moot. `known_on` leaves out versions of prices that became known later. A
    course can be taken up where an `opening` leaves it, by changes that take effect later.
    """
    return course_of(*_steps(changes, known_on, opening))


class Courses:
    """
    The courses of one subscription that were asked for last.

    Billing asks for the same one again and again: what is owed, whether it is settled, when more
    is due.
    """

    _MOST = 4

    def __init__(self) -> None:
        """Remember none yet."""
        self._latest: dict[tuple[object, ...], tuple[object, Course]] = {}

    def of(
        self, changes: Sequence[Change], known_on: date | None, opening: tuple[Step, ...]
    ) -> Course:
        """Return `course` of them."""
        known_on = _known(changes, opening, known_on)
        key = (known_on, id(opening), *map(id, changes))
        if key in self._latest:
            return self._latest[key][1]
        if len(self._latest) >= self._MOST:
            self._latest.clear()
        found = course(changes, known_on=known_on, opening=opening)
        self._latest[key] = (changes, opening), found  # Kept, so that no other has their ids.
        return found


def _known(
    changes: Iterable[Change], opening: Iterable[Step], known_on: date | None
) -> date | None:
    """Return by which day's knowledge of prices a course goes; None if all is known by then."""
    plans = [change.plan for change in changes if change.plan]
    plans += [step.terms.plan for step in opening]
    is_all_known = known_on is None or all(
        price.recorded_on is None or price.recorded_on <= known_on
        for plan in plans
        for price in plan.prices
    )
    return None if is_all_known else known_on


def course_of(steps: Sequence[Step], cancellation: Change | None = None) -> Course:
    """Return the course that goes by steps, in order of time, and ends with a cancellation."""
    if not steps:
        return Course((), None, cancellation)
    ends: list[date | None] = [step.starts_on for step in steps[1:]]
    ends.append(cancellation.effective_on if cancellation else None)
    enders = [None if step.is_turn else step.change for step in steps[1:]]
    enders.append(cancellation)
    spans = zip(steps, ends, enders, strict=True)
    parts = groupby(spans, key=lambda span: span[0].terms.part)
    return Course(
        tuple(_part(tuple(found)) for _, found in parts),
        steps[-1].terms.schedule,
        cancellation,
        tuple(steps),
    )


def _steps(
    changes: Sequence[Change], known_on: date | None, opening: Sequence[Step]
) -> tuple[list[Step], Change | None]:
    steps = list(opening)
    for on, group in groupby(changes, key=attrgetter("effective_on")):
        _take_turns(steps, on, known_on)
        before = steps[-1].terms if steps else None
        if before and next_turn(before, steps[-1].starts_on, known_on) == on:
            before = turned(before, on, known_on)
        terms = before
        for change in group:
            if change.kind is ChangeKind.CANCEL:
                return steps, change
            terms = apply(before, terms, change, known_on)
        if terms:
            # Other billing periods may end a discount, or begin a price's version, on this day.
            steps.append(Step(on, turned(terms, on, known_on), change, is_turn=False))
    _take_turns(steps, _NEVER, known_on)
    return steps, None


def _take_turns(steps: list[Step], before: date, known_on: date | None) -> None:
    """Append what time alone changes up to a day: trials, discounts and prices end."""
    while steps:
        last = steps[-1]
        turn = next_turn(last.terms, last.starts_on, known_on)
        if turn >= before:
            return
        terms = turned(last.terms, turn, known_on)
        steps.append(Step(turn, terms, last.change, is_turn=True))


def _part(spans: Sequence[tuple[Step, date | None, Change | None]]) -> Part:
    first, last_end = spans[0][0], spans[-1][1]
    segments = tuple(_segment(step, ends_on, by) for step, ends_on, by in spans)
    return Part(first.starts_on, last_end, first.terms.plan, segments)


def _segment(step: Step, ends_on: date | None, ended_by: Change | None) -> Segment:
    terms = step.terms
    return Segment(
        starts_on=step.starts_on,
        ends_on=ends_on,
        prices=terms.prices,
        discounts=terms.discounts,
        quantity=terms.quantity,
        is_paused=terms.is_paused,
        is_trial=terms.trial_until is not None and step.starts_on < terms.trial_until,
        change=step.change,
        ended_by=ended_by,
    )
