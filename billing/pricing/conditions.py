"""The conditions of a subscription at a moment, and how facts and time change them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

from msgspec import Struct, structs

from billing.periods import DAYS, Cycle, cycle_from, month_day_after
from billing.pricing.prices import PlanTerms, PriceKind, PriceTerms, Tier
from billing.pricing.rating import ONE, percent_of
from billing.pricing.schedule import Schedule
from billing.pricing.terms import Change, ChangeKind, Discount, Override
from billing.pricing.versions import Agreed, agreed_versions, known_prices, next_version

_NEVER = date.max
_DAY = timedelta(days=1)


class Pricing(Struct, frozen=True):
    """A price as it holds for the subscription; `tag` names the facts that made it other."""

    price: PriceTerms
    tag: str
    agreed: Agreed


class ActiveDiscount(Struct, frozen=True):
    """A discount of a subscription, up to the day on which its periods are used up."""

    change_id: str
    terms: Discount
    starts_on: date
    ends_on: date

    def reduces(self, price: PriceTerms) -> bool:
        """Return whether the discount is one on this price."""
        if self.terms.price_codes is None:
            return price.kind is PriceKind.RECURRING
        return price.code in self.terms.price_codes


class Conditions(Struct, frozen=True):
    """What holds at a moment. `part` counts the plans whose periods don't go on."""

    started_on: date
    part: int
    plan: PlanTerms
    prices: Mapping[str, Pricing]
    schedule: Schedule
    quantity: Decimal
    is_paused: bool = False
    trial_until: date | None = None
    discounts: tuple[ActiveDiscount, ...] = ()
    awaited: tuple[Agreed, ...] = ()  # Prices that were announced, and don't hold yet.


def apply(
    before: Conditions | None, now: Conditions | None, change: Change, known_on: date | None
) -> Conditions | None:
    """
    Return the conditions after a change.

    `before` are those of the day before, with what time alone has changed; `now` those after the
    earlier changes of the same day.
    """
    if change.kind is ChangeKind.START:
        return _start(change, known_on)
    if now is None:
        return None
    if change.kind is ChangeKind.CHANGE_PLAN:
        return _change_plan(before, now, change, known_on)
    return _APPLY[change.kind](now, change)


def next_turn(now: Conditions, after: date, known_on: date | None) -> date:
    """Return the next day on which time alone changes the conditions; `date.max` if none will."""
    turns = [discount.ends_on for discount in now.discounts]
    if now.trial_until:
        turns.append(now.trial_until)
    if len(now.plan.prices) > len(now.prices):  # Else each price has one version.
        turns += [on for on, _ in _coming(now, after, known_on)]
    return min((turn for turn in turns if turn > after), default=_NEVER)


def turned(now: Conditions, on: date, known_on: date | None) -> Conditions:
    """Return the conditions from the day on, on which time alone has changed them."""
    discounts = tuple(discount for discount in now.discounts if discount.ends_on > on)
    prices = now.prices
    for reached_on, version in _coming(now, on - _DAY, known_on):
        if reached_on == on:
            prices = {**prices, version.code: _with_version(now, version)}
    awaited = tuple(agreed for agreed in now.awaited if agreed.code not in prices)
    return structs.replace(now, discounts=discounts, prices=prices, awaited=awaited)


def _coming(now: Conditions, after: date, known_on: date | None) -> list[tuple[date, PriceTerms]]:
    """Return the next version of each price after a day."""
    known = known_prices(now.plan, known_on)
    agreed = (*(held.agreed for held in now.prices.values()), *now.awaited)
    found = (next_version(each, known, now.schedule, after) for each in agreed)
    return [coming for coming in found if coming]


def _with_version(now: Conditions, version: PriceTerms) -> Pricing:
    held = now.prices.get(version.code)
    if held is None:
        agreed = next(each for each in now.awaited if each.code == version.code)
        return Pricing(version, "", structs.replace(agreed, version=version))
    agreed = structs.replace(held.agreed, version=version)
    if "override" in held.tag:
        return structs.replace(held, agreed=agreed)  # What was agreed apart holds on.
    return Pricing(version, "", agreed)


