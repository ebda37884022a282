"""The course a subscription takes by its changes: parts on a plan, segments of constant terms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from billing.periods import Cycle, cycle_from
from billing.pricing.rating import ONE
from billing.pricing.terms import Change, ChangeKind, Credit, PlanTerms


@dataclass(frozen=True, slots=True)
class Segment:
    """Days of constant terms within a part; without end while nothing is known to end it."""

    starts_on: date
    ends_on: date | None
    quantity: Decimal
    is_paused: bool
    change: Change  # Whose terms hold.
    ended_by: Change | None


@dataclass(frozen=True, slots=True)
class Part:
    """Days on one plan with one cycle of billing periods."""

    starts_on: date
    ends_on: date | None
    plan: PlanTerms
    cycle: Cycle
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What happened to a subscription: its parts in order of time, and what ended it."""

    parts: tuple[Part, ...]
    cancellation: Change | None

    def part_on(self, on: date) -> Part | None:
        """Return the part that a day belongs to; None before the start and after the end."""
        for part in reversed(self.parts):
            if part.starts_on <= on:
                return part if part.ends_on is None or on < part.ends_on else None
        return None

    @property
    def refunded_from(self) -> date | None:
        """The first day of the running period if the cancellation gives all of it back."""
        if not self.parts or not self.cancellation or self.cancellation.credit is not Credit.FULL:
            return None
        cycle = self.parts[-1].cycle
        same_cycle = [part.starts_on for part in self.parts if part.cycle == cycle]
        return max(same_cycle[0], cycle.containing(self.cancellation.effective_on).starts_on)


def course(changes: Sequence[Change]) -> Course:
    """
    Return the course that standing changes, in the order they take effect, give a subscription.

    All changes of one day act together: what cancels out on a day leaves no trace. What lies
    behind the end is moot.
    """
    steps, cancellation = _steps(changes)
    ends = [step.starts_on for step in steps[1:]]
    ends_on = cancellation.effective_on if cancellation else None
    enders = [*(step.change for step in steps[1:]), cancellation]
    spans = zip(steps, [*ends, ends_on], enders, strict=True) if steps else ()
    parts = groupby(spans, key=lambda span: (span[0].terms.plan, span[0].terms.cycle))
    return Course(tuple(_part(tuple(spans)) for _, spans in parts), cancellation)


@dataclass(frozen=True, slots=True)
class _Terms:
    plan: PlanTerms
    cycle: Cycle
    quantity: Decimal
    is_paused: bool


@dataclass(frozen=True, slots=True)
class _Step:
    starts_on: date
    terms: _Terms
    change: Change


def _steps(changes: Sequence[Change]) -> tuple[list[_Step], Change | None]:
    steps: list[_Step] = []
    terms: _Terms | None = None
    for on, group in groupby(changes, key=attrgetter("effective_on")):
        before = terms
        for change in group:
            if change.kind is ChangeKind.CANCEL:
                return steps, change
            terms = _APPLY[change.kind](before, terms, change)
        if terms:
            steps.append(_Step(on, terms, change))
    return steps, None


def _part(spans: Sequence[tuple[_Step, date | None, Change | None]]) -> Part:
    first, last_end = spans[0][0], spans[-1][1]
    segments = tuple(
        Segment(step.starts_on, ends_on, step.terms.quantity, step.terms.is_paused, step.change, by)
        for step, ends_on, by in spans
    )
    return Part(first.starts_on, last_end, first.terms.plan, first.terms.cycle, segments)


def _start(_before: _Terms | None, _terms: _Terms | None, change: Change) -> _Terms | None:
    if change.plan is None:
        return None
    cycle = _new_cycle(change.plan, change.effective_on)
    quantity = ONE if change.quantity is None else change.quantity
    return _Terms(change.plan, cycle, quantity, is_paused=False)


def _change_plan(before: _Terms | None, terms: _Terms | None, change: Change) -> _Terms | None:
    if terms is None or change.plan is None:
        return terms
    if before and _periods_go_on(before.plan, change.plan):
        cycle = before.cycle
    else:
        cycle = _new_cycle(change.plan, change.effective_on)
    quantity = terms.quantity if change.quantity is None else change.quantity
    return _Terms(change.plan, cycle, quantity, terms.is_paused)


def _change_quantity(_before: _Terms | None, terms: _Terms | None, change: Change) -> _Terms | None:
    if terms is None or change.quantity is None:
        return terms
    return replace(terms, quantity=change.quantity)


def _pause(_before: _Terms | None, terms: _Terms | None, _change: Change) -> _Terms | None:
    return terms and replace(terms, is_paused=True)


def _resume(_before: _Terms | None, terms: _Terms | None, _change: Change) -> _Terms | None:
    return terms and replace(terms, is_paused=False)


_APPLY: dict[ChangeKind, Callable[[_Terms | None, _Terms | None, Change], _Terms | None]] = {
    ChangeKind.START: _start,
    ChangeKind.CHANGE_PLAN: _change_plan,
    ChangeKind.CHANGE_QUANTITY: _change_quantity,
    ChangeKind.PAUSE: _pause,
    ChangeKind.RESUME: _resume,
}


def _periods_go_on(old: PlanTerms, new: PlanTerms) -> bool:
    return (old.interval, old.interval_count, old.alignment) == (
        new.interval,
        new.interval_count,
        new.alignment,
    ) and new.anchor_day in (None, old.anchor_day)


def _new_cycle(plan: PlanTerms, on: date) -> Cycle:
    return cycle_from(
        on,
        interval=plan.interval,
        interval_count=plan.interval_count,
        alignment=plan.alignment,
        anchor_day=plan.anchor_day,
    )
