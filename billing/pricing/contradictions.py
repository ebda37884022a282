"""What the changes of one subscription must not say of each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from billing.pricing.course import course
from billing.pricing.terms import Change, ChangeKind
from billing.pricing.timeline import ContradictoryTimeline, Timeline, standing


def check_change(timeline: Timeline, change: Change) -> None:
    """
    Check that a change can be recorded after the facts of a timeline.

    Changes that are known to take effect later are checked too, except that a cancellation
    makes moot what was recorded before it and lies behind the end.

    :raises ContradictoryTimeline: if it can't; the text says why and what to do instead.
    """
    _check_terms(change)
    if change.kind is ChangeKind.UNDO:
        _check_not_ended(timeline, change)
    _check_course(standing((*timeline.changes, change)), change)


@dataclass(slots=True)
class _State:
    started_on: date | None = None
    currency: str | None = None
    paused_since: date | None = None
    cancellation: Change | None = None


def _check_terms(change: Change) -> None:
    names_plan = change.kind in (ChangeKind.START, ChangeKind.CHANGE_PLAN)
    if names_plan and change.plan is None:
        raise ContradictoryTimeline(f"A {change.kind} needs a plan: name one.")
    if change.kind is ChangeKind.CHANGE_QUANTITY and change.quantity is None:
        raise ContradictoryTimeline("A change of quantity needs the new quantity: name it.")
    if change.quantity is not None and change.quantity < 0:
        raise ContradictoryTimeline(
            f"A quantity of {change.quantity} is negative: use 0 or more, or cancel."
        )


def _check_not_ended(timeline: Timeline, change: Change) -> None:
    end = course(standing(timeline.changes)).cancellation
    if end and end.effective_on <= change.effective_on:
        raise ContradictoryTimeline(_ended(end, change))


def _check_course(changes: Sequence[Change], new: Change) -> None:
    state = _State()
    for change in changes:
        refusal = _refusal(state, change)
        if refusal is None:
            continue
        if change is not new:
            refusal = (
                f"The {new.kind} on {new.effective_on} contradicts the {change.kind} on "
                f"{change.effective_on} that is known already. {refusal}"
            )
        raise ContradictoryTimeline(refusal)


def _refusal(state: _State, change: Change) -> str | None:
    """Return why the change is impossible in the state, or take it into the state."""
    if state.cancellation:
        is_moot = change.position < state.cancellation.position
        return None if is_moot else _ended(state.cancellation, change)
    if state.started_on is None and change.kind is not ChangeKind.START:
        return (
            f"The subscription has not started by {change.effective_on}: start it first, or "
            "choose a day on or after its start."
        )
    return _STEPS[change.kind](state, change)


def _start(state: _State, change: Change) -> str | None:
    if state.started_on is not None:
        return (
            f"The subscription has started on {state.started_on} already: change its plan or "
            "quantity instead."
        )
    state.started_on = change.effective_on
    return _change_plan(state, change)


def _change_plan(state: _State, change: Change) -> str | None:
    currency = change.plan.currency if change.plan else None
    if state.currency and currency and currency != state.currency:
        return (
            f"The subscription is charged in {state.currency}, the plan is priced in {currency}: "
            f"choose a plan in {state.currency}, or cancel and start a new subscription."
        )
    state.currency = state.currency or currency
    return None


def _change_quantity(_state: _State, _change: Change) -> str | None:
    return None


def _pause(state: _State, change: Change) -> str | None:
    if state.paused_since is not None:
        return f"The subscription is already paused since {state.paused_since}: resume it first."
    state.paused_since = change.effective_on
    return None


def _resume(state: _State, change: Change) -> str | None:
    if state.paused_since is None:
        return (
            f"The subscription is not paused on {change.effective_on}: pause it first, or leave "
            "the resume out."
        )
    state.paused_since = None
    return None


def _cancel(state: _State, change: Change) -> str | None:
    state.cancellation = change
    return None


def _ended(end: Change, change: Change) -> str:
    return (
        f"The subscription ends on {end.effective_on}, so nothing can change on "
        f"{change.effective_on}: choose an earlier day, undo the cancellation while it is "
        "pending, or start a new subscription."
    )


_STEPS: dict[ChangeKind, Callable[[_State, Change], str | None]] = {
    ChangeKind.START: _start,
    ChangeKind.CHANGE_PLAN: _change_plan,
    ChangeKind.CHANGE_QUANTITY: _change_quantity,
    ChangeKind.PAUSE: _pause,
    ChangeKind.RESUME: _resume,
    ChangeKind.CANCEL: _cancel,
}
