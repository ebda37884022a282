"""Why a charge is what it is, as facts: what `billing.wording` makes sentences of."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from billing.money import EXACT, plain_decimal
from billing.periods import day_after
from billing.pricing.owed import Owed
from billing.pricing.prices import (
    COMMITMENT,
    ZERO,
    PlanTerms,
    PriceKind,
    PriceModel,
    PriceTerms,
    commitment_price,
)
from billing.pricing.rating import Step, steps
from billing.pricing.reckoning import Reckoning
from billing.pricing.terms import Change, ChangeKind, Credit
from billing.pricing.timeline import Timeline
from billing.pricing.usage import Properties

# What matters more than other changes of the same day that became known together with it.
_BEGINS = (ChangeKind.CHANGE_PLAN, ChangeKind.RESUME)
_ENDS = (ChangeKind.CANCEL, ChangeKind.CHANGE_PLAN, ChangeKind.PAUSE)
_TWELVE_PLACES = Decimal("1e-12")

Fact = str | int | bool | None | list["Explanation"]
Explanation = dict[str, Fact]


def explain(
    item: Owed,
    charged_before_minor: int,
    *,
    measured_before: Decimal | None = None,
    known: Timeline | None = None,
) -> Explanation:
    """
    Return why an amount is owed: price, steps, share, bounds, reductions, and what led to it.

    Amounts and quantities are decimal strings in major units, `*_minor` whole minor units.
    `measured_before` is the quantity of usage that was charged before. What is `known` tells why
    a charge is corrected where no change ends its days.
    """
    reckoned = item.reckoning
    return {
        **_told(item.price, None, _of_price_and_model),
        "quantity": _shown(item.quantity),
        "unit_price": _plain(item.unit_price),
        "full_price": _shown(reckoned.full_price),
        "begun_price": _shown(reckoned.begun),
        "share_used": reckoned.portion.used,
        "share_whole": reckoned.portion.whole,
        "days_used": (item.ends_on - item.starts_on).days,
        "days_of_period": item.period.days,
        "period_starts_on": str(item.period.starts_on),
        "period_ends_on": str(item.period.ends_on),
        "stretch_starts_on": str(item.starts_on),
        "stretch_ends_on": str(item.ends_on),
        "due_on": str(item.due_on),
        **_of_plan(item.plan),
        **_of_change("change", _telling(item.change, item, known, _BEGINS)),
        **_of_change("ended_by", item.ended_by and _telling(item.ended_by, item, known, _ENDS)),
        **_of_change("reason", _reason_of_correction(item, charged_before_minor, known)),
        **_extras(item, reckoned, known),
        **_of_usage(item, reckoned, measured_before),
        "exact_amount": _shown(reckoned.amount),
        "counted_minor": item.uncounted_minor if item.price.code == "minimum_commitment" else None,
        "owed_minor": item.amount_minor,
        "charged_before_minor": charged_before_minor,
    }


def explain_reversal(
    price: PriceTerms,
    quantity: Decimal,
    days: tuple[date, date],
    charged_before_minor: int,
    *,
    known: Timeline | None = None,
) -> Explanation:
    """
    Return why a charge is taken back wholly: nothing is owed for its days any more.

    By what is `known`, its plan and the change that made it so are told too.
    """
    starts_on, ends_on = days
    reason = _news(known, ends_on, price) if known else None
    plans = known.plans if known else []
    return {
        **_of_price(price),
        **next((_of_plan(plan) for plan in plans if _sells(plan, price)), {}),
        **_of_change("reason", reason),
        "quantity": plain_decimal(quantity),
        "stretch_starts_on": str(starts_on),
        "stretch_ends_on": str(ends_on),
        "owed_minor": 0,
        "charged_before_minor": charged_before_minor,
    }


def explain_purchase(
    price: PriceTerms | None,
    *,
    quantity: Decimal,
    unit_price: Decimal | None,
    tax_included: bool,
    owed_minor: int,
) -> Explanation:
    """Return why a line of an order costs what it does; without a price: by its unit price."""
    found: Explanation = {
        "model": price.model.value if price else PriceModel.PER_UNIT.value,
        "quantity": plain_decimal(quantity),
        "unit_price": _plain(unit_price),
        "tax_included": tax_included,
        "owed_minor": owed_minor,
        "charged_before_minor": 0,
    }
    if price:
        return {**found, **_of_model(price), "steps": list(_rows(steps(price, quantity), ()))}
    return found


def _reason_of_correction(
    item: Owed, charged_before_minor: int, known: Timeline | None
) -> Change | None:
    if not charged_before_minor or item.ended_by or known is None:
        return None
    if item.price.kind is PriceKind.USAGE or item.price.code == COMMITMENT:
        return None  # Late usage corrects them.
    return _news(known, day_after(item.ends_on), item.price)


def _news(known: Timeline, ends_on: date, price: PriceTerms) -> Change | None:
    """Return the latest news that can have changed what was charged for days before `ends_on`."""
    news = [
        change
        for change in (*known.changes, *known.undos)
        if known.known_on in (change.recorded_on, change.effective_on)
        and (change.effective_on < ends_on or change.credit is Credit.FULL)
        and change.kind is not ChangeKind.START
        and _touches(change, price)
    ]
    return max(news, key=attrgetter("position"), default=None)


def _telling(
    change: Change, item: Owed, known: Timeline | None, by_weight: Sequence[ChangeKind]
) -> Change:
    """Return which of the changes of a day tells best why terms begin or end on it."""
    same_day = [
        other
        for other in (known.changes if known else ())
        if other.effective_on == change.effective_on and _touches(other, item.price)
    ]
    if not _touches(change, item.price):
        change = max(same_day, key=attrgetter("position"), default=change)
    together = [other for other in same_day if other.recorded_on == change.recorded_on]
    weighty = (other for kind in by_weight for other in together if other.kind is kind)
    return next(weighty, change)


def _touches(change: Change, price: PriceTerms) -> bool:
    """Return whether a change can have changed what a price owes."""
    if price.code == COMMITMENT:
        return True
    if change.kind is ChangeKind.CHANGE_QUANTITY:
        return price.kind is not PriceKind.USAGE and price.model is not PriceModel.FLAT
    if change.discount and change.discount.price_codes is None:
        return price.kind is PriceKind.RECURRING
    codes = change.discount.price_codes if change.discount else None
    if change.override:
        codes = (change.override.price_code,)
    return codes is None or price.code in codes


def _sells(plan: PlanTerms, price: PriceTerms) -> bool:
    if price.code == COMMITMENT and plan.minimum_commitment:
        return price.id == commitment_price(plan).id
    return any(price.id == mine.id for mine in plan.prices)


def _of_plan(plan: PlanTerms) -> Explanation:
    return {"plan": plan.code, "plan_id": plan.id}


def _told(
    price: PriceTerms, quantity: Decimal | None, tell: Callable[..., Any], *of: Decimal
) -> Any:
    """Return what is told of a price, and remember it: many pay the same."""
    found = price.told.get(quantity)
    if found is None:
        found = price.told[quantity] = tell(price, *of)
    return found


def _of_price(price: PriceTerms) -> Explanation:
    return {
        "price": price.code,
        "kind": price.kind.value,
        "model": price.model.value,
        "timing": price.timing.value,
        "proration": price.proration.value,
        "currency": price.currency,
        "tax_included": price.tax_included,
        "price_valid_from": str(price.valid_from) if price.valid_from else None,
    }


def _of_price_and_model(price: PriceTerms) -> Explanation:
    return {**_of_price(price), **_of_model(price)}


def _of_change(name: str, change: Change | None) -> Explanation:
    if change is None:
        return {f"{name}_change_id" if name != "change" else "change_id": None}
    key = "change" if name == "change" else f"{name}_change"
    return {
        f"{key}_id": change.id,
        f"{key}_kind": change.kind.value,
        f"{key}_effective_on": str(change.effective_on),
        f"{key}_recorded_on": str(change.recorded_on),
    }


def _extras(item: Owed, reckoned: Reckoning, known: Timeline | None) -> Explanation:
    found: Explanation = {"steps": _steps(item, reckoned)}
    if item.tag:
        found["tag"] = item.tag
    if indexes := list(_indexes(item.tag, known)):
        found["indexes"] = indexes
    if item.trial_until == item.starts_on:
        found["trial_ended_on"] = str(item.starts_on - timedelta(days=1))
    if reckoned.minimum is not None:
        found["minimum"] = _shown(reckoned.minimum)
    if reckoned.maximum is not None:
        found["maximum"] = _shown(reckoned.maximum)
    if reckoned.reductions:
        found["discounts"] = [
            {
                "change_id": reduction.change_id,
                "percent": _plain(reduction.percent),
                "taken": _shown(reduction.taken),
            }
            for reduction in reckoned.reductions
        ]
    return found


def _indexes(tag: str, known: Timeline | None) -> Iterator[Explanation]:
    """Yield by how much the price was adjusted, and when."""
    for change in known.changes if known else ():
        if change.percent is not None and change.id in tag.split():
            yield {
                "change_id": change.id,
                "percent": plain_decimal(change.percent),
                "effective_on": str(change.effective_on),
            }


def _of_model(price: PriceTerms) -> Explanation:
    """Return what the steps of a model don't tell: the size of packages, what is free, bounds."""
    found: Explanation = {}
    for name in ("size", "free_units", "free_amount", "min_per_event", "max_per_event"):
        value: Decimal | None = getattr(price, name)
        if value is not None and (value or name != "free_units"):
            found[name] = plain_decimal(value)
    if price.free_events is not None:
        found["free_events"] = price.free_events
    return found