def _start(change: Change, known_on: date | None) -> Conditions | None:
    plan, on = change.plan, change.effective_on
    if plan is None:
        return None
    trial_until = on + timedelta(days=plan.trial_days) if plan.trial_days else None
    schedule = Schedule.of(_new_cycle(plan, trial_until or on))
    prices, awaited = _agreed(change, plan, schedule, known_on)
    return Conditions(
        started_on=on,
        part=0,
        plan=plan,
        prices=prices,
        awaited=awaited,
        schedule=schedule,
        quantity=ONE if change.quantity is None else change.quantity,
        trial_until=trial_until,
    )


def _change_plan(
    before: Conditions | None, now: Conditions, change: Change, known_on: date | None
) -> Conditions:
    plan, on = change.plan, change.effective_on
    if plan is None:
        return now
    trial_until, schedule, goes_on = _schedule_of_change(before, now, plan, on)
    same = before is not None and goes_on and before.plan.id == plan.id
    prices, awaited = _agreed(change, plan, schedule, known_on)
    conditions = structs.replace(
        now,
        part=before.part if before and same else (before.part + 1 if before else 0),
        plan=plan,
        prices=prices,
        awaited=awaited,
        schedule=schedule,
        quantity=now.quantity if change.quantity is None else change.quantity,
        trial_until=trial_until,
    )
    return conditions if goes_on else _recounted(conditions)


def _schedule_of_change(
    before: Conditions | None, now: Conditions, plan: PlanTerms, on: date
) -> tuple[date | None, Schedule, bool]:
    """Return until when the trial goes, the billing periods, and whether the old ones go on."""
    goes_on = before is not None and _periods_go_on(before.plan, plan)
    trial_until = (before or now).trial_until
    is_tried = before is None or (trial_until is not None and on < trial_until)
    # A trial counts from the first start, whatever plan it is on.
    paid_from = max(on, now.started_on + timedelta(days=plan.trial_days)) if is_tried else on
    if before and goes_on and (not is_tried or paid_from == trial_until):
        kept = now if _periods_go_on(before.plan, now.plan) else before
        return trial_until if is_tried else None, kept.schedule, True
    basis = before.schedule if before else now.schedule
    schedule = basis.switched(on, _new_cycle(plan, paid_from))
    return paid_from if paid_from > on else None, schedule, False


def _change_quantity(now: Conditions, change: Change) -> Conditions:
    return now if change.quantity is None else structs.replace(now, quantity=change.quantity)


def _pause(now: Conditions, _change: Change) -> Conditions:
    return structs.replace(now, is_paused=True)


def _resume(now: Conditions, _change: Change) -> Conditions:
    return structs.replace(now, is_paused=False)


def _override_price(now: Conditions, change: Change) -> Conditions:
    override = change.override
    if override is None or override.price_code not in now.prices:
        return now
    held = now.prices[override.price_code]
    assert held.agreed.version is not None  # It holds.
    price = overridden(held.agreed.version, override)
    changed = Pricing(price, f"override {change.id}", held.agreed)
    return structs.replace(now, prices={**now.prices, override.price_code: changed})


def _index_prices(now: Conditions, change: Change) -> Conditions:
    percent = change.percent
    if percent is None:
        return now
    prices = {
        code: Pricing(indexed(held.price, percent), f"{held.tag} index {change.id}", held.agreed)
        if held.price.kind is PriceKind.RECURRING
        else held
        for code, held in now.prices.items()
    }
    return structs.replace(now, prices=prices)


def _discount(now: Conditions, change: Change) -> Conditions:
    if change.discount is None:
        return now
    on = change.effective_on
    ends_on = _discount_end(change.discount, on, now)
    added = ActiveDiscount(change.id, change.discount, on, ends_on)
    return structs.replace(now, discounts=(*now.discounts, added))


