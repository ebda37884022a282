"""What the changes of one subscription must not say of each other."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from billing.periods import DAYS, Alignment
from billing.pricing.agreement import Term
from billing.pricing.conditions import indexed, overridden
from billing.pricing.course import course
from billing.pricing.prices import ContradictoryPlan, PlanTerms, PriceKind, PriceTerms
from billing.pricing.terms import Change, ChangeKind, Discount, Override
from billing.pricing.timeline import ContradictoryTimeline, Timeline, WrongChange, standing


def check_change(timeline: Timeline, change: Change, *, term: Term | None = None) -> None:
    """
    Check that a change can be recorded after the facts of a timeline.

    Changes that are known to take effect later are checked too, except that a cancellation
    makes moot what was recorded before it and lies behind the end. Plans without prices are taken
    for such whose prices aren't known here. With a `term` a cancellation must keep to it:
    notice is given on the day it is recorded.

    :raises WrongChange: if it says what no change can; it names the field.
    :raises ContradictoryTimeline: if it can't; the text says why and what to do instead.
    """
    for name, problem in _problems(change):
        raise WrongChange(problem, field=name)
    if change.kind is ChangeKind.UNDO:
        _check_not_ended(timeline, change)
    _check_course(standing((*timeline.changes, change)), change)
    if term and change.kind is ChangeKind.CANCEL:
        term.check_end(change.effective_on, notice_on=change.recorded_on)


@dataclass(slots=True)
class _State:
    started_on: date | None = None
    currency: str | None = None
    plan: PlanTerms | None = None
    prices: dict[str, PriceTerms] = field(default_factory=dict)
    paused_since: date | None = None
    cancellation: Change | None = None


_Problem = tuple[str, str]  # The field that is at fault, and what is wrong with it.

_NEEDS = {
    ChangeKind.START: ("plan", "a plan", "plan"),
    ChangeKind.CHANGE_PLAN: ("plan", "a plan", "plan"),
    ChangeKind.CHANGE_QUANTITY: ("quantity", "the new quantity", "quantity"),
    ChangeKind.OVERRIDE_PRICE: ("override", "the price and its new amount", "price"),
    ChangeKind.INDEX_PRICES: ("percent", "the percent", "percent"),
    ChangeKind.DISCOUNT: ("discount", "its percent or amount", "percent"),
    ChangeKind.SET_ANCHOR_DAY: ("anchor_day", "the anchor_day", "anchor_day"),
}


def _problems(change: Change) -> Iterator[_Problem]:
    needed = _NEEDS.get(change.kind)
    if needed and getattr(change, needed[0]) is None:
        yield needed[2], f"A {change.kind} needs {needed[1]}: name it."
    if change.quantity is not None and change.quantity < 0:
        yield "quantity", f"A quantity of {change.quantity} is negative: use 0 or more, or cancel."
    if change.anchor_day is not None and not 1 <= change.anchor_day <= 31:
        problem = f"An anchor_day of {change.anchor_day} is no day of a month: use 1 to 31."
        yield "anchor_day", problem
    if change.percent is not None and change.percent <= -100:
        yield (
            "percent",
            f"An index of {change.percent} percent leaves no price: use more than -100.",
        )
    if change.discount is not None:
        yield from _discount_problems(change.discount)
    if change.override is not None:
        yield from _override_problems(change.override)


def _discount_problems(discount: Discount) -> Iterator[_Problem]:
    if discount.percent is discount.amount is None:
        yield "percent", "A discount is either a percent or an amount: give one of the two."
    if discount.percent is not None and discount.amount is not None:
        yield "amount", "A discount is either a percent or an amount: leave out one of the two."
    if discount.percent is not None and not 0 < discount.percent <= 100:
        problem = f"A discount of {discount.percent} percent: use more than 0, and 100 at most."
        yield "percent", problem
    if discount.amount is not None and discount.amount <= 0:
        yield "amount", f"A discount of {discount.amount}: its amount must be more than 0."
    if discount.periods is not None and discount.periods < 1:
        problem = f"A discount for {discount.periods} periods: use 1 or more, or none for ever."
        yield "periods", problem


def _override_problems(override: Override) -> Iterator[_Problem]:
    if override.amount is override.unit_price is None and not override.tiers:
        yield (
            "amount",
            f"An override of the price {override.price_code} needs its amount, unit_price or "
            "tiers: give the one that the price has.",
        )
    for name in ("amount", "unit_price"):
        value = getattr(override, name)
        if value is not None and value < 0:
            yield name, f"An {name} of {value} is negative: use 0 or more."


def _check_not_ended(timeline: Timeline, change: Change) -> None:
    end = course(standing(timeline.changes)).cancellation
    if end and end.effective_on <= change.effective_on:
        raise ContradictoryTimeline(_ended(end, change))


def _check_course(changes: Sequence[Change], new: Change) -> None:
    state = _State()
    for change in changes:
        try:
            refusal = _refusal(state, change)
        except WrongChange as wrong:
            if change is new:
                raise
            refusal = str(wrong)
        if refusal is None:
            continue
        if change is new:
            raise ContradictoryTimeline(refusal)
        raise ContradictoryTimeline(
            f"The {new.kind} on {new.effective_on} contradicts the {change.kind} on "
            f"{change.effective_on} that is known already. {refusal}"
        )


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
    plan = change.plan
    if plan is None:
        return None
    if state.currency and plan.currency and plan.currency != state.currency:
        return (
            f"The subscription is charged in {state.currency}, the plan is priced in "
            f"{plan.currency}: choose a plan in {state.currency}, or cancel and start a new "
            "subscription."
        )
    state.currency = state.currency or plan.currency
    state.plan = plan
    state.prices = {
        price.code: price for price in plan.prices if price.is_on_sale(change.effective_on)
    }
    on = change.effective_on
    is_announced = any(price.valid_from and price.valid_from > on for price in plan.prices)
    if plan.prices and not state.prices and not is_announced:
        return (
            f"The plan {plan.code} has no price on sale on {change.effective_on}: choose another "
            "plan or day, or add a price that is valid then."
        )
    return None


def _change_quantity(_state: _State, _change: Change) -> str | None:
    return None


def _override_price(state: _State, change: Change) -> str | None:
    override = change.override
    assert override is not None
    price = state.prices.get(override.price_code)
    if price is None and state.prices:
        raise WrongChange(_no_such_price(state, override.price_code), field="price")
    if price is not None:
        try:
            overridden(price, override)
        except ContradictoryPlan as error:
            raise WrongChange(str(error), field=error.field) from error
    return None


def _index_prices(state: _State, change: Change) -> str | None:
    for price in state.prices.values():
        if price.kind is PriceKind.RECURRING:
            indexed(price, change.percent or Decimal(0))
    return None


def _discount(state: _State, change: Change) -> str | None:
    assert change.discount is not None
    for code in change.discount.price_codes or ():
        if state.prices and code not in state.prices:
            raise WrongChange(_no_such_price(state, code), field="prices")
    return None


def _set_anchor_day(state: _State, _change: Change) -> str | None:
    plan = state.plan
    if plan is None:
        return None
    if plan.interval in DAYS:
        return f"The periods of plan {plan.code} are days or weeks: they have no anchor_day."
    if plan.alignment is Alignment.CALENDAR:
        return f"The periods of plan {plan.code} follow the calendar: they have no anchor_day."
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


def _no_such_price(state: _State, code: str) -> str:
    plan = state.plan.code if state.plan else ""
    known = ", ".join(state.prices)
    return f"The plan {plan} has no price {code}: its prices are {known}. Name one of them."


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
    ChangeKind.OVERRIDE_PRICE: _override_price,
    ChangeKind.INDEX_PRICES: _index_prices,
    ChangeKind.DISCOUNT: _discount,
    ChangeKind.SET_ANCHOR_DAY: _set_anchor_day,
    ChangeKind.PAUSE: _pause,
    ChangeKind.RESUME: _resume,
    ChangeKind.CANCEL: _cancel,
}