def _of_usage(item: Owed, reckoned: Reckoning, measured_before: Decimal | None) -> Explanation:
    """Return what was measured; `counted_quantity` where tiers count on from days before."""
    if not item.price.meter:
        return {}
    found: Explanation = {
        "meter": item.price.meter.code,
        "aggregation": item.price.meter.aggregation.value,
    }
    if reckoned.rated and reckoned.rated.quantity != item.quantity:
        found["counted_quantity"] = _shown(reckoned.rated.quantity)
    if measured_before is not None:
        found["measured_before"] = _shown(measured_before)
    return found


def _steps(item: Owed, reckoned: Reckoning) -> list[Explanation]:
    if reckoned.rated:
        return [row for group, found in reckoned.rated.groups for row in _rows(found, group)]
    if item.price.kind is PriceKind.USAGE:
        return []
    rows: list[Explanation] = _told(item.price, item.quantity, _steps_of, item.quantity)
    return rows


def _steps_of(price: PriceTerms, quantity: Decimal) -> list[Explanation]:
    return list(_rows(steps(price, quantity), ()))


def _rows(found: Iterable[Step], group: Properties) -> Iterable[Explanation]:
    for step in found:
        if not step.amount and not step.units:
            continue
        row: Explanation = {
            "units": _shown(step.units),
            "amount": _shown(step.amount),
            "unit_price": _plain(step.unit_price),
            "rate": _plain(step.rate),
            "flat": plain_decimal(step.flat) if step.flat != ZERO else None,
            "up_to": _plain(step.up_to),
        }
        if group:
            row["group"] = ", ".join(f"{name} {value}" for name, value in group)
        yield {name: value for name, value in row.items() if value is not None}


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else plain_decimal(value)


def _shown(value: Decimal) -> str:
    """Return an unrounded figure to twelve places: enough to follow it."""
    return plain_decimal(value.quantize(_TWELVE_PLACES, context=EXACT))
