"""The rows of a timeline: what changes in which subscription, in the order of recording."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from billing.money import check_whole_minor
from billing.periods import MONTHS
from billing.pricing.prices import PlanTerms
from billing.pricing.terms import (
    ChangeKind,
    Credit,
    Discount,
    Override,
    When,
)
from billing.simulation.reading.fields import Fields, known_one
from billing.simulation.reading.nodes import Told
from billing.simulation.reading.prices import tiers
from billing.simulation.reading.values import one_of, text_of
from billing.simulation.scenario import BadScenario, Row

_ANY = ("on", "do", "when", "subscription", "recorded")
_KEYS: dict[ChangeKind, tuple[str, ...]] = {
    ChangeKind.START: ("plan", "quantity"),
    ChangeKind.CHANGE_PLAN: ("plan", "quantity"),
    ChangeKind.CHANGE_QUANTITY: ("quantity",),
    ChangeKind.OVERRIDE_PRICE: ("price", "amount", "unit_price", "tiers"),
    ChangeKind.DISCOUNT: ("percent", "amount", "periods", "prices"),
    ChangeKind.SET_ANCHOR_DAY: ("anchor_day",),
    ChangeKind.PAUSE: (),
    ChangeKind.RESUME: (),
    ChangeKind.CANCEL: ("credit",),
    ChangeKind.UNDO: (),
}
_AT_ONCE = (ChangeKind.START, ChangeKind.UNDO)
_UNNAMED = ""
_MONTHS_AT_MOST = 12_000

Plans = Mapping[str, PlanTerms]


def timeline(scenario: Fields, plans: Plans) -> tuple[Row, ...]:
    """
    Return the rows by the day on which they are recorded; those of one day as they are told.

    :raises BadScenario: also if it is unclear to which subscription a row belongs.
    """
    told = scenario.items("timeline")
    rows = [_row(each, plans) for each in told]
    started = list(dict.fromkeys(row.subscription for row in rows if row.kind is ChangeKind.START))
    named = [_with_subscription(row, started) for row in rows]
    return tuple(sorted(named, key=lambda row: row.recorded_on))


def _row(told: Told, plans: Plans) -> Row:
    kind = _kind(told)
    fields = Fields(told, f"a row with do: {kind}", (*_ANY, *_KEYS[kind]))
    on = fields.day("on")
    return Row(
        subscription=fields.text("subscription", _UNNAMED),
        on=on,
        recorded_on=fields.day("recorded", on),
        kind=kind,
        when=_when(fields, kind),
        where=told.where,
        places=fields.places(),
        **_SAID.get(kind, _nothing)(fields, plans),
    )


def _kind(told: Told) -> ChangeKind:
    """Return what a row does; it decides which other keys the row may have."""
    fields = Fields(
        told, "a row of the timeline", told.value if isinstance(told.value, dict) else ()
    )
    return ChangeKind(one_of(fields.at("do"), "do", [kind.value for kind in _KEYS]))


def _when(fields: Fields, kind: ChangeKind) -> When:
    when = fields.choice("when", When, When.NOW)
    if when is not When.NOW and kind in _AT_ONCE:
        raise fields.refuse("when", f"{kind} takes effect on its day: leave out when: {when}.")
    return when


def _nothing(_fields: Fields, _plans: Plans) -> dict[str, Any]:
    return {}


def _plan_and_quantity(fields: Fields, plans: Plans) -> dict[str, Any]:
    quantity = fields.maybe(fields.quantity, "quantity")
    return {"plan": fields.reference("plan", plans, "plan"), "quantity": quantity}


def _quantity(fields: Fields, _plans: Plans) -> dict[str, Any]:
    return {"quantity": fields.quantity("quantity")}


def _credit(fields: Fields, _plans: Plans) -> dict[str, Any]:
    return {"credit": fields.choice("credit", Credit, Credit.PRORATED)}


def _anchor_day(fields: Fields, _plans: Plans) -> dict[str, Any]:
    return {"anchor_day": fields.month_day("anchor_day")}


def _override(fields: Fields, plans: Plans) -> dict[str, Any]:
    _one_of_them(fields, ("amount", "unit_price", "tiers"))
    override = Override(
        price_code=_price_code(fields.at("price"), plans),
        amount=fields.maybe(fields.decimal, "amount"),
        unit_price=fields.maybe(fields.decimal, "unit_price"),
        tiers=tiers(fields),
    )
    return {"override": override}


def _discount(fields: Fields, plans: Plans) -> dict[str, Any]:
    _one_of_them(fields, ("percent", "amount"))
    currency = next((plan.currency for plan in plans.values() if plan.currency), None)
    amount = fields.maybe(fields.decimal, "amount")
    if amount is not None and currency and (problem := check_whole_minor(amount, currency)):
        raise fields.refuse("amount", f"a discount of {problem}.")
    codes = tuple(_price_code(each, plans) for each in fields.items("prices"))
    if fields.given("prices") and not codes:
        raise fields.refuse("prices", "prices is empty: name some, or leave it out.")
    discount = Discount(
        percent=fields.maybe(fields.decimal, "percent"),
        amount=amount,
        periods=_periods(fields, plans),
        price_codes=codes if fields.given("prices") else None,
    )
    return {"discount": discount}


def _periods(fields: Fields, plans: Plans) -> int | None:
    """Return for how many periods a discount is given; they end within the calendar."""
    periods = fields.maybe(fields.count, "periods")
    longest = max(
        (MONTHS.get(plan.interval, 1) * plan.interval_count for plan in plans.values()), default=1
    )
    if periods is not None and periods * longest > _MONTHS_AT_MOST:
        raise fields.refuse("periods", "so many periods don't end: leave periods out for ever.")
    return periods


_SAID: dict[ChangeKind, Callable[[Fields, Plans], dict[str, Any]]] = {
    ChangeKind.START: _plan_and_quantity,
    ChangeKind.CHANGE_PLAN: _plan_and_quantity,
    ChangeKind.CHANGE_QUANTITY: _quantity,
    ChangeKind.OVERRIDE_PRICE: _override,
    ChangeKind.DISCOUNT: _discount,
    ChangeKind.SET_ANCHOR_DAY: _anchor_day,
    ChangeKind.CANCEL: _credit,
}


def _one_of_them(fields: Fields, names: tuple[str, ...]) -> None:
    given = [name for name in names if fields.given(name)]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        raise BadScenario(
            f"{fields.what} needs exactly one of {', '.join(names)}, not {found}.",
            where=fields.where,
        )


def _price_code(told: Told, plans: Plans) -> str:
    codes = {price.code: price.code for plan in plans.values() for price in plan.prices}
    return known_one(text_of(told, "price"), codes, what="price", where=told.where)


def _with_subscription(row: Row, started: list[str]) -> Row:
    """Return a row with the subscription that it means: named, unnamed, or the only one."""
    if row.subscription in started:
        return row
    if row.subscription == _UNNAMED:
        if len(started) > 1:
            raise BadScenario(
                f"it is unclear which subscription is meant: add one of {', '.join(started)} as "
                "subscription.",
                where=row.where,
            )
        return replace(row, subscription=started[0]) if started else row
    if started:
        known_one(row.subscription, dict.fromkeys(started), what="subscription", where=row.where)
    return row