def _set_anchor_day(now: Conditions, change: Change) -> Conditions:
    """Cut the running period at the next such day; where one begins anyway, begin with a stub."""
    on, anchor_day = change.effective_on, change.anchor_day
    if anchor_day is None or now.plan.interval in DAYS:
        return now
    first = now.trial_until if now.trial_until and on < now.trial_until else on
    schedule = now.schedule.until(on)
    begins = first > on or on == now.started_on or schedule.slot(on).starts_on == on
    cut_on = on if begins else month_day_after(first, anchor_day)
    cycle = _new_cycle(replace(now.plan, anchor_day=anchor_day), first if begins else cut_on)
    return _recounted(structs.replace(now, schedule=schedule.switched(cut_on, cycle)))


_APPLY: dict[ChangeKind, Callable[[Conditions, Change], Conditions]] = {
    ChangeKind.CHANGE_QUANTITY: _change_quantity,
    ChangeKind.PAUSE: _pause,
    ChangeKind.RESUME: _resume,
    ChangeKind.OVERRIDE_PRICE: _override_price,
    ChangeKind.INDEX_PRICES: _index_prices,
    ChangeKind.DISCOUNT: _discount,
    ChangeKind.SET_ANCHOR_DAY: _set_anchor_day,
}


def overridden(price: PriceTerms, override: Override) -> PriceTerms:
    """
    Return a price with the amounts that were agreed apart.

    :raises ContradictoryPlan: if they don't belong to the price's model.
    """
    return replace(
        price,
        amount=price.amount if override.amount is None else override.amount,
        unit_price=price.unit_price if override.unit_price is None else override.unit_price,
        tiers=override.tiers or price.tiers,
    )


def indexed(price: PriceTerms, percent: Decimal) -> PriceTerms:
    """Return a price raised by so many percent, unrounded; lowered if they are negative."""

    def raised(amount: Decimal | None) -> Decimal | None:
        return None if amount is None else amount + percent_of(amount, percent)

    tiers = tuple(
        Tier(
            up_to=tier.up_to,
            unit_price=tier.unit_price + percent_of(tier.unit_price, percent),
            flat=tier.flat + percent_of(tier.flat, percent),
            rate=tier.rate,
        )
        for tier in price.tiers
    )
    return replace(
        price,
        amount=raised(price.amount),
        unit_price=raised(price.unit_price),
        minimum=raised(price.minimum),
        maximum=raised(price.maximum),
        tiers=tiers,
    )


def _agreed(
    change: Change, plan: PlanTerms, schedule: Schedule, known_on: date | None
) -> tuple[dict[str, Pricing], tuple[Agreed, ...]]:
    """Return the prices that hold from the day on which a plan was agreed, and those to come."""
    known = known_prices(plan, known_on)
    found: dict[str, Pricing] = {}
    awaited: list[Agreed] = []
    for code, first in agreed_versions(known, change).items():
        agreed, eve = first, change.effective_on - _DAY
        while coming := next_version(agreed, known, schedule, eve):
            if coming[0] > change.effective_on or len(plan.prices) == 1:
                break
            agreed = structs.replace(agreed, version=coming[1])
        if agreed.version:
            found[code] = Pricing(agreed.version, "", agreed)
        else:
            awaited.append(agreed)
    order = dict.fromkeys(price.code for price in plan.prices)
    return {code: found[code] for code in order if code in found}, tuple(awaited)


def _recounted(now: Conditions) -> Conditions:
    """Return the conditions with the ends of discounts as the billing periods are now."""
    discounts = tuple(
        structs.replace(discount, ends_on=_discount_end(discount.terms, discount.starts_on, now))
        for discount in now.discounts
    )
    return structs.replace(now, discounts=discounts)


def _discount_end(terms: Discount, starts_on: date, now: Conditions) -> date:
    """Return the end of the last period; one that lies wholly in the trial isn't counted."""
    if terms.periods is None:
        return _NEVER
    paid_from = max(starts_on, now.trial_until or starts_on)
    last = next(islice(now.schedule.slots(paid_from), terms.periods - 1, None))
    return last.ends_on


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
